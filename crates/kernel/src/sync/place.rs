// SPDX-License-Identifier: GPL-2.0

//! The lock classes of what has no macro that makes it.
//!
//! C's `timer_setup()` is a macro, for a static of the place where it stands: lockdep holds all that
//! place makes for locks of one kind, and what other places make for others. Here it is called by one
//! function, so that all timers of a module would be of one kind, and lockdep would see a deadlock
//! where the function of one stops another.

use core::mem::size_of;
use core::panic::Location;
use core::ptr;

/// A place in the source that makes something with a lock in it.
#[derive(Clone, Copy)]
pub(crate) struct Place(&'static Location<'static>);

impl Place {
    /// Returns the place that called the function which calls this. That function is
    /// `#[track_caller]` too.
    #[track_caller]
    pub(crate) fn of_caller() -> Self {
        Self(Location::caller())
    }

    /// Returns the class of the locks that it makes, or null where the kernel knows no classes.
    ///
    /// For lockdep a key is the addresses of its bytes, one for each subclass. It neither reads nor
    /// writes one that was not registered, and takes any that is of a module, until that is gone
    /// (`static_obj()`, `register_lock_class()` and `lockdep_free_key_range()` in
    /// kernel/locking/lockdep.c of 6.1, 6.12 and 7.3): so what rustc has a static for will do, which
    /// no two places share.
    pub(crate) fn key(self) -> *mut bindings::lock_class_key {
        const { assert!(size_of::<bindings::lock_class_key>() <= size_of::<Location<'_>>()) };
        if cfg!(CONFIG_LOCKDEP) {
            ptr::from_ref(self.0).cast_mut().cast()
        } else {
            ptr::null_mut()
        }
    }
}
