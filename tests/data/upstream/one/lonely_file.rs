// SPDX-License-Identifier: GPL-2.0

//! A module in one file, on Rust for Linux's own `kernel` crate.

use kernel::prelude::*;

module! {
    type: LonelyFile,
    name: "lonely_file",
    authors: ["rkmbuild"],
    description: "A module in one file",
    license: "GPL",
}

struct LonelyFile {
    numbers: KVec<i32>,
}

impl kernel::Module for LonelyFile {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut numbers = KVec::new();
        for number in [3, 5, 7] {
            numbers.push(number, GFP_KERNEL)?;
        }
        pr_info!("loaded with {:?}\n", &numbers[..]);
        Ok(LonelyFile { numbers })
    }
}

impl Drop for LonelyFile {
    fn drop(&mut self) {
        pr_info!("unloaded, sum {}\n", self.numbers.iter().sum::<i32>());
    }
}
