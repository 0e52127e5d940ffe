// SPDX-License-Identifier: GPL-2.0

//! A module with C and assembly that crates bring: one of its own, and one from crates.io.

#![no_std]

use core::arch::asm;
use core::ffi::c_void;
use kernel::prelude::*;

#[cfg(feature = "zstd")]
mod packed;

module! {
    type: Foreign,
    name: "foreign",
    description: "A module for a test",
    license: "GPL",
}

struct Foreign;

#[repr(C, align(16))]
struct Pair(u64, u64);

/// The low four bits of an address, which the compiler takes to be none where it is asked.
#[inline(never)]
fn low_bits(place: *const c_void) -> usize {
    let address: usize;
    // SAFETY: a register is copied.
    unsafe { asm!("mov {}, {}", out(reg) address, in(reg) place, options(nomem, nostack)) };
    address & 15
}

impl kernel::Module for Foreign {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("guarded {}\n", cdep::guarded(7));
        pr_info!("overwritten {}\n", cdep::overwritten(7));
        pr_info!("sorted {}\n", cdep::sorted(5000));
        pr_info!("constructed {}\n", cdep::constructed());
        pr_info!("swapped {:x}\n", cdep::swapped(0x1122));
        let (pair, wide) = (Pair(1, 2), core::hint::black_box(5u128));
        let places = [(&raw const pair).cast(), (&raw const wide).cast()];
        pr_info!("low bits {} {}\n", low_bits(places[0]), low_bits(places[1]));
        #[cfg(feature = "zstd")]
        pr_info!("zstd {:?}\n", packed::zstd());
        Ok(Self)
    }
}
