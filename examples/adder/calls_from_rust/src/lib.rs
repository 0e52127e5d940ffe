// SPDX-License-Identifier: GPL-2.0

//! Calls `add` of another module by its name and by a pointer, and shows where it lies by each.

#![no_std]

use core::sync::atomic::{AtomicI64, Ordering};
use kernel::bindings;
use kernel::ffi::c_ulong;
use kernel::prelude::*;
use kernel::proc_fs::{Entry, Show};
use kernel::seq_file::SeqFile;
use kernel::seq_print;

module! {
    type: Calls,
    name: "calls_from_rust",
    authors: ["The rkmbuild developers"],
    description: "Calls what adder exports",
    license: "GPL",
}

struct Calls {
    _file: Entry<Addresses>,
}

impl kernel::Module for Calls {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // For root alone: an address tells where the kernel lies.
        let file = Entry::new(c"calls_from_rust", 0o400, KBox::new(Addresses, GFP_KERNEL)?)?;
        pr_info!("2 + 3 = {}\n", by_name(2, 3));
        Ok(Self { _file: file })
    }
}

struct Addresses;

impl Show for Addresses {
    fn show(&self, m: &SeqFile) -> Result {
        let pointer = pointer()?;
        seq_print!(m, "by_name {:#x}\n", bindings::add as *const () as usize);
        seq_print!(m, "by_pointer {:#x}\n", pointer as *const () as usize);
        seq_print!(m, "in_table {:#x}\n", in_table()?);
        let before = calls();
        seq_print!(m, "sum_by_name {}\n", by_name(2, 3));
        // SAFETY: `add` takes any numbers, and its module stays while this one is loaded.
        seq_print!(m, "sum_by_pointer {}\n", unsafe { pointer(20, 30) });
        seq_print!(m, "counted {}\n", calls() - before);
        Ok(())
    }
}

fn by_name(one: c_ulong, other: c_ulong) -> c_ulong {
    // SAFETY: It takes any numbers, and its module stays while this one is loaded.
    unsafe { bindings::add(one, other) }
}

fn pointer() -> Result<unsafe extern "C" fn(c_ulong, c_ulong) -> c_ulong> {
    // SAFETY: The function has no preconditions, and its module stays while this one is loaded.
    unsafe { bindings::adder_pointer() }.ok_or(EINVAL)
}

/// Returns how often all modules called `add` so far.
fn calls() -> i64 {
    // SAFETY: It is an atomic to all who use it, and its module stays while this one is loaded.
    let calls = unsafe { AtomicI64::from_ptr(&raw mut bindings::adder_calls.counter) };
    calls.load(Ordering::Relaxed)
}

/// Returns what the kernel finds under the name in its table of exported symbols.
fn in_table() -> Result<usize> {
    let name = c"add".as_char_ptr();
    // SAFETY: It is a string. The module is held until the name is put, so the address is of it.
    let found = unsafe { bindings::__symbol_get(name) };
    if found.is_null() {
        return Err(ENOENT);
    }
    // SAFETY: As many times as it was got.
    unsafe { bindings::__symbol_put(name) };
    Ok(found as usize)
}

// `rkmbuild test` runs this inside the kernel; an ordinary build leaves it out.
#[cfg(kernel_test)]
mod tests {
    use super::*;

    #[kernel_test]
    fn the_function_lies_where_all_say() -> Result {
        let by_name = bindings::add as *const () as usize;
        assert_eq!(pointer()? as *const () as usize, by_name);
        assert_eq!(in_table()?, by_name);
        Ok(())
    }
}
