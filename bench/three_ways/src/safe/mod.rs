// SPDX-License-Identifier: GPL-2.0

//! Rust through the safe API: not a line of it is unsafe.

#![forbid(unsafe_code)]

pub(crate) mod device;
pub(crate) mod killer;
pub(crate) mod map;
pub(crate) mod packet;
pub(crate) mod tick;

use kernel::miscdevice::{MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::sync::atomic::Atomic;
use kernel::time::timer::Timer;

#[pin_data]
pub(crate) struct Way {
    #[pin]
    pub(crate) killer: killer::Killer,
    #[pin]
    pub(crate) map: map::Map,
    #[pin]
    pub(crate) tick: Timer<tick::Tick>,
    #[pin]
    device: MiscDeviceRegistration<device::Device>,
}

impl Way {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            killer <- killer::Killer::new(),
            map <- map::Map::new(),
            tick <- Timer::new(tick::Tick(Atomic::<u64>::new(0))),
            device <- MiscDeviceRegistration::register(MiscDeviceOptions {
                name: c"three-ways-safe",
            }),
        })
    }
}
