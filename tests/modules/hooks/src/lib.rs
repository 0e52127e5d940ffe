// SPDX-License-Identifier: GPL-2.0

//! Probes that count, and notifiers that tell.

#![no_std]

mod probes;

use kernel::notifier::{self, Answer, Callback, Notifier};
use kernel::prelude::*;
use probes::Probes;

module! {
    type: Hooks,
    name: "hooks",
    authors: ["The rkmbuild developers"],
    description: "Probes that count, and notifiers that tell",
    license: "GPL",
}

struct Tell(&'static str);

impl Callback for Tell {
    fn call(&self, event: usize) -> Answer {
        pr_info!("{} {event}\n", self.0);
        Answer::Ok
    }
}

#[pin_data]
struct Hooks {
    #[pin]
    _probes: Probes,
    #[pin]
    _reboot: Notifier<notifier::Reboot, Tell>,
    #[pin]
    _modules: Notifier<notifier::Module, Tell>,
}

impl kernel::InPlaceModule for Hooks {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        probes::of_nothing();
        try_pin_init!(Self {
            _probes <- Probes::new(),
            _reboot <- Notifier::register(Tell("reboot"), 0),
            _modules <- Notifier::register(Tell("module"), 0),
        })
    }
}
