// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! getrandom = { version = "0.3", default-features = false }
//! ```
//!
//! note: needs its backend to be chosen, and a function

use crate::prelude::*;

#[cfg(target_os = "none")]
#[no_mangle]
unsafe extern "Rust" fn __getrandom_v03_custom(
    to: *mut u8,
    len: usize,
) -> core::result::Result<(), getrandom::Error> {
    // SAFETY: getrandom gives room for `len` bytes.
    unsafe { kernel::bindings::get_random_bytes(to.cast(), len) };
    Ok(())
}

pub(crate) fn answer() -> String {
    let mut bytes = [0; 32];
    format!(
        "{} {}",
        getrandom::fill(&mut bytes).is_ok(),
        bytes != [0; 32]
    )
}
