// SPDX-License-Identifier: GPL-2.0

//! Values on the stack.

use crate::{Counted, Own};
use pin_init::{stack_pin_init, stack_try_pin_init};
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn a_value_is_made_where_it_stays() {
    stack_pin_init!(let own = Own::new());
    assert!(own.is_in_place());
    stack_pin_init!(let again: Own = Own::new());
    assert!(again.is_in_place());
}

#[test]
fn a_value_that_may_be_moved_is_changed_through_its_pin() {
    stack_pin_init!(let number: u32 = 7);
    *number += 1;
    assert_eq!(*number, 8);
}

#[test]
fn a_value_is_dropped_at_the_end_of_its_scope() {
    let drops = Rc::new(Cell::new(0));
    {
        stack_pin_init!(let counted = Counted(drops.clone()));
        assert_eq!(counted.0.get(), 0);
    }
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_value_that_cannot_be_made_is_not_dropped() {
    fn run(drops: &Rc<Cell<u32>>, make: Result<Counted, &'static str>) -> Result<(), &'static str> {
        stack_try_pin_init!(let counted =? make);
        assert_eq!(counted.0.get(), drops.get());
        Ok(())
    }
    let drops = Rc::new(Cell::new(0));
    assert_eq!(run(&drops, Err("refused")), Err("refused"));
    assert_eq!(drops.get(), 0);
    assert_eq!(run(&drops, Ok(Counted(drops.clone()))), Ok(()));
    assert_eq!(drops.get(), 1);
    stack_try_pin_init!(let refused: Counted = Err::<Counted, _>("refused"));
    assert_eq!(refused.map(|_| ()), Err("refused"));
}
