// SPDX-License-Identifier: GPL-2.0

//! A module that links to what another one, in Rust, exports.

#![no_std]

use kernel::bindings;
use kernel::prelude::*;

module! {
    type: Importer,
    name: "importer",
    authors: ["The rkmbuild developers"],
    description: "Calls the exporter",
    license: "GPL",
    alias: ["calls-the-exporter", "char-major-240-*"],
    firmware: ["importer/table.bin"],
    softdep: ["pre: exporter post: nothing_of_that_name"],
    imports_ns: ["EXPORTER_INTERNAL"],
}

struct Importer;

impl kernel::Module for Importer {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let greeting = bindings::greeting {
            name: c"Rust".as_char_ptr(),
            times: 2,
        };
        // SAFETY: the greeting and its name live for the call.
        kernel::error::to_result(unsafe { bindings::exporter_greet(&greeting) })?;
        // SAFETY: the function demands nothing.
        let before = unsafe { bindings::exporter_reset() };
        // SAFETY: nobody writes it.
        let limit = unsafe { bindings::exporter_limit };
        pr_info!("{before} of {limit}\n");
        Ok(Importer)
    }
}
