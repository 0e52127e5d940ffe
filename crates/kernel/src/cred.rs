// SPDX-License-Identifier: GPL-2.0

//! On whose behalf a task does something.
//!
//! ```
//! use kernel::prelude::*;
//!
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! let cred = current!().cred();
//! pr_info!("{} of {}\n", cred.euid().into_uid_in_init_ns(), cred.gid().into_gid_in_init_ns());
//! # Ok(())
//! # }
//! ```

use crate::sync::aref::AlwaysRefCounted;
use crate::types::Opaque;
use core::fmt;
use core::ptr::NonNull;

/// The kernel's `struct cred`. It never changes: a task that becomes another gets a new one.
#[repr(transparent)]
pub struct Credential(Opaque<bindings::cred>);

// SAFETY: it counts its users by itself, on whatever thread.
unsafe impl Send for Credential {}
// SAFETY: what is read here never changes.
unsafe impl Sync for Credential {}

impl Credential {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be to credentials that exist for as long as `'a`.
    #[must_use]
    pub unsafe fn from_ptr<'a>(ptr: *const bindings::cred) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }
}

macro_rules! ids {
    ($(
        $(#[$doc:meta])*
        $id:ident($raw:ident as $plain:ident): $in_current:ident, $in_init:ident,
            $helper_current:ident, $helper_init:ident {
            $($(#[$field_doc:meta])* $field:ident;)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $id(bindings::$raw);

        impl $id {
            /// Takes one of C's.
            #[must_use]
            pub const fn from_raw(raw: bindings::$raw) -> Self {
                Self(raw)
            }

            /// Returns it as C has it.
            #[must_use]
            pub const fn into_raw(self) -> bindings::$raw {
                self.0
            }

            /// Returns the number that it has for this task. Where it has none in the task's user
            /// namespace, that is `!0`.
            #[must_use]
            pub fn $in_current(self) -> bindings::$plain {
                // SAFETY: it has no precondition.
                unsafe { bindings::$helper_current(self.0) }
            }

            /// Returns the number that it has for the machine as a whole.
            #[must_use]
            pub fn $in_init(self) -> bindings::$plain {
                // SAFETY: it has no precondition.
                unsafe { bindings::$helper_init(self.0) }
            }
        }

        impl PartialEq for $id {
            fn eq(&self, other: &Self) -> bool {
                self.$in_init() == other.$in_init()
            }
        }

        impl Eq for $id {}

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($id)).field(&self.$in_init()).finish()
            }
        }

        impl Credential {
            $(
                $(#[$field_doc])*
                #[must_use]
                pub fn $field(&self) -> $id {
                    // SAFETY: the credentials exist, and never change.
                    $id(unsafe { (*self.0.get()).$field })
                }
            )*
        }
    )*};
}

ids! {
    /// A user.
    Kuid(kuid_t as uid_t): into_uid_in_current_ns, into_uid_in_init_ns,
        rust_helper_kuid_in_current_ns, rust_helper_kuid_in_init_ns {
        /// Returns the user.
        uid;
        /// Returns the user whose rights count.
        euid;
        /// Returns the user whose rights count for files.
        fsuid;
    }

    /// A group.
    Kgid(kgid_t as gid_t): into_gid_in_current_ns, into_gid_in_init_ns,
        rust_helper_kgid_in_current_ns, rust_helper_kgid_in_init_ns {
        /// Returns the group.
        gid;
        /// Returns the group whose rights count.
        egid;
    }
}

impl Kuid {
    /// Returns the user whose rights count for this task.
    #[must_use]
    pub fn current_euid() -> Self {
        // SAFETY: it only reads.
        Self(unsafe { bindings::rust_helper_current_euid() })
    }
}

// SAFETY: that is what the two functions do.
unsafe impl AlwaysRefCounted for Credential {
    fn inc_ref(&self) {
        // SAFETY: the credentials exist.
        unsafe { bindings::rust_helper_get_cred(self.0.get()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_put_cred(obj.as_ptr().cast()) };
    }
}
