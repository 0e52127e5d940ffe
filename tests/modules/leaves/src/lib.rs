// SPDX-License-Identifier: GPL-2.0

//! Leaves a thread behind that still sleeps in its code when it is unloaded.

#![no_std]

use kernel::bindings;
use kernel::prelude::*;
use kernel::time::{delay, Delta};

module! {
    type: Leaves,
    name: "leaves",
    authors: ["The rkmbuild developers"],
    description: "Leaves a thread behind",
    license: "GPL",
}

struct Leaves;

impl kernel::Module for Leaves {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let name = c"left-behind".as_ptr().cast();
        // SAFETY: the function takes whatever it is given, and the name is a string. It is NOT told to
        // stop when the module goes, and nothing counts it: that is what this module is for.
        unsafe {
            let task = bindings::rust_helper_kthread_create(Some(run), core::ptr::null_mut(), name);
            bindings::wake_up_process(kernel::error::from_err_ptr(task)?);
        }
        Ok(Leaves)
    }
}

unsafe extern "C" fn run(_: *mut c_void) -> c_int {
    stay();
    0
}

#[inline(never)]
fn stay() {
    for n in 0..u64::MAX {
        delay::fsleep(Delta::from_millis(400)); // place: stay
        pr_debug!("{n}\n");
    }
}
