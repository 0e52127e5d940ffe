// SPDX-License-Identifier: GPL-2.0

//! Counted references to objects that count for themselves: most objects of the kernel.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

/// An object with a counter of its own.
///
/// # Safety
///
/// The object stays where it is and valid as long as its counter says that it is used;
/// [`dec_ref`](Self::dec_ref) takes back what one [`inc_ref`](Self::inc_ref) gave.
pub unsafe trait AlwaysRefCounted {
    /// Counts one more user.
    fn inc_ref(&self);

    /// Counts one user less; the last frees the object.
    ///
    /// # Safety
    ///
    /// The caller must have counted a user before, and not use the object again through it.
    unsafe fn dec_ref(obj: NonNull<Self>);
}

/// An owned reference to an [`AlwaysRefCounted`] object.
///
/// # Invariants
///
/// The object is valid, and one of its users is this.
pub struct ARef<T: AlwaysRefCounted>(NonNull<T>, PhantomData<T>);

// SAFETY: a counted reference is as good as a shared one, and the last user may be on any thread.
unsafe impl<T: AlwaysRefCounted + Sync + Send> Send for ARef<T> {}
// SAFETY: as above: a shared one can be cloned.
unsafe impl<T: AlwaysRefCounted + Sync + Send> Sync for ARef<T> {}

impl<T: AlwaysRefCounted> ARef<T> {
    /// Takes over a reference that was counted.
    ///
    /// # Safety
    ///
    /// The object must be valid, and its counter have one user that is this one's to give back.
    #[must_use]
    pub const unsafe fn from_raw(obj: NonNull<T>) -> Self {
        // INVARIANT: the caller says so.
        Self(obj, PhantomData)
    }

    /// Gives the reference up, counted as it is.
    #[must_use]
    pub fn into_raw(me: Self) -> NonNull<T> {
        ManuallyDrop::new(me).0
    }
}

impl<T: AlwaysRefCounted> Clone for ARef<T> {
    fn clone(&self) -> Self {
        self.inc_ref();
        // SAFETY: one more user was just counted.
        unsafe { Self::from_raw(self.0) }
    }
}

impl<T: AlwaysRefCounted> Deref for ARef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant the object is valid.
        unsafe { self.0.as_ref() }
    }
}

impl<T: AlwaysRefCounted> From<&T> for ARef<T> {
    fn from(obj: &T) -> Self {
        obj.inc_ref();
        // SAFETY: one more user was just counted.
        unsafe { Self::from_raw(NonNull::from(obj)) }
    }
}

impl<T: AlwaysRefCounted + fmt::Debug> fmt::Debug for ARef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: AlwaysRefCounted> Drop for ARef<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant one user is this, and it ends here.
        unsafe { T::dec_ref(self.0) };
    }
}
