// SPDX-License-Identifier: GPL-2.0

//! The initialisers, on the host: `cargo test -p pin_init`.

#![allow(missing_docs)]

mod arrays;
mod macros;
mod stack;
mod zeroable;

// The macros name `::kernel`.
extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, PinInit};
use std::cell::Cell;
use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;

/// Runs an initialiser on the heap.
fn boxed<T, E>(init: impl PinInit<T, E>) -> Result<Pin<Box<T>>, E> {
    let mut slot = Box::new(MaybeUninit::<T>::uninit());
    // SAFETY: the slot is valid, and stays where it is.
    unsafe { init.__pinned_init(slot.as_mut_ptr()) }?;
    // SAFETY: it is initialised.
    Ok(unsafe { Pin::new_unchecked(Box::from_raw(Box::into_raw(slot).cast())) })
}

/// Counts its drops.
struct Counted(Rc<Cell<u32>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// A value that knows its own address.
#[pin_data]
struct Own {
    address: usize,
    #[pin]
    _pinned: PhantomPinned,
}

impl Own {
    fn new() -> impl PinInit<Self> {
        pin_init!(&this in Self {
            address: this.as_ptr() as usize,
            _pinned: PhantomPinned,
        })
    }

    fn is_in_place(&self) -> bool {
        self.address == std::ptr::from_ref(self) as usize
    }
}
