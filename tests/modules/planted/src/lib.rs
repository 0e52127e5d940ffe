// SPDX-License-Identifier: GPL-2.0

//! Faults that a kernel with its own checks in it has to see, each planted on purpose.

#![no_std]

use core::cell::UnsafeCell;
use core::hint::black_box;
use kernel::kthread::{self, KThread};
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::Mutex;
use kernel::time::{delay, Delta};

module! {
    type: Planted,
    name: "planted",
    authors: ["The rkmbuild developers"],
    description: "Faults for the kernel to see",
    license: "GPL",
    params: {
        how: str {
            default: "",
            description: "Which fault",
            permissions: 0o444,
        },
    },
}

struct Planted;

impl kernel::Module for Planted {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        match module_parameters::how.value().as_bytes() {
            b"use-after-free" => use_after_free(),
            b"heap" => heap(),
            b"copy" => copy(),
            b"stack" => stack(black_box(9)),
            b"inversion" => inversion(),
            b"race" => race(),
            b"" => Ok(()),
            _ => Err(EINVAL),
        }?;
        Ok(Planted)
    }
}

/// Reads memory after it was given back.
#[inline(never)]
fn use_after_free() -> Result {
    let kept = KBox::new([1u64; 8], GFP_KERNEL)?;
    let place: *const u64 = black_box(kept.as_ptr());
    drop(kept);
    // SAFETY: there is nothing safe about it.
    let read = unsafe { place.read() };
    black_box(read);
    Ok(())
}

/// Writes behind memory of the heap.
#[inline(never)]
fn heap() -> Result {
    let mut kept = KBox::new([0u8; 40], GFP_KERNEL)?;
    let place: *mut u8 = black_box(kept.as_mut_ptr());
    // SAFETY: there is nothing safe about it.
    unsafe { place.add(black_box(40)).write(1) };
    black_box(&kept);
    Ok(())
}

/// Copies from behind memory of the heap, by `memcpy`.
#[inline(never)]
fn copy() -> Result {
    let kept = KBox::new([0u8; 40], GFP_KERNEL)?;
    let mut into = [0u8; 40];
    let length = black_box(33);
    // SAFETY: there is nothing safe about it.
    unsafe {
        let from = black_box(kept.as_ptr()).add(8);
        core::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), length);
    }
    black_box(&into);
    Ok(())
}

/// Reads behind a local variable.
#[inline(never)]
fn stack(index: usize) -> Result {
    let numbers = black_box([5u32; 9]);
    let place = black_box(numbers.as_ptr());
    // SAFETY: there is nothing safe about it.
    let read = unsafe { place.add(index).read() };
    black_box(read);
    black_box(&numbers);
    Ok(())
}

/// Takes two locks in both orders.
#[inline(never)]
fn inversion() -> Result {
    let first = KBox::pin_init(first(), GFP_KERNEL)?;
    let second = KBox::pin_init(second(), GFP_KERNEL)?;
    {
        let _first = first.lock();
        let _second = second.lock();
    }
    let _second = second.lock();
    let _first = first.lock();
    Ok(())
}

/// A number that any thread may change at any time.
struct Racy(UnsafeCell<u64>);

// SAFETY: there is nothing safe about it.
unsafe impl Sync for Racy {}

static COUNT: Racy = Racy(UnsafeCell::new(0));

/// Has two threads count in one place, without a lock.
#[inline(never)]
fn race() -> Result {
    let count = || {
        while !kthread::should_stop() {
            for _ in 0..1000 {
                let place: *mut u64 = black_box(COUNT.0.get());
                // SAFETY: there is nothing safe about it.
                unsafe { *place += 1 };
            }
            delay::fsleep(Delta::from_millis(1));
        }
    };
    let threads = (
        KThread::spawn(c"one", count)?,
        KThread::spawn(c"other", count)?,
    );
    delay::fsleep(Delta::from_millis(3000));
    drop(threads);
    Ok(())
}

fn first() -> impl PinInit<Mutex<u32>> {
    new_mutex!(1, "planted_first")
}

fn second() -> impl PinInit<Mutex<u32>> {
    new_mutex!(2, "planted_second")
}
