// SPDX-License-Identifier: GPL-2.0

//! A timer that counts its ticks, and starts itself anew.

use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::time::timer::{Callback, CallbackContext};
use kernel::time::{jiffies, Jiffies};

const PERIOD: Jiffies = 1_000_000;

pub(crate) struct Tick(pub(crate) Atomic<u64>);

impl Callback for Tick {
    fn run(&self, timer: CallbackContext<'_, Self>) {
        self.0.add(1, Relaxed);
        timer.mod_timer(jiffies() + PERIOD);
    }
}
