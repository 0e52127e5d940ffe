// SPDX-License-Identifier: GPL-2.0

//! Asserts what the compiler cannot know.

use kernel::prelude::*;

module! {
    type: Unproved,
    name: "unproved",
    author: "Somebody",
    description: "A module for tests",
    license: "GPL",
}

struct Unproved;

impl kernel::Module for Unproved {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let page = module.as_ptr() as usize / 4096;
        kernel::build_assert!(page % 3 != 1);
        Ok(Unproved)
    }
}
