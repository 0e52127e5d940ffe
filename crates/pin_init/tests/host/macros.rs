// SPDX-License-Identifier: GPL-2.0

//! The macros that make structs.

use crate::{boxed, Counted, Own};
use pin_init::{init, init_zeroed, pin_data, pin_init, pinned_drop, try_pin_init, Init, Zeroable};
use std::cell::Cell;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::rc::Rc;

#[pin_data(PinnedDrop)]
struct Outer<'a, T: Clone, const N: usize = 2>
where
    T: Default,
{
    #[pin]
    own: Own,
    list: [T; N],
    text: &'a str,
    drops: Rc<Cell<u32>>,
}

#[pinned_drop]
impl<T: Clone, const N: usize> PinnedDrop for Outer<'_, T, N>
where
    T: Default,
{
    fn drop(self: Pin<&mut Self>) {
        let this = self.project();
        assert!(this.own.is_in_place());
        this.drops.set(this.drops.get() + 100);
    }
}

#[test]
fn what_is_pinned_is_made_where_it_stays() {
    let drops = Rc::new(Cell::new(0));
    let counter = drops.clone();
    let init = pin_init!(Outer::<u8> {
        own <- Own::new(),
        list: [1, 2],
        text: "text",
        drops: counter,
        _: { assert!(own.is_in_place()); assert_eq!(*text, "text") },
    });
    let outer = boxed(init).unwrap();
    assert!(outer.own.is_in_place());
    assert_eq!((outer.list, outer.text), ([1, 2], "text"));
    drop(outer);
    assert_eq!(drops.get(), 100);
}

struct Three {
    _first: Counted,
    _second: Counted,
    _third: Counted,
}

#[test]
fn fields_before_a_failed_one_are_dropped_and_no_others() {
    let drops = Rc::new(Cell::new(0));
    let fail = |_: &str| -> Result<Counted, &'static str> { Err("no third") };
    let (first, second) = (Counted(drops.clone()), Counted(drops.clone()));
    let init = init!(Three {
        _first: first,
        _second: second,
        _third: fail("here")?,
    }? &'static str);
    assert_eq!(boxed(init).err(), Some("no third"));
    assert_eq!(drops.get(), 2);
}

#[test]
fn a_chain_that_fails_drops_the_whole() {
    let drops = Rc::new(Cell::new(0));
    let made = Counted(drops.clone());
    let init = Init::<Counted, u8>::chain(Ok(made), |_| Err(7));
    assert_eq!(boxed(init).err(), Some(7));
    assert_eq!(drops.get(), 1);
}

#[derive(Debug, PartialEq)]
struct Plain {
    one: u32,
    two: Option<&'static u8>,
    three: [u64; 3],
}

// SAFETY: zero, None and zeroes.
unsafe impl Zeroable for Plain {}

#[test]
fn what_is_not_named_is_zeroed() {
    let plain = boxed(init!(Plain {
        one: 5,
        ..Zeroable::init_zeroed()
    }))
    .unwrap();
    let wanted = Plain {
        one: 5,
        two: None,
        three: [0; 3],
    };
    assert_eq!(*plain, wanted);
    assert_eq!(boxed(init_zeroed::<[u8; 4]>()).unwrap().to_vec(), [0; 4]);
}

#[test]
fn an_initialiser_sees_what_was_made_before_it() {
    #[pin_data]
    struct Sum<T> {
        a: T,
        b: T,
        all: T,
    }
    let init = try_pin_init!(Sum {
        a: if 1 < 2 { "20".parse::<u32>()? } else { 1 << 3 },
        b <- Ok::<_, std::num::ParseIntError>(22),
        all: *a + *b,
    }? std::num::ParseIntError);
    assert_eq!(boxed(init).unwrap().all, 42);
}

/// Compiles for what may be moved, and for nothing else.
fn takes_what_may_move<T: Unpin>(_: PhantomData<T>) {}

#[test]
fn only_pinned_fields_forbid_moves() {
    struct Fixed(#[allow(dead_code)] PhantomPinned);
    #[pin_data]
    struct Free {
        _moved: Fixed,
        #[pin]
        _value: u8,
    }
    takes_what_may_move(PhantomData::<Free>);
}
