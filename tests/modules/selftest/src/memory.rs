// SPDX-License-Identifier: GPL-2.0

//! Memory: boxes, lists, the global allocator.

use crate::{check, Check};
use alloc::{boxed::Box as StdBox, string::String, vec::Vec as StdVec};
use core::sync::atomic::{AtomicUsize, Ordering};
use kernel::alloc::{AllocError, KBox, KVBox, KVVec, KVec, VBox, VVec};
use kernel::prelude::*;

pub(crate) const CHECKS: &[Check] = &[
    ("boxes", boxes),
    ("alignment", alignment),
    ("drops", drops),
    ("lists", lists),
    ("large lists", large),
    ("failure", failure),
    ("trait objects", objects),
    ("std types", std_types),
    ("in place", in_place),
];

static DROPPED: AtomicUsize = AtomicUsize::new(0);

struct Counted(usize);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0, Ordering::Relaxed);
    }
}

fn dropped() -> usize {
    DROPPED.swap(0, Ordering::Relaxed)
}

fn boxes() -> Result {
    check!(*KBox::new(7_u32, GFP_KERNEL)?, 7);
    check!(*VBox::new(8_u32, GFP_KERNEL)?, 8);
    check!(*KVBox::new([9_u8; 100], GFP_ATOMIC)?, [9; 100]);
    check!(
        KBox::into_inner(KBox::new(String::from("in"), GFP_KERNEL)?),
        "in"
    );
    let room = KBox::<[u64; 16]>::new_uninit(GFP_KERNEL | __GFP_ZERO)?;
    // SAFETY: zeroes are numbers.
    check!(*unsafe { room.assume_init() }, [0; 16]);
    KBox::new((), GFP_KERNEL)?;
    Ok(())
}

#[repr(align(256))]
struct Aligned([u8; 300]);

