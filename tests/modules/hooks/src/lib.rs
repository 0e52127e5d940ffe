// SPDX-License-Identifier: GPL-2.0

//! A probe that counts, and notifiers that tell.

#![no_std]

use kernel::kprobe::{Handler, Kprobe, Registers};
use kernel::notifier::{self, Answer, Callback, Notifier};
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};

module! {
    type: Hooks,
    name: "hooks",
    authors: ["The rkmbuild developers"],
    description: "A probe that counts, and notifiers that tell",
    license: "GPL",
}

struct Modes {
    count: Atomic<u32>,
    mode: Atomic<usize>,
}

impl Handler for Modes {
    fn pre(&self, regs: &Registers) {
        self.count.add(1, Relaxed);
        if regs.instruction_pointer() != 0 {
            self.mode.store(regs.argument(2), Relaxed);
        }
    }
}

struct Tell(&'static str);

impl Callback for Tell {
    fn call(&self, event: usize) -> Answer {
        pr_info!("{} {event}\n", self.0);
        Answer::Ok
    }
}

#[pin_data(PinnedDrop)]
struct Hooks {
    #[pin]
    probe: Kprobe<Modes>,
    #[pin]
    _reboot: Notifier<notifier::Reboot, Tell>,
    #[pin]
    _modules: Notifier<notifier::Module, Tell>,
}

impl kernel::InPlaceModule for Hooks {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let none = KBox::pin_init(Kprobe::register(c"no_such_function", modes()), GFP_KERNEL);
        pr_info!("a probe of nothing: {:?}\n", none.err());
        try_pin_init!(Self {
            probe <- Kprobe::register(c"do_mkdirat", modes()),
            _reboot <- Notifier::register(Tell("reboot"), 0),
            _modules <- Notifier::register(Tell("module"), 0),
        })
    }
}

fn modes() -> Modes {
    Modes {
        count: Atomic::<u32>::new(0),
        mode: Atomic::<usize>::new(0),
    }
}

#[pinned_drop]
impl PinnedDrop for Hooks {
    fn drop(self: Pin<&mut Self>) {
        let modes = self.probe.handler();
        let (count, mode) = (modes.count.load(Relaxed), modes.mode.load(Relaxed));
        pr_info!("mkdir: {count}, last mode {mode:o}\n");
    }
}
