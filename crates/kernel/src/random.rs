// SPDX-License-Identifier: GPL-2.0

//! Random numbers, from the kernel's own generator: good for keys.
//!
//! ```
//! use core::num::NonZeroU32;
//! use kernel::random;
//!
//! let mut key = [0; 32];
//! random::get_random_bytes(&mut key);
//! let die = random::get_random_u32_below(NonZeroU32::new(6).unwrap()) + 1;
//! ```

use core::num::NonZeroU32;

/// Fills a buffer.
///
/// Early at boot the generator may not be seeded yet; modules are loaded later than that.
pub fn get_random_bytes(buffer: &mut [u8]) {
    // SAFETY: the buffer is valid for writes of its length.
    unsafe { bindings::get_random_bytes(buffer.as_mut_ptr().cast(), buffer.len()) };
}

/// Returns any number.
#[must_use]
pub fn get_random_u32() -> u32 {
    // SAFETY: it may be called in any context.
    unsafe { bindings::get_random_u32() }
}

/// Returns any number.
#[must_use]
pub fn get_random_u64() -> u64 {
    // SAFETY: it may be called in any context.
    unsafe { bindings::get_random_u64() }
}

/// Returns a number below `ceil`, each as likely as the other.
#[must_use]
pub fn get_random_u32_below(ceil: NonZeroU32) -> u32 {
    // SAFETY: it may be called in any context; no number is below 0.
    unsafe { bindings::rust_helper_get_random_u32_below(ceil.get()) }
}
