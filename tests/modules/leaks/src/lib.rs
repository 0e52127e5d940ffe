// SPDX-License-Identifier: GPL-2.0

//! Loses memory of each kind whenever it is loaded.

#![no_std]

use kernel::prelude::*;

module! {
    type: Leaks,
    name: "leaks",
    description: "A module that forgets memory",
    license: "GPL",
}

struct Leaks;

impl kernel::Module for Leaks {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        core::mem::forget(KBox::new([1_u8; 100], GFP_KERNEL)?);
        core::mem::forget(KVec::<u8>::with_capacity(20_000, GFP_KERNEL)?);
        core::mem::forget(VVec::<u8>::with_capacity(100, GFP_KERNEL)?);
        Ok(Self)
    }
}
