// SPDX-License-Identifier: GPL-2.0

//! What C and assembly of this crate do, in Rust's words.

#![no_std]

use core::ffi::c_int;

unsafe extern "C" {
    fn code_guarded(x: c_int) -> c_int;
    fn code_leaf(x: c_int) -> c_int;
    fn code_sorted(count: usize) -> c_int;
    fn code_constructed() -> c_int;
    fn code_swap(x: u64) -> u64;
}

/// A function with an array on the stack, which has a canary.
pub fn guarded(x: i32) -> i32 {
    // SAFETY: the C function takes any number.
    unsafe { code_guarded(x) }
}

/// How often the locals of a function that calls nothing were overwritten.
pub fn overwritten(x: i32) -> i32 {
    // SAFETY: the C function takes any number.
    unsafe { code_leaf(x) }
}

/// Whether numbers in memory from `malloc` can be sorted.
pub fn sorted(count: usize) -> bool {
    // SAFETY: the C function takes any count, and says no where there is no memory for so many.
    unsafe { code_sorted(count) == 1 }
}

/// How often the constructor has run.
pub fn constructed() -> i32 {
    // SAFETY: it takes nothing.
    unsafe { code_constructed() }
}

/// The number with its bytes in the other order, by assembly.
pub fn swapped(x: u64) -> u64 {
    // SAFETY: the function follows C's calling convention, and takes any number.
    unsafe { code_swap(x) }
}
