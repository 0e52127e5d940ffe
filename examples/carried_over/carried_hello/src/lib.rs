// SPDX-License-Identifier: GPL-2.0

//! Keeps a message on the heap from load to unload, and says it then.

#![no_std]

extern crate alloc;

use alloc::borrow::ToOwned;
use alloc::string::String;
use kernel::prelude::*;

module! {
    type: CarriedHello,
    name: "carried_hello",
    authors: ["The rkmbuild developers"],
    description: "A greeting that was carried over from linux-kernel-module-rust",
    license: "GPL",
}

struct CarriedHello {
    message: String,
}

impl kernel::Module for CarriedHello {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("Hello kernel module!\n");
        Ok(CarriedHello {
            message: "on the heap!".to_owned(),
        })
    }
}

impl Drop for CarriedHello {
    fn drop(&mut self) {
        pr_info!("My message is {}\n", self.message);
        pr_info!("Goodbye kernel module!\n");
    }
}
