// SPDX-License-Identifier: GPL-2.0

//! Prints the parameters that it was loaded with, and those of now when it is unloaded.

#![no_std]

use kernel::prelude::*;

module! {
    type: Params,
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
            permissions: 0o600,
        },
        hidden: i64 {
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

struct Params;

fn print(when: &str) {
    use module_parameters::*;
    pr_info!(
        "{when}: flag={} small={} large={} hidden={} label={}\n",
        flag.get(),
        small.get(),
        large.get(),
        hidden.get(),
        label.value()
    );
}

impl kernel::Module for Params {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        print("loaded");
        Ok(Params)
    }
}

impl Drop for Params {
    fn drop(&mut self) {
        print("unloaded");
        pr_info!("flag was {}\n", module_parameters::flag.value());
    }
}
