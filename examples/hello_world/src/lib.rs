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
        let message = message();
        Ok(HelloWorld { message })
    }
}

impl Drop for HelloWorld {
    fn drop(&mut self) {
        pr_info!("{}\n", self.message);
        pr_info!("Goodbye kernel module!\n");
    }
}

fn message() -> String {
    String::from("My message is on the heap!")
}

// `rkmbuild test` runs this inside the kernel; an ordinary build leaves it out.
#[cfg(kernel_test)]
mod tests {
    use super::*;

    #[kernel_test]
    fn the_message_is_whole() {
        assert_eq!(message().len(), 26);
        assert!(message().ends_with('!'));
    }
}
