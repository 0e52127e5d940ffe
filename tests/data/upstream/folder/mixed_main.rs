// SPDX-License-Identifier: GPL-2.0

//! A module of Rust and C.

use kernel::prelude::*;

mod mixed_part;

module! {
    type: Mixed,
    name: "mixed",
    authors: ["rkmbuild"],
    description: "A module of Rust and C",
    license: "GPL",
}

extern "C" {
    fn mixed_next(value: c_int) -> c_int;
}

struct Mixed;

impl kernel::Module for Mixed {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It takes and gives numbers alone.
        let next = unsafe { mixed_next(mixed_part::FIRST) };
        pr_info!("after {} comes {next}\n", mixed_part::FIRST);
        Ok(Mixed)
    }
}
