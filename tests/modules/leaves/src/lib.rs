// SPDX-License-Identifier: GPL-2.0

//! Leaves a thread behind that still sleeps in its code when it is unloaded.

#![no_std]

use kernel::kthread::KThread;
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
        // Forgotten, it is not told to stop when the module goes.
        core::mem::forget(KThread::spawn(c"left-behind", stay)?);
        Ok(Leaves)
    }
}

#[inline(never)]
fn stay() {
    for n in 0..u64::MAX {
        delay::fsleep(Delta::from_millis(400)); // place: stay
        pr_debug!("{n}\n");
    }
}
