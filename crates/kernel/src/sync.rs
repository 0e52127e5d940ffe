// SPDX-License-Identifier: GPL-2.0

//! Locks, counted references and other means of several threads.

mod arc;
pub mod aref;
pub mod atomic;
pub mod barrier;
pub mod completion;
mod condvar;
mod lazy_lock;
pub mod lock;
mod locked_by;
pub mod percpu;
mod place;
pub mod poll;
pub mod rcu;
mod refcount;
mod set_once;

use crate::types::Opaque;
use core::ffi::CStr;
use core::pin::Pin;

pub use crate::global_lock;
pub use arc::{Arc, ArcBorrow, UniqueArc};
pub use aref::{ARef, AlwaysRefCounted};
pub use completion::Completion;
pub use condvar::{CondVar, CondVarTimeoutResult};
pub use lazy_lock::LazyLock;
pub use lock::global::{GlobalGuard, GlobalLock, GlobalLockBackend, GlobalLockedBy};
pub use lock::mutex::{Mutex, MutexGuard};
pub use lock::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use lock::rwsem::{RwSemaphore, RwSemaphoreReadGuard, RwSemaphoreWriteGuard};
pub use lock::spinlock::{SpinLock, SpinLockGuard};
pub use locked_by::LockedBy;
pub use percpu::{PerCpu, PerCpuCounter};
pub(crate) use place::Place;
pub use refcount::Refcount;
pub use set_once::SetOnce;

/// What lockdep takes for the identity of locks of one kind.
#[repr(transparent)]
pub struct LockClassKey(Opaque<bindings::lock_class_key>);

// SAFETY: lockdep takes care of several threads by itself.
unsafe impl Sync for LockClassKey {}
// SAFETY: as above.
unsafe impl Send for LockClassKey {}

impl LockClassKey {
    /// Makes a key for a static; lockdep knows those of modules by their address.
    ///
    /// # Safety
    ///
    /// It must be for a static: what lives elsewhere has to be registered, and unregistered before
    /// it goes away.
    #[must_use]
    pub const unsafe fn new_static() -> Self {
        Self(Opaque::zeroed())
    }

    /// Returns the key as C has it.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::lock_class_key {
        self.0.get()
    }
}

/// Makes a class of locks for the place where it stands.
#[macro_export]
macro_rules! static_lock_class {
    () => {{
        static CLASS: $crate::sync::LockClassKey =
            // SAFETY: this is a static.
            unsafe { $crate::sync::LockClassKey::new_static() };
        $crate::sync::static_key(&CLASS)
    }};
}

/// Names a lock: as it is told, or after the file and line.
#[doc(hidden)]
#[macro_export]
macro_rules! optional_name {
    () => {
        $crate::c_str!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:literal) => {
        $crate::c_str!($name)
    };
}

/// Says that a static is pinned, which it is.
#[doc(hidden)]
#[must_use]
pub fn static_key(key: &'static LockClassKey) -> Pin<&'static LockClassKey> {
    Pin::static_ref(key)
}

/// The name of a lock in lockdep's messages.
pub(crate) type LockName = &'static CStr;
