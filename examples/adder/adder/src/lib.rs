// SPDX-License-Identifier: GPL-2.0

//! Exports a function, a counter, and a pointer to the function.

#![no_std]

use core::sync::atomic::{AtomicI64, Ordering};
use kernel::bindings;
use kernel::ffi::c_ulong;
use kernel::prelude::*;

module! {
    type: Adder,
    name: "adder",
    authors: ["The rkmbuild developers"],
    description: "Adds numbers for other modules",
    license: "GPL",
}

struct Adder;

impl kernel::Module for Adder {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Adder)
    }
}

impl Drop for Adder {
    fn drop(&mut self) {
        pr_info!("added {} times\n", adder_calls.load(Ordering::Relaxed));
    }
}

/// An `atomic_long_t` to C, which names symbols in lower case.
#[no_mangle]
#[allow(non_upper_case_globals)]
static adder_calls: AtomicI64 = AtomicI64::new(0);

#[export]
extern "C" fn add(one: c_ulong, other: c_ulong) -> c_ulong {
    adder_calls.fetch_add(1, Ordering::Relaxed);
    one.wrapping_add(other)
}

#[export]
extern "C" fn adder_pointer() -> bindings::adder_fn {
    // The very function: what is exported has one address, whoever asks for it.
    Some(add)
}

kernel::export_symbol_gpl!(adder_calls);
kernel::export_symbol_gpl!(add);
kernel::export_symbol_gpl!(adder_pointer);

// `rkmbuild test` runs this inside the kernel; an ordinary build leaves it out.
#[cfg(kernel_test)]
mod tests {
    use super::*;

    #[kernel_test]
    fn numbers_are_added_and_counted() {
        let before = adder_calls.load(Ordering::Relaxed);
        assert_eq!(add(2, 3), 5);
        assert_eq!(add(c_ulong::MAX, 3), 2);
        assert_eq!(adder_calls.load(Ordering::Relaxed), before + 2);
    }
}
