// SPDX-License-Identifier: GPL-2.0

//! Arrays, each item of which an initialiser makes where it stays.

use crate::{init_from_closure, pin_init_from_closure, Init, PinInit};

/// Makes an initialiser of an array: `make` is given each index and returns that item's initialiser.
///
/// Where one of them fails, the items before it are dropped.
///
/// ```
/// use kernel::new_mutex;
/// use kernel::pin_init::pin_init_array_from_fn;
/// use kernel::prelude::*;
///
/// let queues = KBox::pin_init(
///     pin_init_array_from_fn::<_, 4, _, _>(|_| new_mutex!(KVec::<u32>::new())),
///     GFP_KERNEL,
/// )?;
/// # Ok::<(), Error>(())
/// ```
pub fn pin_init_array_from_fn<I, const N: usize, T, E>(
    mut make: impl FnMut(usize) -> I,
) -> impl PinInit<[T; N], E>
where
    I: PinInit<T, E>,
{
    let run = move |slot: *mut [T; N]| {
        // SAFETY: the item's place is valid for writes, and what is made there stays there.
        fill(slot, |index, item| unsafe {
            make(index).__pinned_init(item)
        })
    };
    // SAFETY: `fill` has made all items where it returns `Ok`, and dropped all where it does not.
    unsafe { pin_init_from_closure(run) }
}

/// As [`pin_init_array_from_fn`], for what may be moved afterwards.
///
/// ```
/// use kernel::pin_init::init_array_from_fn;
/// use kernel::prelude::*;
///
/// let squares = KBox::init(init_array_from_fn::<_, 8, _, _>(|index| index * index), GFP_KERNEL)?;
/// # Ok::<(), Error>(())
/// ```
pub fn init_array_from_fn<I, const N: usize, T, E>(
    mut make: impl FnMut(usize) -> I,
) -> impl Init<[T; N], E>
where
    I: Init<T, E>,
{
    let run = move |slot: *mut [T; N]| {
        // SAFETY: the item's place is valid for writes.
        fill(slot, |index, item| unsafe { make(index).__init(item) })
    };
    // SAFETY: `fill` has made all items where it returns `Ok`, and dropped all where it does not.
    unsafe { init_from_closure(run) }
}

/// The items that are there so far; dropping this drops them.
struct Made<T> {
    first: *mut T,
    count: usize,
}

impl<T> Drop for Made<T> {
    fn drop(&mut self) {
        let made = core::ptr::slice_from_raw_parts_mut(self.first, self.count);
        // SAFETY: these were made, and nobody else has them.
        unsafe { core::ptr::drop_in_place(made) };
    }
}

fn fill<T, E, const N: usize>(
    slot: *mut [T; N],
    mut one: impl FnMut(usize, *mut T) -> Result<(), E>,
) -> Result<(), E> {
    let mut made = Made {
        first: slot.cast::<T>(),
        count: 0,
    };
    while made.count < N {
        one(made.count, made.first.wrapping_add(made.count))?;
        made.count += 1;
    }
    core::mem::forget(made);
    Ok(())
}
