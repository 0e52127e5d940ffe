// SPDX-License-Identifier: GPL-2.0

//! Files of every kind that a module can offer.

#![no_std]

extern crate alloc;

mod channels;
mod memory_fs;
mod values;

use kernel::prelude::*;

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
    channels: channels::Channels,
    memory_fs: kernel::filesystem::Registration,
}

impl kernel::InPlaceModule for Files {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            values <- values::Values::new(),
            channels: channels::register()?,
            memory_fs: memory_fs::register()?,
        })
    }
}
