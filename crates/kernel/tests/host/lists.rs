// SPDX-License-Identifier: GPL-2.0

//! `KVec` and its like: the same as `std`'s `Vec`, no byte lost or freed twice, whatever fails.

use crate::kernel_side::{live, with_allocations};
use kernel::alloc::{AllocError, Allocator, InsertError, KVVec, KVmalloc, Kmalloc, VVec, Vmalloc};
use kernel::prelude::{KVec, GFP_KERNEL};
use std::rc::Rc;

/// Numbers that look random and are the same each time (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// Does the same to both, and compares; the items count how many of them there are.
fn same_as_std<A: Allocator>(seed: u64) {
    let counter = Rc::new(());
    let item = |n: usize| (n, counter.clone());
    let mut numbers = Numbers(seed);
    let mut ours: kernel::alloc::Vec<(usize, Rc<()>), A> = kernel::alloc::Vec::new();
    let mut theirs = Vec::new();
    for step in 0..400 {
        match numbers.next(10) {
            0..=3 => {
                ours.push(item(step), GFP_KERNEL).unwrap();
                theirs.push(item(step));
            }
            4 => assert_eq!(ours.pop(), theirs.pop()),
            5 if !theirs.is_empty() => {
                let index = numbers.next(theirs.len());
                assert_eq!(ours.remove(index).ok(), Some(theirs.remove(index)));
            }
            6 => {
                let index = numbers.next(theirs.len() + 1);
                ours.reserve(1, GFP_KERNEL).unwrap();
                assert!(ours.insert_within_capacity(index, item(step)).is_ok());
                theirs.insert(index, item(step));
            }
            7 => {
                let odd = numbers.next(2);
                ours.retain(|(n, _)| *n % 3 != odd);
                theirs.retain(|(n, _)| n % 3 != odd);
            }
            8 => {
                let length = numbers.next(20);
                ours.resize(length, item(step), GFP_KERNEL).unwrap();
                theirs.resize(length, item(step));
            }
            _ => {
                let copied = theirs.clone();
                ours.extend_from_slice(&copied, GFP_KERNEL).unwrap();
                theirs.extend(copied);
                ours.truncate(30);
                theirs.truncate(30);
            }
        }
        assert_eq!(&ours[..], &theirs[..], "step {step}");
        assert!(ours.capacity() >= ours.len());
    }
    let mut half = ours.into_iter();
    assert!(half.len() == theirs.len() && half.by_ref().take(2).count() == theirs.len().min(2));
    drop((half, theirs));
    assert_eq!(Rc::strong_count(&counter), 1);
    assert_eq!(live(), 0);
}

#[test]
fn a_list_does_what_that_of_std_does() {
    for seed in 0..20 {
        same_as_std::<Kmalloc>(seed);
        same_as_std::<Vmalloc>(seed);
        same_as_std::<KVmalloc>(seed);
    }
}

#[test]
fn a_push_that_finds_no_memory_leaves_the_list_as_it_was() {
    let mut list = KVec::new();
    let result = with_allocations(2, || (0..1000).try_for_each(|n| list.push(n, GFP_KERNEL)));
    assert_eq!(result, Err(AllocError));
    assert!(list.iter().copied().eq(0..list.len()));
    assert_eq!(list.len(), list.capacity());
    list.push(7, GFP_KERNEL).unwrap();
    drop(list);
    assert_eq!(live(), 0);
}

#[test]
fn what_cannot_be_is_not_asked_for() {
    let mut list: VVec<u64> = VVec::new();
    assert_eq!(list.reserve(usize::MAX, GFP_KERNEL), Err(AllocError));
    assert_eq!(list.reserve(usize::MAX / 8, GFP_KERNEL), Err(AllocError));
    assert_eq!(list.capacity(), 0);
}

#[test]
fn what_has_no_size_takes_no_memory() {
    let mut list = KVVec::new();
    for _ in 0..1000 {
        list.push((), GFP_KERNEL).unwrap();
    }
    assert_eq!((list.len(), list.capacity(), live()), (1000, usize::MAX, 0));
    assert_eq!(list.into_iter().count(), 1000);
}

#[test]
fn a_full_list_gives_an_item_back() {
    let mut list = KVec::with_capacity(4, GFP_KERNEL).unwrap();
    while list.push_within_capacity(1).is_ok() {}
    assert!(matches!(
        list.insert_within_capacity(0, 9),
        Err(InsertError::OutOfCapacity(9))
    ));
    assert!(matches!(
        list.insert_within_capacity(99, 9),
        Err(InsertError::IndexOutOfBounds(9))
    ));
    assert!(list.remove(99).is_err());
}

#[test]
fn items_that_are_not_taken_are_dropped_once() {
    let counter = Rc::new(());
    let mut list = KVec::from_elem(counter.clone(), 5, GFP_KERNEL).unwrap();
    let mut items = list.drain_all();
    assert_eq!((items.by_ref().take(2).count(), items.len()), (2, 3));
    drop(items);
    assert!(list.is_empty() && list.capacity() >= 5);
    assert_eq!(Rc::strong_count(&counter), 1);
    list.push(counter.clone(), GFP_KERNEL).unwrap();
    std::mem::forget(list.drain_all());
    drop(list);
    // That one is leaked, which is safe.
    assert_eq!(Rc::strong_count(&counter), 2);
    assert_eq!(live(), 0);
}

#[test]
fn a_list_can_be_taken_apart_and_put_together() {
    let list = KVec::from_array(["a", "b"], GFP_KERNEL).unwrap();
    let (pointer, length, capacity) = list.into_raw_parts();
    // SAFETY: these are the parts of a list, used once.
    let list = unsafe { KVec::from_raw_parts(pointer, length, capacity) };
    assert_eq!(list, ["a", "b"]);
    drop(list);
    assert_eq!(live(), 0);
}
