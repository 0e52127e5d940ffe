// SPDX-License-Identifier: GPL-2.0

//! Prints the parameters that it was loaded with, and those of now when it is unloaded.

#![no_std]

use kernel::prelude::*;

module! {
    type: Module,
    name: "params",
    authors: ["The rkmbuild developers"],
    description: "A module with parameters",
    license: "GPL",
    params: {
        flag: bool {
            default: false,
            description: "A truth value",
            permissions: 0o644,
        },
        small: i8 {
            default: -1,
            description: "A small number",
            permissions: 0o444,
        },
        large: u64 {
            default: 1 << 40,
            description: "A large number; it has \"quotes\" and {braces}",
            permissions: 0o400 | 0o200,
        },
        r#type: i64 {
            default: i64::MIN,
            description: "One without a file",
        },
        label: str {
            default: "none",
            description: "Text",
            permissions: 0o444,
        },
    },
}

struct Module;

fn print(when: &str) {
    use module_parameters::*;
    pr_info!(
        "{when}: flag={} small={} large={} type={} label={}\n",
        flag.get(),
        small.get(),
        large.get(),
        r#type.get(),
        label.value()
    );
}

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        print("loaded");
        Ok(Module)
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        print("unloaded");
        pr_info!("flag was {}\n", module_parameters::flag.value());
    }
}
