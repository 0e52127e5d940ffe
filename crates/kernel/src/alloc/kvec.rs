// SPDX-License-Identifier: GPL-2.0

//! A growing list, each growth of which may fail.

mod edit;
mod into_iter;
mod traits;

pub use edit::DrainAll;
pub use into_iter::IntoIter;

use super::{AllocError, Allocator, Flags, KVmalloc, Kmalloc, PushError, Vmalloc};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{align_of, size_of, ManuallyDrop, MaybeUninit};
use core::ptr::{self, NonNull};

/// A growing list in memory of the allocator `A`.
///
/// # Invariants
///
/// `ptr` is memory that `A` gave for `capacity` items (dangling and aligned where that has no
/// size); the first `len` of them are valid values.
pub struct Vec<T, A: Allocator> {
    ptr: NonNull<T>,
    capacity: usize,
    len: usize,
    owns: PhantomData<(A, T)>,
}

/// A [`Vec`] of `kmalloc`'s memory.
pub type KVec<T> = Vec<T, Kmalloc>;
/// A [`Vec`] of `vmalloc`'s memory.
pub type VVec<T> = Vec<T, Vmalloc>;
/// A [`Vec`] of `kvmalloc`'s memory.
pub type KVVec<T> = Vec<T, KVmalloc>;

// SAFETY: it owns its values.
unsafe impl<T: Send, A: Allocator> Send for Vec<T, A> {}
// SAFETY: a shared list gives shared references only.
unsafe impl<T: Sync, A: Allocator> Sync for Vec<T, A> {}

/// Makes a [`KVec`] as `vec!` does: `kvec![1, 2]?`, `kvec![0; 16]?`.
#[macro_export]
macro_rules! kvec {
    () => { $crate::alloc::KVec::new() };
    ($item:expr; $n:expr) => {
        $crate::alloc::KVec::from_elem($item, $n, $crate::alloc::flags::GFP_KERNEL)
    };
    ($($item:expr),+ $(,)?) => {
        $crate::alloc::KVec::from_array([$($item),+], $crate::alloc::flags::GFP_KERNEL)
    };
}

impl<T, A: Allocator> Vec<T, A> {
    const IS_ZST: bool = size_of::<T>() == 0;

    /// Makes an empty list, which has no memory yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ptr: NonNull::dangling(),
            capacity: 0,
            len: 0,
            owns: PhantomData,
        }
    }

    /// Makes an empty list with room for `capacity` items.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self, AllocError> {
        let mut list = Self::new();
        list.reserve(capacity, flags)?;
        Ok(list)
    }

    /// Returns how many items fit without more memory.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        if Self::IS_ZST {
            usize::MAX
        } else {
            self.capacity
        }
    }

    /// Returns how many items there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there is no item.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns a pointer to the first item.
    #[must_use]
    pub const fn as_ptr(&self) -> *const T {
        self.ptr.as_ptr()
    }

    /// Returns a pointer to the first item.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.ptr.as_ptr()
    }

    /// Returns the items.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self
    }

    /// Returns the items.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self
    }

    /// Makes room for `additional` more items.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory; the list is as it was.
    pub fn reserve(&mut self, additional: usize, flags: Flags) -> Result<(), AllocError> {
        if additional <= self.capacity() - self.len {
            return Ok(());
        }
        if Self::IS_ZST {
            return Err(AllocError);
        }
        let wanted = self.len.checked_add(additional).ok_or(AllocError)?;
        // Twice as much as before, so that n pushes take O(n).
        let capacity = wanted.max(self.capacity.saturating_mul(2)).max(4);
        let layout = Layout::array::<T>(capacity)
            .or_else(|_| Layout::array::<T>(wanted))
            .map_err(|_| AllocError)?;
        let capacity = layout.size() / size_of::<T>();
        let old = (self.capacity > 0).then_some(self.ptr.cast());
        // SAFETY: by the invariant the memory came from `A` for the old layout.
        let memory = unsafe { A::realloc(old, layout, self.layout(), flags) }?;
        // INVARIANT: realloc kept the items.
        self.ptr = memory.cast();
        self.capacity = capacity;
        Ok(())
    }

    fn layout(&self) -> Layout {
        // SAFETY: memory of this layout was allocated, so it is a valid one.
        unsafe {
            Layout::from_size_align_unchecked(self.capacity * size_of::<T>(), align_of::<T>())
        }
    }

    /// Returns the room that has no items yet.
    pub fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<T>] {
        let room = self.capacity() - self.len;
        // SAFETY: by the invariant the memory reaches so far; any bytes are a `MaybeUninit`.
        unsafe { core::slice::from_raw_parts_mut(self.ptr.as_ptr().add(self.len).cast(), room) }
    }

    /// Says that `additional` more items are there.
    ///
    /// # Safety
    ///
    /// They must have been written to [`spare_capacity_mut`](Self::spare_capacity_mut).
    pub unsafe fn inc_len(&mut self, additional: usize) {
        debug_assert!(additional <= self.capacity() - self.len);
        // INVARIANT: the caller says so.
        self.len += additional;
    }

    /// Adds an item at the end.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory; the item is dropped.
    pub fn push(&mut self, item: T, flags: Flags) -> Result<(), AllocError> {
        self.reserve(1, flags)?;
        self.push_within_capacity(item).map_err(|_| AllocError)
    }

    /// Adds an item at the end if there is room.
    ///
    /// # Errors
    ///
    /// Gives the item back where there is none.
    pub fn push_within_capacity(&mut self, item: T) -> Result<(), PushError<T>> {
        match self.spare_capacity_mut().first_mut() {
            Some(room) => room.write(item),
            None => return Err(PushError(item)),
        };
        // INVARIANT: the item was just written.
        self.len += 1;
        Ok(())
    }

    /// Takes the last item.
    pub fn pop(&mut self) -> Option<T> {
        // INVARIANT: one less is valid too.
        self.len = self.len.checked_sub(1)?;
        // SAFETY: the item was valid, and is not the list's any more.
        Some(unsafe { self.ptr.as_ptr().add(self.len).read() })
    }

    /// Drops all items from `n` on.
    pub fn truncate(&mut self, n: usize) {
        if n >= self.len {
            return;
        }
        let dropped = ptr::from_mut(&mut self[n..]);
        // INVARIANT: fewer are valid too; a destructor that panics finds them gone.
        self.len = n;
        // SAFETY: these were valid, and are not the list's any more.
        unsafe { ptr::drop_in_place(dropped) };
    }

    /// Drops all items, and keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Takes it apart: pointer, length, capacity.
    #[must_use]
    pub fn into_raw_parts(self) -> (*mut T, usize, usize) {
        let list = ManuallyDrop::new(self);
        (list.ptr.as_ptr(), list.len, list.capacity)
    }

    /// Puts together what [`into_raw_parts`](Self::into_raw_parts) took apart.
    ///
    /// # Safety
    ///
    /// It must be that, and used once.
    #[must_use]
    pub unsafe fn from_raw_parts(ptr: *mut T, len: usize, capacity: usize) -> Self {
        Self {
            // SAFETY: a list's pointer is not null.
            ptr: unsafe { NonNull::new_unchecked(ptr) },
            capacity,
            len,
            owns: PhantomData,
        }
    }
}

impl<T, A: Allocator> Drop for Vec<T, A> {
    fn drop(&mut self) {
        self.clear();
        if self.capacity > 0 {
            // SAFETY: by the invariant the memory came from `A` for this layout.
            unsafe { A::free(self.ptr.cast(), self.layout()) };
        }
    }
}
