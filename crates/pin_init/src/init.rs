// SPDX-License-Identifier: GPL-2.0

//! The two traits, and initialisers made from closures and from values.

use core::convert::Infallible;
use core::marker::PhantomData;

/// An initialiser of a pinned `T`, which may fail with an `E`.
///
/// # Safety
///
/// [`__pinned_init`](Self::__pinned_init) must, when it returns `Ok`, have initialised the whole of
/// `*slot`; when it returns `Err`, it must have left `*slot` as memory that may be freed without a
/// destructor. It must not move what it made, nor read `*slot` before writing it.
#[must_use = "an initialiser does nothing until it is run"]
pub unsafe trait PinInit<T: ?Sized, E = Infallible>: Sized {
    /// Writes the value into `slot`.
    ///
    /// # Errors
    ///
    /// Returns what the initialisation failed with.
    ///
    /// # Safety
    ///
    /// `slot` must be valid for writes. If this returns `Ok`, the value must not be moved until it
    /// is dropped; if it returns `Err`, the memory must not be taken for a `T`.
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E>;

    /// Runs `f` on the value after it has been initialised; an error of `f` drops the value.
    fn pin_chain<F>(self, f: F) -> impl PinInit<T, E>
    where
        F: FnOnce(core::pin::Pin<&mut T>) -> Result<(), E>,
    {
        // SAFETY: `slot` is initialised when `f` runs, and dropped where `f` fails.
        unsafe {
            pin_init_from_closure(move |slot: *mut T| {
                self.__pinned_init(slot)?;
                let value = core::pin::Pin::new_unchecked(&mut *slot);
                f(value).inspect_err(|_| core::ptr::drop_in_place(slot))
            })
        }
    }
}

/// An initialiser of a `T` that may be moved once it is there.
///
/// # Safety
///
/// As for [`PinInit`]; besides, the value may be moved after [`__init`](Self::__init), and
/// `__pinned_init` must do the same as `__init`.
#[must_use = "an initialiser does nothing until it is run"]
pub unsafe trait Init<T: ?Sized, E = Infallible>: PinInit<T, E> {
    /// Writes the value into `slot`.
    ///
    /// # Errors
    ///
    /// Returns what the initialisation failed with.
    ///
    /// # Safety
    ///
    /// `slot` must be valid for writes. If this returns `Err`, the memory must not be taken for a
    /// `T`.
    unsafe fn __init(self, slot: *mut T) -> Result<(), E>;

    /// Runs `f` on the value after it has been initialised; an error of `f` drops the value.
    fn chain<F>(self, f: F) -> impl Init<T, E>
    where
        F: FnOnce(&mut T) -> Result<(), E>,
    {
        // SAFETY: `slot` is initialised when `f` runs, and dropped where `f` fails.
        unsafe {
            init_from_closure(move |slot: *mut T| {
                self.__init(slot)?;
                f(&mut *slot).inspect_err(|_| core::ptr::drop_in_place(slot))
            })
        }
    }
}

/// A closure as an initialiser.
struct FromClosure<F, T: ?Sized, E>(F, PhantomData<fn(*const T) -> E>);

// SAFETY: whoever called `init_from_closure` has promised what the trait demands.
unsafe impl<T: ?Sized, F, E> Init<T, E> for FromClosure<F, T, E>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    #[inline]
    unsafe fn __init(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

// SAFETY: as above; both constructors ask for it.
unsafe impl<T: ?Sized, F, E> PinInit<T, E> for FromClosure<F, T, E>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    #[inline]
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

/// Makes a [`PinInit`] of a closure that writes the value.
///
/// # Safety
///
/// The closure must do what [`PinInit::__pinned_init`] must do.
#[inline]
pub const unsafe fn pin_init_from_closure<T: ?Sized, E>(
    f: impl FnOnce(*mut T) -> Result<(), E>,
) -> impl PinInit<T, E> {
    FromClosure(f, PhantomData)
}

/// Makes an [`Init`] of a closure that writes the value.
///
/// # Safety
///
/// The closure must do what [`Init::__init`] must do.
#[inline]
pub const unsafe fn init_from_closure<T: ?Sized, E>(
    f: impl FnOnce(*mut T) -> Result<(), E>,
) -> impl Init<T, E> {
    FromClosure(f, PhantomData)
}

// SAFETY: a value is written whole, and that never fails.
unsafe impl<T> Init<T> for T {
    #[inline]
    unsafe fn __init(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: the caller says that `slot` is valid for writes.
        unsafe { slot.write(self) };
        Ok(())
    }
}

// SAFETY: as above; the value is not moved after it was written.
unsafe impl<T> PinInit<T> for T {
    #[inline]
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: the caller's promise is the same.
        unsafe { Init::__init(self, slot) }
    }
}

/// Makes a [`PinInit`] of a closure that first does something and then says how to initialise.
pub fn pin_init_scope<T: ?Sized, E, F, I>(make: F) -> impl PinInit<T, E>
where
    F: FnOnce() -> Result<I, E>,
    I: PinInit<T, E>,
{
    // SAFETY: what `make` returns does what is demanded.
    unsafe { pin_init_from_closure(move |slot: *mut T| make()?.__pinned_init(slot)) }
}

// SAFETY: an error initialises nothing; an `Ok` holds the value.
unsafe impl<T, E> Init<T, E> for Result<T, E> {
    unsafe fn __init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: the caller says that `slot` is valid for writes.
        unsafe { slot.write(self?) };
        Ok(())
    }
}

// SAFETY: as above.
unsafe impl<T, E> PinInit<T, E> for Result<T, E> {
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: the caller's promise is the same.
        unsafe { Init::__init(self, slot) }
    }
}
