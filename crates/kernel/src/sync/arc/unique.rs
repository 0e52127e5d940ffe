// SPDX-License-Identifier: GPL-2.0

//! References that are the only one.

use super::{Arc, ArcInner};
use crate::alloc::{AllocError, Flags, InPlaceInit, InPlaceWrite, KBox};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::ptr::NonNull;
use pin_init::{Init, PinInit};

/// The only reference to a value, which it may therefore change.
///
/// # Invariants
///
/// The counter is 1.
pub struct UniqueArc<T: ?Sized>(pub(super) Arc<T>);

impl<T> UniqueArc<T> {
    /// Puts a value on the heap.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        Ok(UniqueArc::<T>::new_uninit(flags)?.write(value))
    }

    /// Makes room for a value.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn new_uninit(flags: Flags) -> Result<UniqueArc<MaybeUninit<T>>, AllocError> {
        let inner = KBox::new(
            ArcInner {
                refcount: Opaque::zeroed(),
                data: MaybeUninit::uninit(),
            },
            flags,
        )?;
        // SAFETY: the counter is valid.
        unsafe { bindings::rust_helper_refcount_set(inner.refcount.get(), 1) };
        let inner = NonNull::from(KBox::leak(inner));
        // INVARIANT: the counter was just set to 1.
        Ok(UniqueArc(Arc(inner, PhantomData)))
    }
}

impl<T> UniqueArc<MaybeUninit<T>> {
    /// Writes the value.
    #[must_use]
    pub fn write(mut self, value: T) -> UniqueArc<T> {
        self.deref_mut().write(value);
        // SAFETY: it was just written.
        unsafe { self.assume_init() }
    }

    /// Says that the value is there.
    ///
    /// # Safety
    ///
    /// It must be.
    #[must_use]
    pub unsafe fn assume_init(self) -> UniqueArc<T> {
        let inner = ManuallyDrop::new(self.0).0.cast();
        // INVARIANT: the caller says that the value is there; the counter is 1.
        UniqueArc(Arc(inner, PhantomData))
    }
}

impl<T> InPlaceWrite<T> for UniqueArc<MaybeUninit<T>> {
    type Initialized = UniqueArc<T>;

    fn write_init<E>(mut self, init: impl Init<T, E>) -> Result<UniqueArc<T>, E> {
        // SAFETY: the slot is valid; after an error only the room is freed.
        unsafe { init.__init(self.deref_mut().as_mut_ptr()) }?;
        // SAFETY: it was just initialised.
        Ok(unsafe { self.assume_init() })
    }

    fn write_pin_init<E>(mut self, init: impl PinInit<T, E>) -> Result<Pin<UniqueArc<T>>, E> {
        // SAFETY: the slot is valid and stays where it is; after an error only the room is freed.
        unsafe { init.__pinned_init(self.deref_mut().as_mut_ptr()) }?;
        // SAFETY: it was just initialised, and is not moved.
        Ok(unsafe { Pin::new_unchecked(self.assume_init()) })
    }
}

impl<T> InPlaceInit<T> for UniqueArc<T> {
    type PinnedSelf = Pin<Self>;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>, E>
    where
        E: From<AllocError>,
    {
        Self::new_uninit(flags)?.write_pin_init(init)
    }

    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        Self::new_uninit(flags)?.write_init(init)
    }
}

impl<T: ?Sized> From<UniqueArc<T>> for Arc<T> {
    fn from(unique: UniqueArc<T>) -> Self {
        unique.0
    }
}

impl<T: ?Sized> From<Pin<UniqueArc<T>>> for Arc<T> {
    fn from(unique: Pin<UniqueArc<T>>) -> Self {
        // SAFETY: an `Arc` does not move its value either.
        unsafe { Pin::into_inner_unchecked(unique) }.0
    }
}

impl<T: ?Sized> Deref for UniqueArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for UniqueArc<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: by the invariant nobody else has the value.
        unsafe { &mut (*self.0 .0.as_ptr()).data }
    }
}
