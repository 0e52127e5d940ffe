// SPDX-License-Identifier: GPL-2.0

//! Boxes and counted references.

use crate::kernel_side::{live, with_allocations};
use kernel::alloc::AllocError;
use kernel::ftrace::{Callback, Entry, FtraceOps};
use kernel::prelude::{InPlaceInit, KBox, KVBox, VBox, GFP_KERNEL};
use kernel::sync::{Arc, UniqueArc};
use kernel::types::ForeignOwnable;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

#[derive(Debug)]
struct Counted(Rc<Cell<u32>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

fn counted() -> (Counted, Rc<Cell<u32>>) {
    let drops = Rc::new(Cell::new(0));
    (Counted(drops.clone()), drops)
}

#[test]
fn a_box_owns_its_value() {
    let (value, drops) = counted();
    let boxed = KBox::new(value, GFP_KERNEL).unwrap();
    assert_eq!((live(), drops.get()), (1, 0));
    drop(boxed);
    assert_eq!((live(), drops.get()), (0, 1));
}

#[test]
fn a_value_leaves_its_box_and_the_room_is_used_again() {
    let (value, drops) = counted();
    let value = KBox::into_inner(KBox::new(value, GFP_KERNEL).unwrap());
    assert_eq!((live(), drops.get()), (0, 0));
    let room = KBox::drop_contents(KBox::new(value, GFP_KERNEL).unwrap());
    assert_eq!((live(), drops.get()), (1, 1));
    let again = KBox::write(room, Counted(drops.clone()));
    assert_eq!(again.0.get(), 1);
    drop(again);
    assert_eq!(drops.get(), 2);
    assert_eq!(live(), 0);
}

#[test]
fn without_memory_there_is_no_box_and_the_value_is_dropped() {
    let (value, drops) = counted();
    let refused = with_allocations(0, || VBox::new(value, GFP_KERNEL));
    assert_eq!(refused.err(), Some(AllocError));
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_box_of_a_trait_drops_what_it_is() {
    let (value, drops) = counted();
    let boxed: KVBox<dyn std::fmt::Debug> = KVBox::new(value, GFP_KERNEL).unwrap();
    assert!(format!("{boxed:?}").starts_with("Counted"));
    drop(boxed);
    assert_eq!((live(), drops.get()), (0, 1));
}

fn through_c<P: ForeignOwnable>(owned: P) -> P {
    let pointer = owned.into_foreign();
    assert!(pointer.addr() % P::FOREIGN_ALIGN == 0);
    // SAFETY: nothing is there for null.
    assert!(unsafe { P::try_from_foreign(std::ptr::null_mut()) }.is_none());
    // SAFETY: the pointer is from `into_foreign`, and taken back once.
    unsafe { P::from_foreign(pointer) }
}

#[test]
fn what_c_had_for_a_while_is_what_it_was() {
    let (value, drops) = counted();
    let boxed: KBox<Counted> = through_c(KBox::new(value, GFP_KERNEL).unwrap());
    let pinned: Pin<KBox<Counted>> = through_c(boxed.into());
    assert_eq!((live(), drops.get()), (1, 0));
    drop(pinned);
    let shared = Arc::new(counted().0, GFP_KERNEL).unwrap();
    let again = through_c(shared.clone());
    assert!(Arc::ptr_eq(&shared, &again));
    drop((shared, again));
    assert_eq!(live(), 0);
}

#[test]
fn the_last_reference_drops_the_value() {
    let (value, drops) = counted();
    let first = Arc::new(value, GFP_KERNEL).unwrap();
    let second = Arc::from(first.as_arc_borrow());
    drop(first);
    assert_eq!((live(), drops.get()), (1, 0));
    let pointer = second.into_raw();
    // SAFETY: the pointer is from `into_raw`, and taken over once.
    drop(unsafe { Arc::from_raw(pointer) });
    assert_eq!((live(), drops.get()), (0, 1));
}

#[test]
fn only_the_only_reference_becomes_unique() {
    let first = Arc::new(7, GFP_KERNEL).unwrap();
    let second = first.clone();
    assert!(Arc::into_unique_or_drop(first).is_none());
    let mut unique = Arc::into_unique_or_drop(second).unwrap();
    *unique += 1;
    let shared: Arc<i32> = unique.into();
    assert_eq!(*shared, 8);
    drop(shared);
    assert_eq!(live(), 0);
}

#[test]
fn an_initialiser_that_fails_frees_the_room() {
    let (value, drops) = counted();
    let refuse = kernel::pin_init::pin_init_scope(move || {
        drop(value);
        Err::<Result<Counted, AllocError>, _>(AllocError)
    });
    assert!(UniqueArc::<Counted>::try_pin_init(refuse, GFP_KERNEL).is_err());
    assert_eq!((live(), drops.get()), (0, 1));
}

#[test]
#[should_panic(expected = "ftrace is off")]
fn a_hook_that_ftrace_keeps_is_not_freed() {
    struct Nothing;
    impl Callback for Nothing {
        fn entered(&self, _entry: &Entry<'_>) {}
    }
    let hook = KBox::pin_init(FtraceOps::register(c"vfs_read", Nothing), GFP_KERNEL).unwrap();
    // In a kernel nothing is run after a panic, and so nothing freed.
    drop(hook);
}
