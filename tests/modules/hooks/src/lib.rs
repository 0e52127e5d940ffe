// SPDX-License-Identifier: GPL-2.0

//! Probes that count, and notifiers that tell.

#![no_std]

mod notifiers;
mod probes;

use kernel::prelude::*;
use notifiers::Notifiers;
use probes::Probes;

module! {
    type: Hooks,
    name: "hooks",
    authors: ["The rkmbuild developers"],
    description: "Probes that count, and notifiers that tell",
    license: "GPL",
}

#[pin_data]
struct Hooks {
    #[pin]
    _probes: Probes,
    #[pin]
    _notifiers: Notifiers,
}

impl kernel::InPlaceModule for Hooks {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        probes::of_nothing();
        notifiers::refused();
        try_pin_init!(Self {
            _probes <- Probes::new(),
            _notifiers <- Notifiers::new(),
        })
    }
}
