// SPDX-License-Identifier: GPL-2.0

//! Locks that are statics.

use super::{Backend, Guard, Lock};
use crate::sync::{LockClassKey, LockName};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use pin_init::PinInit;

/// What [`global_lock!`](crate::global_lock) says of a lock.
pub trait GlobalLockBackend {
    /// Its name in lockdep's messages.
    const NAME: LockName;
    /// The type of its value.
    type Item: 'static;
    /// What kind of lock it is.
    type Backend: Backend + 'static;
    /// Returns its class.
    fn get_lock_class() -> Pin<&'static LockClassKey>;
}

/// A lock that is a static. [`init`](Self::init) must run before it is used.
pub struct GlobalLock<B: GlobalLockBackend> {
    inner: UnsafeCell<MaybeUninit<Lock<B::Item, B::Backend>>>,
    value: UnsafeCell<Option<B::Item>>,
}

// SAFETY: the lock lets one thread after the other have the value.
unsafe impl<B: GlobalLockBackend> Sync for GlobalLock<B> where B::Item: Send {}

impl<B: GlobalLockBackend> GlobalLock<B> {
    /// Makes a lock that is not initialised yet.
    ///
    /// # Safety
    ///
    /// [`init`](Self::init) must be called once, before the lock is used. There must be no other lock
    /// with this `B`: a [`GlobalLockedBy`] takes the guard of any for that of the one.
    pub const unsafe fn new(value: B::Item) -> Self {
        Self {
            inner: UnsafeCell::new(MaybeUninit::uninit()),
            value: UnsafeCell::new(Some(value)),
        }
    }

    /// Initialises the lock: in the module's `init`.
    ///
    /// # Safety
    ///
    /// Once, before the lock is used.
    pub unsafe fn init(&'static self) {
        // SAFETY: nobody else uses it yet.
        let Some(value) = (unsafe { (*self.value.get()).take() }) else {
            return;
        };
        let init = Lock::new(value, B::NAME, B::get_lock_class());
        // SAFETY: a static does not move, and nobody else uses it yet.
        match unsafe { init.__pinned_init((*self.inner.get()).as_mut_ptr()) } {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Takes the lock.
    #[track_caller]
    pub fn lock(&'static self) -> GlobalGuard<B> {
        // SAFETY: the caller of `new` said that it is initialised.
        GlobalGuard(unsafe { (*self.inner.get()).assume_init_ref() }.lock())
    }

    /// Takes the lock if nobody has it.
    pub fn try_lock(&'static self) -> Option<GlobalGuard<B>> {
        // SAFETY: the caller of `new` said that it is initialised.
        let lock = unsafe { (*self.inner.get()).assume_init_ref() };
        Some(GlobalGuard(lock.try_lock()?))
    }
}

/// The right to use the value of a [`GlobalLock`].
#[must_use = "the lock is given back at once where the guard is not kept"]
pub struct GlobalGuard<B: GlobalLockBackend>(Guard<'static, B::Item, B::Backend>);

impl<B: GlobalLockBackend> Deref for GlobalGuard<B> {
    type Target = B::Item;

    fn deref(&self) -> &B::Item {
        &self.0
    }
}

impl<B: GlobalLockBackend> DerefMut for GlobalGuard<B> {
    fn deref_mut(&mut self) -> &mut B::Item {
        &mut self.0
    }
}

/// A value that is only used by whoever has a certain [`GlobalLock`].
///
/// ```
/// use core::cell::Cell;
/// use kernel::sync::GlobalLockedBy;
///
/// kernel::sync::global_lock! {
///     // SAFETY: `init` calls TOTAL.init() before anything uses it.
///     unsafe(uninit) static TOTAL: Mutex<u32> = 0;
/// }
///
/// static LAST: GlobalLockedBy<Cell<u32>, TOTAL> = GlobalLockedBy::new(Cell::new(0));
///
/// fn add(number: u32) {
///     let mut total = TOTAL.lock();
///     *total += number;
///     LAST.as_mut(&mut total).set(number);
/// }
/// ```
///
/// Threads can share one guard, so what is not `Sync` is given to whoever has it alone:
///
/// ```compile_fail,E0277
/// # use core::cell::Cell;
/// # use kernel::sync::GlobalLockedBy;
/// # kernel::sync::global_lock! {
/// #     unsafe(uninit) static TOTAL: Mutex<u32> = 0;
/// # }
/// # static LAST: GlobalLockedBy<Cell<u32>, TOTAL> = GlobalLockedBy::new(Cell::new(0));
/// let total = TOTAL.lock();
/// let last = LAST.as_ref(&total).get();
/// ```
pub struct GlobalLockedBy<T: ?Sized, B: GlobalLockBackend> {
    _backend: core::marker::PhantomData<B>,
    value: UnsafeCell<T>,
}

// SAFETY: it can be sent if its value can.
unsafe impl<T: ?Sized + Send, B: GlobalLockBackend> Send for GlobalLockedBy<T, B> {}
// SAFETY: the lock lets one thread after the other have the value.
unsafe impl<T: ?Sized + Send, B: GlobalLockBackend> Sync for GlobalLockedBy<T, B> {}

impl<T, B: GlobalLockBackend> GlobalLockedBy<T, B> {
    /// Makes it.
    pub const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            _backend: core::marker::PhantomData,
        }
    }
}

impl<T: ?Sized, B: GlobalLockBackend> GlobalLockedBy<T, B> {
    /// Returns the value to whoever has the lock.
    pub fn as_ref<'a>(&'a self, _guard: &'a GlobalGuard<B>) -> &'a T
    where
        T: Sync,
    {
        // SAFETY: the lock is had for as long as the reference lives; others who share the guard may
        // share the value.
        unsafe { &*self.value.get() }
    }

