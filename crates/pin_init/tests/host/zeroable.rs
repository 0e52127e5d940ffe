// SPDX-License-Identifier: GPL-2.0

//! Types that may be all zeroes.

use crate::boxed;
use pin_init::{init, pin_data, pin_init, Zeroable};
use std::marker::PhantomData;
use std::ptr::NonNull;

#[derive(Zeroable, Debug, PartialEq)]
struct Plain {
    number: u64,
    list: [i16; 3],
    pointer: Option<NonNull<u8>>,
    text: Option<&'static u8>,
}

#[derive(Zeroable, Debug, PartialEq)]
pub struct Pair<T>(u8, pub T);

#[derive(Zeroable, Debug, PartialEq)]
struct Nothing;

#[derive(Zeroable)]
#[repr(C)]
union Either {
    number: u32,
    bytes: [u8; 4],
}

#[derive(Zeroable)]
#[pin_data]
struct Generic<'a, T: PartialEq, const N: usize>
where
    [T; N]: Clone,
{
    #[pin]
    items: [T; N],
    whose: PhantomData<&'a T>,
    more: Pair<T>,
}

#[test]
fn what_is_derived_is_zero() {
    let plain = Plain {
        number: 0,
        list: [0; 3],
        pointer: None,
        text: None,
    };
    assert_eq!(Plain::zeroed(), plain);
    assert_eq!(Pair::<u16>::zeroed(), Pair(0, 0));
    assert_eq!(Nothing::zeroed(), Nothing);
    // SAFETY: all of it was written, and any bits are a number.
    assert_eq!(unsafe { Either::zeroed().number }, 0);
}

#[test]
fn fields_that_are_not_named_are_zero() {
    let plain = boxed(init!(Plain {
        number: 5,
        ..Zeroable::init_zeroed()
    }))
    .unwrap();
    assert_eq!((plain.number, plain.list, plain.text), (5, [0; 3], None));
    let more = Pair(1, 2);
    let generic = boxed(pin_init!(Generic::<'_, i32, 2> {
        more,
        ..Zeroable::init_zeroed()
    }))
    .unwrap();
    assert_eq!(generic.items, [0, 0]);
    assert_eq!(generic.more, Pair(1, 2));
    assert_eq!(generic.whose, PhantomData);
}
