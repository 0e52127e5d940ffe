// SPDX-License-Identifier: GPL-2.0

//! A value on the heap.

mod foreign;

use super::{AllocError, Allocator, Flags, InPlaceInit, InPlaceWrite, KVmalloc, Kmalloc, Vmalloc};
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::ptr::NonNull;
use pin_init::{Init, PinInit, ZeroableOption};

/// A value on the heap, in memory of the allocator `A`.
///
/// # Invariants
///
/// The pointer is to a valid `T` that this owns, in memory that `A` gave for it; or aligned, where
/// `T` has no size.
#[repr(transparent)]
pub struct Box<T: ?Sized, A: Allocator>(NonNull<T>, PhantomData<(A, T)>);

/// A [`Box`] of `kmalloc`'s memory.
pub type KBox<T> = Box<T, Kmalloc>;
/// A [`Box`] of `vmalloc`'s memory.
pub type VBox<T> = Box<T, Vmalloc>;
/// A [`Box`] of `kvmalloc`'s memory.
pub type KVBox<T> = Box<T, KVmalloc>;

// SAFETY: a box owns its value.
unsafe impl<T: Send + ?Sized, A: Allocator> Send for Box<T, A> {}
// SAFETY: a shared box gives shared references only.
unsafe impl<T: Sync + ?Sized, A: Allocator> Sync for Box<T, A> {}
// SAFETY: a null pointer is `None`.
unsafe impl<T, A: Allocator> ZeroableOption for Box<T, A> {}

impl<T, U, A> core::ops::CoerceUnsized<Box<U, A>> for Box<T, A>
where
    T: ?Sized + core::marker::Unsize<U>,
    U: ?Sized,
    A: Allocator,
{
}

impl<T, U, A> core::ops::DispatchFromDyn<Box<U, A>> for Box<T, A>
where
    T: ?Sized + core::marker::Unsize<U>,
    U: ?Sized,
    A: Allocator,
{
}

impl<T: ?Sized, A: Allocator> Box<T, A> {
    /// Takes a pointer for a box.
    ///
    /// # Safety
    ///
    /// It must be one that [`into_raw`](Self::into_raw) returned, taken once.
    #[must_use]
    pub const unsafe fn from_raw(raw: *mut T) -> Self {
        // INVARIANT: the caller says so.
        // SAFETY: `into_raw` returns no null.
        Self(unsafe { NonNull::new_unchecked(raw) }, PhantomData)
    }

    /// Gives the value up to whoever has the pointer.
    #[must_use]
    pub fn into_raw(b: Self) -> *mut T {
        ManuallyDrop::new(b).0.as_ptr()
    }

    /// Gives up ever freeing the value.
    #[must_use]
    pub fn leak<'a>(b: Self) -> &'a mut T
    where
        T: 'a,
    {
        // SAFETY: the value is valid, and nobody else has it.
        unsafe { &mut *Self::into_raw(b) }
    }

    /// Says that the value will not be moved any more.
    #[must_use]
    pub fn into_pin(b: Self) -> Pin<Self> {
        // SAFETY: the value stays where it is until the box drops it.
        unsafe { Pin::new_unchecked(b) }
    }
}

impl<T, A: Allocator> Box<T, A> {
    /// Puts `value` on the heap.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        Ok(Box::write(Self::new_uninit(flags)?, value))
    }

    /// Makes room for a value.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn new_uninit(flags: Flags) -> Result<Box<MaybeUninit<T>, A>, AllocError> {
        let memory = A::alloc(Layout::new::<T>(), flags)?;
        // INVARIANT: the memory is for a `T`, and any bytes are a `MaybeUninit<T>`.
        Ok(Box(memory.cast(), PhantomData))
    }

    /// Puts `value` on the heap, where it will not be moved.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn pin(value: T, flags: Flags) -> Result<Pin<Self>, AllocError> {
        Ok(Self::new(value, flags)?.into())
    }

    /// Takes the value off the heap.
    #[must_use]
    pub fn into_inner(b: Self) -> T {
        // SAFETY: the value is valid; what is left is room for one.
        let value = unsafe { b.0.as_ptr().read() };
        drop(Self::forget_contents(b));
        value
    }

    /// Forgets the value and keeps its room.
    #[must_use]
    fn forget_contents(b: Self) -> Box<MaybeUninit<T>, A> {
        // INVARIANT: any bytes are a `MaybeUninit<T>`.
        Box(ManuallyDrop::new(b).0.cast(), PhantomData)
    }

    /// Drops the value and keeps its room.
    #[must_use]
    pub fn drop_contents(b: Self) -> Box<MaybeUninit<T>, A> {
        let room = Self::forget_contents(b);
        // SAFETY: the value is valid, and nobody uses it again.
        unsafe { room.0.cast::<T>().as_ptr().drop_in_place() };
        room
    }
}

impl<T, A: Allocator> Box<MaybeUninit<T>, A> {
    /// Says that the value is there.
    ///
    /// # Safety
    ///
    /// It must be.
    #[must_use]
    pub unsafe fn assume_init(self) -> Box<T, A> {
        // INVARIANT: the caller says so.
        Box(ManuallyDrop::new(self).0.cast(), PhantomData)
    }

    /// Writes the value.
    #[must_use]
    pub fn write(mut b: Self, value: T) -> Box<T, A> {
        (*b).write(value);
        // SAFETY: it was just written.
        unsafe { b.assume_init() }
    }
}

impl<T, A: Allocator> InPlaceWrite<T> for Box<MaybeUninit<T>, A> {
    type Initialized = Box<T, A>;

    fn write_init<E>(mut self, init: impl Init<T, E>) -> Result<Self::Initialized, E> {
        // SAFETY: the slot is valid; after an error only the room is freed.
        unsafe { init.__init(self.as_mut_ptr()) }?;
        // SAFETY: it was just initialised.
        Ok(unsafe { self.assume_init() })
    }

    fn write_pin_init<E>(mut self, init: impl PinInit<T, E>) -> Result<Pin<Self::Initialized>, E> {
        // SAFETY: the slot is valid and stays where it is; after an error only the room is freed.
        unsafe { init.__pinned_init(self.as_mut_ptr()) }?;
        // SAFETY: it was just initialised.
        Ok(unsafe { self.assume_init() }.into())
    }
}

impl<T, A: Allocator> InPlaceInit<T> for Box<T, A> {
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

impl<T: ?Sized, A: Allocator> From<Box<T, A>> for Pin<Box<T, A>> {
    fn from(b: Box<T, A>) -> Self {
        Box::into_pin(b)
    }
}

impl<T: ?Sized, A: Allocator> Deref for Box<T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant the value is valid.
        unsafe { self.0.as_ref() }
    }
}

impl<T: ?Sized, A: Allocator> DerefMut for Box<T, A> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: by the invariant the value is valid, and this owns it.
        unsafe { self.0.as_mut() }
    }
}

impl<T: ?Sized + fmt::Debug, A: Allocator> fmt::Debug for Box<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display, A: Allocator> fmt::Display for Box<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: ?Sized, A: Allocator> Drop for Box<T, A> {
    fn drop(&mut self) {
        let layout = Layout::for_value::<T>(&**self);
        // SAFETY: the value is valid, and nobody uses it again.
        unsafe { core::ptr::drop_in_place(self.0.as_ptr()) };
        // SAFETY: by the invariant the memory came from `A`, for this layout.
        unsafe { A::free(self.0.cast(), layout) };
    }
}
