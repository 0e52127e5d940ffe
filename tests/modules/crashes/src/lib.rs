// SPDX-License-Identifier: GPL-2.0

//! Crashes in the way that its parameter names, or that is written to its device.
//!
//! The comments `place: …` mark the lines that a decoded trace has to name.

#![no_std]

mod ways;

use kernel::fs::{File, Kiocb};
use kernel::iov::IovIterSource;
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;

module! {
    type: Crashes,
    name: "crashes",
    authors: ["The rkmbuild developers"],
    description: "Crashes in many ways",
    license: "GPL",
    params: {
        how: str {
            default: "",
            description: "How to crash while it is loaded",
            permissions: 0o444,
        },
    },
}

#[pin_data]
struct Crashes {
    #[pin]
    device: MiscDeviceRegistration<Device>,
}

impl kernel::InPlaceModule for Crashes {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let how = module_parameters::how.value();
        try_pin_init!(Self {
            _: {
                if !how.is_empty() {
                    ways::crash(how.as_bytes())?; // place: init
                }
            },
            device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"crashes" }),
        })
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = KBox<Self>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
        Ok(KBox::new(Device, GFP_KERNEL)?)
    }

    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut how = [0; 16];
        let n = iov.copy_from_iter(&mut how);
        ways::crash(how[..n].trim_ascii_end())?; // place: write
        Ok(n)
    }
}
