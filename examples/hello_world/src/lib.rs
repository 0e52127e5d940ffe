// SPDX-License-Identifier: GPL-2.0

//! Says hello when it is loaded and goodbye when it is unloaded, and keeps a message on the heap
//! in between.

#![no_std]

extern crate alloc;

use alloc::string::String;
use kernel::prelude::*;

module! {
    type: HelloWorld,
    name: "hello_world",
    authors: ["The rkmbuild developers"],
    description: "A Rust module for a stock kernel",
    license: "GPL",
}

struct HelloWorld {
    message: String,
}

impl kernel::Module for HelloWorld {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("Hello kernel module!\n");
        Ok(HelloWorld {
            message: String::from("My message is on the heap!"),
        })
    }
}

impl Drop for HelloWorld {
    fn drop(&mut self) {
        pr_info!("{}\n", self.message);
        pr_info!("Goodbye kernel module!\n");
    }
}
