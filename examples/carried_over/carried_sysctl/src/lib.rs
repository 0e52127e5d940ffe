// SPDX-License-Identifier: GPL-2.0

//! A setting in /proc/sys that is on or off.

#![no_std]

use core::fmt::{self, Display};
use kernel::attribute::Attribute;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sysctl::{Entry, Table};

module! {
    type: CarriedSysctl,
    name: "carried_sysctl",
    authors: ["The rkmbuild developers"],
    description: "A setting that was carried over from linux-kernel-module-rust",
    license: "GPL",
}

static A: Setting = Setting(Atomic::<bool>::new(false));

/// On or off, as `1` or `0`. An `Atomic<bool>` by itself is shown as `Y` or `N`, as parameters are.
struct Setting(Atomic<bool>);

impl Attribute for Setting {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u8::from(self.0.load(Relaxed)).fmt(f)
    }

    fn store(&self, text: &str) -> Result {
        match text.trim() {
            "0" => self.0.store(false, Relaxed),
            "1" => self.0.store(true, Relaxed),
            _ => return Err(EINVAL),
        }
        Ok(())
    }
}

struct CarriedSysctl {
    _settings: Table,
}

impl kernel::Module for CarriedSysctl {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let a = Entry::new(c"a", 0o644, &A)?;
        Ok(Self {
            _settings: Table::register(c"rust/example", [a])?,
        })
    }
}

impl Drop for CarriedSysctl {
    fn drop(&mut self) {
        pr_info!("Current sysctl value: {}\n", A.0.load(Relaxed));
    }
}
