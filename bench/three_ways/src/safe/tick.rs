// SPDX-License-Identifier: GPL-2.0

//! A timer that counts its ticks, and starts itself anew.

use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::time::jiffies;
use kernel::time::timer::{Callback, CallbackContext};

pub(crate) struct Tick(pub(crate) Atomic<u64>);

impl Callback for Tick {
    fn run(&self, timer: CallbackContext<'_, Self>) {
        self.0.add(1, Relaxed);
        timer.mod_timer(jiffies() + 100);
    }
}
