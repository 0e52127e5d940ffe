// SPDX-License-Identifier: GPL-2.0

//! Processes that see the files below a folder only, and each other only.
//!
//! A process with the right to open `/dev/containment` makes a container of a folder and puts others in;
//! what they do there is read from the same file. See README.md for what holds and what does not.

#![no_std]

mod container;
mod device;
mod events;
mod gates;
mod members;
mod proc;
mod reports;

use events::Events;
use gates::Gates;
use kernel::miscdevice::{MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::proc_fs;

module! {
    type: Containment,
    name: "containment",
    authors: ["The rkmbuild developers"],
    description: "Processes that see the files below a folder only",
    license: "GPL",
}

/// What is registered first is what comes last when the module goes: the fields are dropped from the first
/// to the last, and the device is the first. As long as somebody is inside, or has the device open,
/// the module is in use and does not go.
#[pin_data(PinnedDrop)]
struct Containment {
    #[pin]
    device: MiscDeviceRegistration<device::Keeper>,
    _list: proc_fs::Entry<proc::List>,
    #[pin]
    _gates: Gates,
    #[pin]
    _events: Events,
}

impl kernel::InPlaceModule for Containment {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        members::init();
        container::init();
        try_pin_init!(Self {
            _: {
                // The locks are taken where preemption is off, which no lock of its own sleeps in.
                if cfg!(CONFIG_PREEMPT_RT) {
                    return Err(EOPNOTSUPP);
                }
            },
            _events <- Events::new()?,
            _gates <- Gates::new(),
            _list: proc_fs::Entry::new(c"containment", 0o400, KBox::new(proc::List, GFP_KERNEL)?)?,
            device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"containment" }),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Containment {
    fn drop(self: Pin<&mut Self>) {
        container::reap();
        container::end();
        members::end();
    }
}
