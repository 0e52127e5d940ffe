// SPDX-License-Identifier: GPL-2.0

//! Arrays of which each item is made in its place.

use crate::{boxed, Counted, Own};
use pin_init::{init_array_from_fn, pin_init_array_from_fn};
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn each_item_is_made_where_it_stays() {
    let all = boxed(pin_init_array_from_fn::<_, 5, Own, _>(|_| Own::new())).unwrap();
    assert!(all.iter().all(Own::is_in_place));
}

#[test]
fn each_item_knows_its_index() {
    let all = boxed(init_array_from_fn::<_, 4, usize, _>(|index| index * index)).unwrap();
    assert_eq!(*all, [0, 1, 4, 9]);
    let none = boxed(init_array_from_fn::<_, 0, usize, _>(|_| 1)).unwrap();
    assert!(none.is_empty());
}

#[test]
fn items_before_one_that_fails_are_dropped_and_no_others() {
    let (drops, made) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let counted = |index| {
        made.set(made.get() + 1);
        if index == 3 {
            Err("the fourth")
        } else {
            Ok(Counted(drops.clone()))
        }
    };
    let refused = boxed(pin_init_array_from_fn::<_, 8, Counted, _>(counted));
    assert_eq!(refused.map(|_| ()), Err("the fourth"));
    assert_eq!((made.get(), drops.get()), (4, 3));
}

#[test]
fn an_item_whose_initialiser_panics_leaves_those_before_it_to_be_dropped() {
    let drops = Rc::new(Cell::new(0));
    let counted = |index| {
        assert!(index < 2, "no more");
        Counted(drops.clone())
    };
    let run = || boxed(init_array_from_fn::<_, 4, Counted, _>(counted)).map(|_| ());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    assert_eq!(drops.get(), 2);
}
