// SPDX-License-Identifier: GPL-2.0

//! Checks of the kernel crate from inside a kernel: one line for each, and a load that fails with
//! `EINVAL` where one did.

#![no_std]

extern crate alloc;

mod facts;
mod initialisers;
mod memory;
mod modes;
mod strings;
mod sync;
mod time;
mod timers;
mod work;

use kernel::prelude::*;

module! {
    type: SelfTest,
    name: "selftest",
    authors: ["The rkmbuild developers"],
    description: "Checks of the kernel crate",
    license: "GPL",
}

struct SelfTest;

/// Fails the check that it stands in.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            kernel::pr_err!("{}:{}: {}\n", file!(), line!(), stringify!($condition));
            return Err(kernel::error::code::EINVAL);
        }
    };
    ($left:expr, $right:expr) => {
        match (&$left, &$right) {
            (left, right) => {
                if *left != *right {
                    kernel::pr_err!("{}:{}: {:?} is not {:?}\n", file!(), line!(), left, right);
                    return Err(kernel::error::code::EINVAL);
                }
            }
        }
    };
}

type Check = (&'static str, fn() -> Result);

impl kernel::Module for SelfTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let all = [
            facts::CHECKS,
            memory::CHECKS,
            initialisers::CHECKS,
            strings::CHECKS,
            sync::CHECKS,
            time::CHECKS,
            timers::CHECKS,
            modes::CHECKS,
            work::CHECKS,
        ];
        let mut failed = 0;
        for (name, check) in all.iter().copied().flatten() {
            match check() {
                Ok(()) => pr_info!("ok {name}\n"),
                Err(error) => {
                    pr_err!("not ok {name}: {error}\n");
                    failed += 1;
                }
            }
        }
        pr_info!("failed: {failed}\n");
        if failed > 0 {
            return Err(EINVAL);
        }
        Ok(SelfTest)
    }
}
