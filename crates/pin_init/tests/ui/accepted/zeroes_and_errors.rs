// SPDX-License-Identifier: GPL-2.0

//! What is left out is zeroes, and errors become others.

extern crate pin_init as kernel;

use pin_init::{pin_data, stack_pin_init, stack_try_pin_init, try_pin_init, PinInit, Zeroable};

#[derive(Zeroable)]
#[pin_data]
struct Own {
    first: u32,
    second: [u64; 4],
    #[pin]
    third: Option<&'static u32>,
}

struct Failure;

impl From<std::num::ParseIntError> for Failure {
    fn from(_: std::num::ParseIntError) -> Self {
        Failure
    }
}

fn make(text: &'static str) -> impl PinInit<Own, Failure> {
    try_pin_init!(Own { first: text.parse::<u32>()?, ..pin_init::init_zeroed() }? Failure)
}

fn both(text: &'static str) -> Result<(), Failure> {
    stack_pin_init!(let zeroes = pin_init::init_zeroed::<Own>());
    stack_try_pin_init!(let own: Own =? make(text));
    assert_eq!(own.first, zeroes.first);
    Ok(())
}

fn main() {}
