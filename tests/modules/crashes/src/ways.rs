// SPDX-License-Identifier: GPL-2.0

//! The ways to crash.

use core::hint::black_box;
use kernel::prelude::*;
use kernel::sync::{Mutex, SpinLock};

extern "C" {
    fn crashes_warn(nothing: *const u8);
    fn crashes_list();
}

/// Crashes in the way that `how` names.
#[inline(never)]
pub(crate) fn crash(how: &[u8]) -> Result {
    match how {
        b"panic" => panic!("asked to, with {}", black_box(7)), // place: panic
        b"index" => index(black_box(&[1, 2, 3]), black_box(6)),
        b"null" => null(),
        b"wild" => wild(),
        b"spin" => spin(),
        b"mutex" => mutex(),
        b"stack" => stack(0).map(drop),
        b"overrun" => overrun(), // place: overrun, from
        b"warn" => warn(),
        b"list" => {
            // SAFETY: there is nothing safe about it.
            unsafe { crashes_list() }; // place: list, from
            black_box(Ok(()))
        }
        _ => Err(EINVAL),
    }
}

#[inline(never)]
fn index(numbers: &[i32], n: usize) -> Result {
    let number = numbers[n]; // place: index
    pr_info!("{number}\n");
    Ok(())
}

#[inline(never)]
fn null() -> Result {
    let nothing = black_box(core::ptr::null::<i32>());
    pr_info!("nothing is {}\n", read(nothing)); // place: null
    Ok(())
}

#[inline(never)]
fn wild() -> Result {
    let nowhere = black_box(0xdead_0000_0000_0000_u64);
    pr_info!("nowhere is {}\n", read(nowhere as *const i32)); // place: wild
    Ok(())
}

/// Reads where the caller says; always a part of its caller.
#[inline(always)]
fn read(place: *const i32) -> i32 {
    // SAFETY: there is nothing safe about it.
    unsafe { place.read_volatile() } // place: read
}

#[inline(never)]
fn spin() -> Result {
    let lock: Pin<KBox<SpinLock<u32>>> = KBox::pin_init(kernel::new_spinlock!(0), GFP_KERNEL)?;
    let first = lock.lock();
    let second = lock.lock(); // place: spin
    pr_info!("{} {}\n", *first, *second);
    Ok(())
}

#[inline(never)]
fn mutex() -> Result {
    let lock: Pin<KBox<Mutex<u32>>> = KBox::pin_init(kernel::new_mutex!(0), GFP_KERNEL)?;
    let first = lock.lock();
    let second = lock.lock(); // place: mutex
    pr_info!("{} {}\n", *first, *second);
    Ok(())
}

#[inline(never)]
fn stack(depth: u64) -> Result<u64> {
    let words = black_box([depth; 64]);
    if black_box(false) {
        return Ok(depth);
    }
    let deeper = stack(black_box(depth + 1))?; // place: stack
    Ok(deeper + words[depth as usize % 64])
}

/// Writes behind the memory that it asked for, into what lies between two objects of a slab.
#[inline(never)]
fn overrun() -> Result {
    let mut memory = KVec::<u8>::with_capacity(60, GFP_KERNEL)?; // place: overrun
    for n in 60..black_box(68) {
        // SAFETY: there is nothing safe about it.
        unsafe { memory.as_mut_ptr().add(n).write_volatile(0x41) };
    }
    Ok(())
}

#[inline(never)]
fn warn() -> Result {
    // SAFETY: it only looks whether the pointer is null.
    unsafe { crashes_warn(core::ptr::null()) }; // place: warn, from
    black_box(Ok(()))
}
