// SPDX-License-Identifier: GPL-2.0

//! Types that stand between Rust and C.

use crate::ffi::c_void;
use core::cell::UnsafeCell;
use core::marker::{PhantomData, PhantomPinned};
use core::mem::{align_of, ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use pin_init::{PinInit, Zeroable};

pub use crate::sync::aref::{ARef, AlwaysRefCounted};

/// Room for a C object of which Rust assumes nothing: not that it is initialised, not that nobody
/// else writes it, not that it may be moved.
#[repr(transparent)]
pub struct Opaque<T> {
    value: UnsafeCell<MaybeUninit<T>>,
    _pin: PhantomPinned,
}

// SAFETY: it need not even be initialised.
unsafe impl<T> Zeroable for Opaque<T> {}

impl<T> Opaque<T> {
    /// Puts a value in.
    pub const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::new(value)),
            _pin: PhantomPinned,
        }
    }

    /// Makes the room alone.
    #[must_use]
    pub const fn uninit() -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::uninit()),
            _pin: PhantomPinned,
        }
    }

    /// Makes the room, full of zeroes.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::zeroed()),
            _pin: PhantomPinned,
        }
    }

    /// Returns a pointer to the object.
    pub const fn get(&self) -> *mut T {
        self.value.get().cast()
    }

    /// Returns a pointer to the object, of a pointer to this.
    #[must_use]
    pub const fn raw_get(this: *const Self) -> *mut T {
        UnsafeCell::raw_get(this.cast::<UnsafeCell<MaybeUninit<T>>>()).cast()
    }

    /// Returns an initialiser that lets C code initialise the object.
    pub fn ffi_init(init: impl FnOnce(*mut T)) -> impl PinInit<Self> {
        // SAFETY: the slot need not be initialised in Rust's sense.
        unsafe {
            pin_init::pin_init_from_closure(move |slot: *mut Self| {
                init(Self::raw_get(slot));
                Ok(())
            })
        }
    }

    /// Returns an initialiser that lets C code initialise the object, which may fail.
    pub fn try_ffi_init<E>(init: impl FnOnce(*mut T) -> Result<(), E>) -> impl PinInit<Self, E> {
        // SAFETY: the slot need not be initialised in Rust's sense.
        unsafe { pin_init::pin_init_from_closure(move |slot: *mut Self| init(Self::raw_get(slot))) }
    }
}

/// What can be handed to C code as a pointer and taken back: boxes, counted references.
///
/// # Safety
///
/// `into_foreign` returns a pointer that is not null and aligned to `FOREIGN_ALIGN`.
pub unsafe trait ForeignOwnable: Sized {
    /// How the pointer is aligned.
    const FOREIGN_ALIGN: usize;
    /// What a shared borrow of the value is.
    type Borrowed<'a>;
    /// What an exclusive borrow of the value is.
    type BorrowedMut<'a>;

    /// Gives the value to C code.
    fn into_foreign(self) -> *mut c_void;

    /// Takes the value back.
    ///
    /// # Safety
    ///
    /// `ptr` must have come from [`into_foreign`](Self::into_foreign), be taken back once, and not
    /// be borrowed.
    unsafe fn from_foreign(ptr: *mut c_void) -> Self;

    /// Takes the value back, if there is one.
    ///
    /// # Safety
    ///
    /// As for [`from_foreign`](Self::from_foreign), or null.
    unsafe fn try_from_foreign(ptr: *mut c_void) -> Option<Self> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: the caller says so.
        Some(unsafe { Self::from_foreign(ptr) })
    }

    /// Borrows the value.
    ///
    /// # Safety
    ///
    /// `ptr` must have come from [`into_foreign`](Self::into_foreign) and not be taken back, nor
    /// borrowed mutably, for as long as `'a`.
    unsafe fn borrow<'a>(ptr: *mut c_void) -> Self::Borrowed<'a>;

    /// Borrows the value mutably.
    ///
    /// # Safety
    ///
    /// `ptr` must have come from [`into_foreign`](Self::into_foreign) and not be taken back, nor
    /// borrowed at all, for as long as `'a`.
    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> Self::BorrowedMut<'a>;
}

// SAFETY: a dangling pointer is not null, and aligned for a type without size.
unsafe impl ForeignOwnable for () {
    const FOREIGN_ALIGN: usize = align_of::<()>();
    type Borrowed<'a> = ();
    type BorrowedMut<'a> = ();

    fn into_foreign(self) -> *mut c_void {
        core::ptr::NonNull::dangling().as_ptr()
    }

    unsafe fn from_foreign(_: *mut c_void) -> Self {}

    unsafe fn borrow<'a>(_: *mut c_void) -> Self::Borrowed<'a> {}

    unsafe fn borrow_mut<'a>(_: *mut c_void) -> Self::BorrowedMut<'a> {}
}

/// Runs a function at the end of a scope, unless it is dismissed.
pub struct ScopeGuard<T, F: FnOnce(T)>(ManuallyDrop<(T, F)>);

impl<F: FnOnce(())> ScopeGuard<(), F> {
    /// Makes a guard without a value.
    pub fn new(f: F) -> Self {
        Self::new_with_data((), f)
    }
}

impl<T, F: FnOnce(T)> ScopeGuard<T, F> {
    /// Makes a guard of a value, which the function is given.
    pub fn new_with_data(value: T, f: F) -> Self {
        Self(ManuallyDrop::new((value, f)))
    }

    /// Takes the value; the function is not run.
    pub fn dismiss(self) -> T {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: the guard is not used again, nor dropped.
        let (value, _) = unsafe { ManuallyDrop::take(&mut this.0) };
        value
    }
}

impl<T, F: FnOnce(T)> Deref for ScopeGuard<T, F> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0 .0
    }
}

impl<T, F: FnOnce(T)> DerefMut for ScopeGuard<T, F> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0 .0
    }
}

impl<T, F: FnOnce(T)> Drop for ScopeGuard<T, F> {
    fn drop(&mut self) {
        // SAFETY: the guard is not used again.
        let (value, f) = unsafe { ManuallyDrop::take(&mut self.0) };
        f(value);
    }
}

/// Keeps a type from being sent to, or shared with, other threads.
pub type NotThreadSafe = PhantomData<*mut ()>;

/// Makes a [`NotThreadSafe`](type@NotThreadSafe).
#[allow(non_upper_case_globals)] // a value with the name of its type
pub const NotThreadSafe: NotThreadSafe = PhantomData;
