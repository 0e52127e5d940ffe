// SPDX-License-Identifier: GPL-2.0

//! Files of every kind that a module can offer.

#![no_std]

extern crate alloc;

mod channels;
mod memory_fs;
mod until;
mod values;

use kernel::kobject::Kobject;
use kernel::prelude::*;
use until::Until;

module! {
    type: Files,
    name: "files",
    authors: ["The rkmbuild developers"],
    description: "Files of every kind that a module can offer",
    license: "GPL",
}

#[pin_data]
struct Files {
    #[pin]
    values: values::Values,
    _until: [kernel::sysfs::File; 2],
}

impl kernel::InPlaceModule for Files {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            values <- values::Values::new(),
            _until: {
                let folder = Kobject::create_and_add(c"rkm-until", None)?;
                [
                    Until::written(&folder, c"channels", channels::register()?)?,
                    Until::written(&folder, c"rkmfs", memory_fs::register()?)?,
                ]
            },
        })
    }
}