#[repr(align(64))]
struct Odd(#[allow(dead_code)] [u8; 192]);

fn alignment() -> Result {
    let mut kept = KVec::new();
    let mut odd = StdVec::new();
    for n in 0..32 {
        let boxed = KBox::new(Aligned([n; 300]), GFP_KERNEL)?;
        check!(core::ptr::from_ref(&*boxed).addr() % 256, 0);
        check!(boxed.0[299], n);
        kept.push(boxed, GFP_KERNEL)?;
        odd.push(StdBox::new(Odd([n; 192])));
        check!(
            core::ptr::from_ref(&**odd.last().ok_or(EINVAL)?).addr() % 64,
            0
        );
    }
    check!(
        core::ptr::from_ref(&*KVBox::new(Aligned([0; 300]), GFP_KERNEL)?).addr() % 256,
        0
    );
    Ok(())
}

fn drops() -> Result {
    dropped();
    drop(KBox::new(Counted(1), GFP_KERNEL)?);
    check!(dropped(), 1);
    let mut list = KVec::new();
    for n in 1..=4 {
        list.push(Counted(n), GFP_KERNEL)?;
    }
    list.truncate(3);
    check!(dropped(), 4);
    drop(list.pop());
    check!(dropped(), 3);
    let mut items = list.into_iter();
    drop(items.next());
    check!(dropped(), 1);
    drop(items);
    check!(dropped(), 2);
    let mut list = KVec::from_array([Counted(1), Counted(2), Counted(4)], GFP_KERNEL)?;
    list.retain(|item| item.0 != 2);
    check!(dropped(), 2);
    drop(list.drain_all().next());
    check!(dropped(), 5);
    Ok(())
}

fn lists() -> Result {
    let mut list = KVec::new();
    check!(list.capacity(), 0);
    for n in 0..1000_u32 {
        list.push(n, GFP_KERNEL)?;
    }
    check!(list.len(), 1000);
    check!(list.iter().sum::<u32>(), 499_500);
    check!(list.remove(10)?, 10);
    check!(list.remove(999).is_err());
    check!(list[10], 11);
    list.insert_within_capacity(0, 77)?;
    check!(list.insert_within_capacity(9999, 5).is_err());
    check!(list[..3], [77, 0, 1]);
    list.resize(3, 0, GFP_KERNEL)?;
    list.extend_from_slice(&[5, 6], GFP_KERNEL)?;
    check!(list, [77, 0, 1, 5, 6]);
    check!(kvec![3_u8; 4]?, [3, 3, 3, 3]);
    check!(kvec![1_u8, 2]?, [1, 2]);
    let (ptr, len, capacity) = list.into_raw_parts();
    // SAFETY: these are its parts.
    check!(unsafe { KVec::from_raw_parts(ptr, len, capacity) }.len(), 5);
    let mut units = KVec::new();
    for _ in 0..100 {
        units.push((), GFP_KERNEL)?;
    }
    check!(units.len(), 100);
    Ok(())
}

fn large() -> Result {
    // More than kmalloc ever gives.
    const SIZE: usize = 8 << 20;
    let mut virt = VVec::new();
    let mut either = KVVec::new();
    for n in 0..SIZE / 4096 {
        virt.extend_with(4096, n as u8, GFP_KERNEL)?;
        either.extend_with(4096, n as u8, GFP_KERNEL)?;
    }
    check!(virt.len(), SIZE);
    check!((virt[0], virt[4096], virt[SIZE - 1]), (0, 1, 255));
    check!((either[0], either[4096], either[SIZE - 1]), (0, 1, 255));
    Ok(())
}

fn failure() -> Result {
    let flags = GFP_KERNEL | __GFP_NOWARN;
    check!(
        KVec::<u8>::with_capacity(usize::MAX / 4, flags).err(),
        Some(AllocError)
    );
    check!(
        KVec::<u64>::with_capacity(usize::MAX, flags).err(),
        Some(AllocError)
    );
    check!(
        VVec::<u8>::with_capacity(1 << 46, flags).err(),
        Some(AllocError)
    );
    check!(
        KVVec::<u8>::with_capacity(1 << 32, flags).err(),
        Some(AllocError)
    );
    let mut list = kvec![1_u8, 2, 3]?;
    check!(list.reserve(1 << 40, flags), Err(AllocError));
    check!(list, [1, 2, 3]);
    check!(StdVec::<u8>::new().try_reserve(1 << 40).is_err());
    check!(Error::from(AllocError), ENOMEM);
    Ok(())
}

trait Speak {
    fn speak(&self) -> u32;
}

impl Speak for u32 {
    fn speak(&self) -> u32 {
        *self + 1
    }
}

fn objects() -> Result {
    let boxed: KBox<dyn Speak> = KBox::new(41_u32, GFP_KERNEL)?;
    check!(boxed.speak(), 42);
    let shared: kernel::sync::Arc<dyn Speak> = kernel::sync::Arc::new(1_u32, GFP_KERNEL)?;
    check!(shared.clone().speak(), 2);
    Ok(())
}

fn std_types() -> Result {
    let mut text = String::new();
    for n in 0..2000 {
        text.push(char::from(b'a' + (n % 26) as u8));
    }
    check!(text.len(), 2000);
    let map: alloc::collections::BTreeMap<u32, StdBox<u32>> =
        (0..500).map(|n| (n, StdBox::new(n * n))).collect();
    check!(map.get(&499).map(|n| **n), Some(249_001));
    check!(alloc::vec![0_u64; 5000].iter().all(|n| *n == 0));
    Ok(())
}

#[pin_data(PinnedDrop)]
struct Whole {
    #[pin]
    part: kernel::sync::Mutex<u32>,
    counted: Counted,
}

#[pinned_drop]
impl PinnedDrop for Whole {
    fn drop(self: Pin<&mut Self>) {
        let value = *self.part.lock();
        DROPPED.fetch_add(value as usize, Ordering::Relaxed);
    }
}

fn in_place() -> Result {
    dropped();
    let whole = KBox::pin_init(
        pin_init!(Whole {
            part <- kernel::new_mutex!(10),
            counted: Counted(1),
        }),
        GFP_KERNEL,
    )?;
    check!(whole.counted.0, 1);
    drop(whole);
    check!(dropped(), 11);
    let refused = KBox::try_pin_init(
        try_pin_init!(Whole {
            counted: Counted(5),
            part <- {
                if true {
                    return Err(ENODEV);
                }
                kernel::new_mutex!(1)
            },
        }),
        GFP_KERNEL,
    );
    check!(refused.err(), Some(ENODEV));
    check!(dropped(), 5);
    Ok(())
}
