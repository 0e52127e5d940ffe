// SPDX-License-Identifier: GPL-2.0

//! A timer that counts its ticks, and starts itself anew.

use super::{Static, Way};
use core::mem::offset_of;
use core::ptr::{addr_of, addr_of_mut};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use kernel::bindings::{self, timer_list};
use kernel::prelude::*;

pub(super) struct Tick {
    pub(super) timer: timer_list,
    ticks: AtomicU64,
}

const PERIOD: c_ulong = 1_000_000;

unsafe extern "C" fn run(timer: *mut timer_list) {
    // SAFETY: each timer of ours is in such a struct.
    unsafe {
        let tick = timer.byte_sub(offset_of!(Tick, timer)).cast::<Tick>();

        (*tick).ticks.fetch_add(1, Relaxed);
        bindings::mod_timer(
            addr_of_mut!((*tick).timer),
            addr_of!(bindings::jiffies).read_volatile() + PERIOD,
        );
    }
}

pub(super) unsafe extern "C" fn ticks(me: *mut c_void) -> u64 {
    // SAFETY: it is the way that was started.
    unsafe { (*me.cast::<Way>()).tick.ticks.load(Relaxed) }
}

static KEY: Static<bindings::lock_class_key> = Static::zeroed();

pub(super) unsafe fn start(tick: *mut Tick) {
    // SAFETY: nobody uses it yet.
    unsafe {
        (*tick).ticks = AtomicU64::new(0);
        bindings::rust_helper_timer_setup(
            addr_of_mut!((*tick).timer),
            Some(run),
            0,
            c"bare".as_ptr().cast(),
            KEY.get(),
        );
    }
}

pub(super) unsafe fn stop(tick: *mut Tick) {
    // SAFETY: it was started.
    unsafe { bindings::rust_helper_timer_delete_sync(addr_of_mut!((*tick).timer)) };
}
