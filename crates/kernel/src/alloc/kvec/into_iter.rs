// SPDX-License-Identifier: GPL-2.0

//! The items of a list, one after the other.

use super::Vec;
use crate::alloc::Allocator;

/// Gives the items of a [`Vec`] away.
///
/// # Invariants
///
/// The list's own length is 0. Its items from `next` up to `end` are valid, the others are not.
pub struct IntoIter<T, A: Allocator> {
    list: Vec<T, A>,
    next: usize,
    end: usize,
}

impl<T, A: Allocator> IntoIter<T, A> {
    pub(super) fn new(list: Vec<T, A>) -> Self {
        let (ptr, len, capacity) = list.into_raw_parts();
        Self {
            // INVARIANT: what was the list's is ours now.
            // SAFETY: the parts are those of a list, and no item is as good as all.
            list: unsafe { Vec::from_raw_parts(ptr, 0, capacity) },
            next: 0,
            end: len,
        }
    }
}

impl<T, A: Allocator> Iterator for IntoIter<T, A> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.next == self.end {
            return None;
        }
        // SAFETY: by the invariant the item is valid; it is read once.
        let item = unsafe { self.list.as_ptr().add(self.next).read() };
        self.next += 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl<T, A: Allocator> ExactSizeIterator for IntoIter<T, A> {}

impl<T, A: Allocator> Drop for IntoIter<T, A> {
    fn drop(&mut self) {
        for item in self {
            drop(item);
        }
    }
}
