// SPDX-License-Identifier: GPL-2.0

//! The kernel that the module is built for, at compile time.
//!
//! An option is a `cfg`: `#[cfg(CONFIG_SMP)]`, and so is a release: `#[cfg(kernel_6_12)]` is there
//! from 6.12 on. What the kernel has is asked better than concluded: `#[cfg(has_fn = "kern_path")]`,
//! `has_const = "WQ_PERCPU"`, `has_field = "file.f_ref"`, `exported = "seq_read"`. What an option is set to stands in the bindings: `bindings::CONFIG_HZ`.
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::version::{kernel_version, LINUX_VERSION_CODE, UTS_RELEASE};
//!
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! const NEW: bool = LINUX_VERSION_CODE >= kernel_version(6, 12, 0);
//! pr_info!("built for {:?}\n", UTS_RELEASE);
//! # Ok(())
//! # }
//! ```

use crate::str::CStr;

/// The kernel's version, as [`kernel_version`] makes it.
pub const LINUX_VERSION_CODE: u32 = bindings::LINUX_VERSION_CODE;

/// The kernel's release, as `uname -r` says it.
pub const UTS_RELEASE: &CStr = match CStr::from_bytes_with_nul(bindings::UTS_RELEASE) {
    Ok(release) => release,
    Err(_) => panic!("a release is a string"),
};

/// Ticks of the kernel's clock in a second.
pub const HZ: u32 = bindings::CONFIG_HZ;

/// Makes a number of a version, which is greater for a later one: C's `KERNEL_VERSION`.
#[must_use]
pub const fn kernel_version(version: u32, patchlevel: u32, sublevel: u32) -> u32 {
    // Stable series went beyond what there is room for; C stops there too.
    let sublevel = if sublevel > 255 { 255 } else { sublevel };
    (version << 16) + (patchlevel << 8) + sublevel
}
