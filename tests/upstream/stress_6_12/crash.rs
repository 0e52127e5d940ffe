// SPDX-License-Identifier: GPL-2.0

//! Panics when it is loaded.

use kernel::prelude::*;

module! {
    type: Crash,
    name: "crash",
    author: "rkmbuild",
    description: "Panics when it is loaded",
    license: "GPL",
}

struct Crash;

impl kernel::Module for Crash {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        panic!("as was asked for: {:?}", Some("value"));
    }
}
