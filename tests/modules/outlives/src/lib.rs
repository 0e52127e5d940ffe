// SPDX-License-Identifier: GPL-2.0

//! What is left behind when a module goes: by every kind of registration, and by safe code alone.

#![no_std]
#![forbid(unsafe_op_in_unsafe_fn)]

mod hooks;
mod kinds;
mod misuse;
mod work;

use kernel::miscdevice::MiscDeviceRegistration;
use kernel::prelude::*;
use kernel::time::{delay, Delta};

module! {
    type: Outlives,
    name: "outlives",
    authors: ["The rkmbuild developers"],
    description: "What is left behind when a module goes",
    license: "GPL",
    params: {
        way: str {
            default: "",
            description: "What to do while it is loaded: one of the ways in lib.rs",
        },
    },
}

#[pin_data]
struct Outlives {
    #[pin]
    _device: MiscDeviceRegistration<kinds::Held>,
}

impl kernel::InPlaceModule for Outlives {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _device <- kinds::device(c"outlives"),
            _: {
                match module_parameters::way.value() {
                    "work" => work::leave()?,
                    "held" => {
                        // Somebody opens the device meanwhile.
                        delay::fsleep(Delta::from_millis(300));
                        return Err(ENODEV);
                    }
                    "leak" => {
                        kinds::leak()?;
                        hooks::leak()?;
                        misuse::drop_themselves()?;
                        return Err(ENODEV);
                    }
                    "race" => misuse::race()?,
                    "twice" => drop(misuse::twice()?),
                    "sleep" => misuse::sleep()?,
                    _ => {}
                }
            },
        })
    }
}
