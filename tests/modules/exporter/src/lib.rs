// SPDX-License-Identifier: GPL-2.0

//! A module that others link to.

#![no_std]

use core::sync::atomic::{AtomicI32, Ordering};
use kernel::bindings;
use kernel::prelude::*;
use kernel::str::BStr;

module! {
    type: Exporter,
    name: "exporter",
    authors: ["The rkmbuild developers"],
    description: "Exports functions and a static",
    license: "GPL",
}

struct Exporter;

impl kernel::Module for Exporter {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Exporter)
    }
}

static COUNT: AtomicI32 = AtomicI32::new(0);

/// Greets someone a number of times.
#[export]
unsafe extern "C" fn exporter_greet(greeting: *const bindings::greeting) -> c_int {
    // SAFETY: the header demands a valid pointer.
    let greeting = unsafe { &*greeting };
    // SAFETY: the header demands a string.
    let name = unsafe { CStr::from_char_ptr(greeting.name) };
    for _ in 0..greeting.times {
        pr_info!("Hello, {}!\n", BStr::from_bytes(name.to_bytes()));
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
    0
}

/// Returns how often it greeted.
#[export]
extern "C" fn exporter_count() -> c_int {
    COUNT.load(Ordering::Relaxed)
}

/// Starts to count anew, and returns how often it greeted before.
#[export]
pub extern "C" fn exporter_reset() -> c_int {
    COUNT.swap(0, Ordering::Relaxed)
}

#[no_mangle]
static exporter_limit: c_int = 42;

kernel::export_symbol_gpl!(exporter_greet);
kernel::export_symbol!(exporter_count);
kernel::export_symbol!(exporter_limit);
kernel::export_symbol_gpl!(exporter_reset, "EXPORTER_INTERNAL");
