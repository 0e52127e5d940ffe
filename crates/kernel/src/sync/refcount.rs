// SPDX-License-Identifier: GPL-2.0

//! A number of users.

use crate::types::Opaque;

/// The kernel's `refcount_t`: a number of users that stays where it is rather than overflow, and warns
/// where it was counted wrongly.
///
/// ```
/// use kernel::sync::Refcount;
///
/// let users = Refcount::new(1);
/// users.inc();
/// assert!(!users.dec_and_test());
/// assert!(users.dec_and_test());
/// ```
#[repr(transparent)]
pub struct Refcount(Opaque<bindings::refcount_t>);

// SAFETY: each function is atomic.
unsafe impl Send for Refcount {}
// SAFETY: as above.
unsafe impl Sync for Refcount {}

impl Refcount {
    /// Makes one.
    #[must_use]
    pub fn new(value: i32) -> Self {
        let this = Self(Opaque::zeroed());
        this.set(value);
        this
    }

    /// Returns it as C has it.
    #[must_use]
    pub const fn as_ptr(&self) -> *mut bindings::refcount_t {
        self.0.get()
    }

    /// Writes it.
    pub fn set(&self, value: i32) {
        // SAFETY: zeroes are a valid value, so it always has one.
        unsafe { bindings::rust_helper_refcount_set(self.as_ptr(), value) };
    }

    /// Counts one more.
    pub fn inc(&self) {
        // SAFETY: it is valid.
        unsafe { bindings::rust_helper_refcount_inc(self.as_ptr()) };
    }

    /// Counts one less, of which it is not the last.
    pub fn dec(&self) {
        // SAFETY: it is valid.
        unsafe { bindings::rust_helper_refcount_dec(self.as_ptr()) };
    }

    /// Counts one less, and tells whether it was the last. Whoever is told may use all that the other
    /// users wrote before.
    #[must_use = "use `dec` where it is not the last"]
    pub fn dec_and_test(&self) -> bool {
        // SAFETY: it is valid.
        unsafe { bindings::rust_helper_refcount_dec_and_test(self.as_ptr()) }
    }
}
