// SPDX-License-Identifier: GPL-2.0

//! What is done with many items of a list, or with those in its middle.

use super::Vec;
use crate::alloc::{AllocError, Allocator, Flags, InsertError, PushError, RemoveError};

impl<T, A: Allocator> Vec<T, A> {
    /// Makes a list of `n` copies of `item`.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn from_elem(item: T, n: usize, flags: Flags) -> Result<Self, AllocError>
    where
        T: Clone,
    {
        let mut list = Self::with_capacity(n, flags)?;
        list.extend_with(n, item, flags)?;
        Ok(list)
    }

    /// Makes a list of an array's items.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn from_array<const N: usize>(items: [T; N], flags: Flags) -> Result<Self, AllocError> {
        let mut list = Self::with_capacity(N, flags)?;
        for item in items {
            list.push(item, flags)?;
        }
        Ok(list)
    }

    /// Puts an item before the one at `index` if there is room.
    ///
    /// # Errors
    ///
    /// Gives the item back where there is none, or no such place.
    pub fn insert_within_capacity(&mut self, index: usize, item: T) -> Result<(), InsertError<T>> {
        if index > self.len {
            return Err(InsertError::IndexOutOfBounds(item));
        }
        self.push_within_capacity(item)
            .map_err(|PushError(item)| InsertError::OutOfCapacity(item))?;
        self[index..].rotate_right(1);
        Ok(())
    }

    /// Takes the item at `index`; those behind it move up.
    ///
    /// # Errors
    ///
    /// [`RemoveError`]: there is none.
    pub fn remove(&mut self, index: usize) -> Result<T, RemoveError> {
        if index >= self.len {
            return Err(RemoveError);
        }
        self[index..].rotate_left(1);
        self.pop().ok_or(RemoveError)
    }

    /// Adds copies of `items` at the end.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory; the list is as it was.
    pub fn extend_from_slice(&mut self, items: &[T], flags: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        self.reserve(items.len(), flags)?;
        for item in items {
            self.push_within_capacity(item.clone())
                .map_err(|_| AllocError)?;
        }
        Ok(())
    }

    /// Adds `n` copies of `item` at the end.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory; the list is as it was.
    pub fn extend_with(&mut self, n: usize, item: T, flags: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        self.reserve(n, flags)?;
        for _ in 0..n {
            self.push_within_capacity(item.clone())
                .map_err(|_| AllocError)?;
        }
        Ok(())
    }

    /// Makes the list `n` items long, with copies of `item` where it was shorter.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory; the list is as it was.
    pub fn resize(&mut self, n: usize, item: T, flags: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        if let Some(more) = n.checked_sub(self.len) {
            return self.extend_with(more, item, flags);
        }
        self.truncate(n);
        Ok(())
    }

    /// Drops the items that `keep` refuses; the others stay in order.
    pub fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let mut kept = 0;
        for index in 0..self.len {
            if keep(&mut self[index]) {
                self.swap(kept, index);
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    /// Takes all items; the memory stays. Those that are left when the iterator goes are dropped.
    pub fn drain_all(&mut self) -> DrainAll<'_, T> {
        let len = self.len;
        // INVARIANT: none is valid too. Where the iterator is leaked, so are they.
        self.len = 0;
        // SAFETY: so many are valid, and they are the iterator's from here on.
        let items = unsafe { core::slice::from_raw_parts_mut(self.ptr.as_ptr(), len) };
        DrainAll(items.iter_mut())
    }
}

/// Gives the items of a list away that stays; see [`Vec::drain_all`].
///
/// # Invariants
///
/// The items are nobody else's, and those that are given away are not in it any more.
pub struct DrainAll<'list, T>(core::slice::IterMut<'list, T>);

impl<T> Iterator for DrainAll<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        // SAFETY: by the invariant it is ours, and it is read once.
        self.0.next().map(|item| unsafe { core::ptr::read(item) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> ExactSizeIterator for DrainAll<'_, T> {}

impl<T> Drop for DrainAll<'_, T> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