    /// Returns the value to whoever has the lock.
    #[allow(clippy::mut_from_ref)] // of the guard, which is there for one alone
    pub fn as_mut<'a>(&'a self, _guard: &'a mut GlobalGuard<B>) -> &'a mut T {
        // SAFETY: the lock is had, by this guard alone, for as long as the reference lives.
        unsafe { &mut *self.value.get() }
    }
}

/// Declares a static lock.
///
/// ```
/// kernel::sync::global_lock! {
///     // SAFETY: `init` calls COUNTER.init() before anything uses it.
///     unsafe(uninit) static COUNTER: Mutex<u32> = 0;
/// }
/// ```
///
/// It says `unsafe` of the lock alone, not of what makes its value:
///
/// ```compile_fail,E0133
/// const unsafe fn number() -> u32 {
///     0
/// }
///
/// kernel::sync::global_lock! {
///     // SAFETY: `init` calls COUNTER.init() before anything uses it.
///     unsafe(uninit) static COUNTER: Mutex<u32> = number();
/// }
/// ```
#[macro_export]
macro_rules! global_lock {
    {
        $(#[$meta:meta])* $pub:vis
        unsafe(uninit) static $name:ident: $kind:ident<$valuety:ty> = $value:expr;
    } => {
        #[doc(hidden)]
        #[allow(non_camel_case_types, missing_docs)] // it has the name of the static
        $pub enum $name {}

        impl $crate::sync::GlobalLockBackend for $name {
            const NAME: &'static ::core::ffi::CStr = $crate::c_str!(::core::stringify!($name));
            type Item = $valuety;
            type Backend = $crate::global_lock_backend!($kind);

            fn get_lock_class() -> ::core::pin::Pin<&'static $crate::sync::LockClassKey> {
                $crate::static_lock_class!()
            }
        }

        $(#[$meta])*
        $pub static $name: $crate::sync::GlobalLock<$name> = {
            // Not in the block below, which says `unsafe` of the lock alone.
            let value: $valuety = $value;
            // SAFETY: the caller of the macro says that it will be initialised, and no other lock has
            // the type that was just made for it.
            unsafe { $crate::sync::GlobalLock::new(value) }
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! global_lock_backend {
    (Mutex) => {
        $crate::sync::lock::mutex::MutexBackend
    };
    (SpinLock) => {
        $crate::sync::lock::spinlock::SpinLockBackend
    };
}
