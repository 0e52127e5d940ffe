// SPDX-License-Identifier: GPL-2.0

//! Counts by key, in a hash map of a fixed size under a lock. No key is 0.

use super::{Static, Way};
use core::ptr::addr_of_mut;
use kernel::bindings;
use kernel::prelude::*;

const SLOTS: c_uint = bindings::SLOTS;

#[repr(C)]
struct Slot {
    key: u64,
    value: u64,
}

pub(super) struct Map {
    lock: bindings::spinlock_t,
    slots: [Slot; SLOTS as usize],
}

/// As `hash_64()` of `linux/hash.h`.
fn hash(key: u64) -> c_uint {
    (key.wrapping_mul(0x61C8_8646_80B5_83EB) >> 56) as c_uint
}

/// Returns the key's sum, or 0 where there is no room.
pub(super) unsafe extern "C" fn count(me: *mut c_void, key: u64, more: u64) -> u64 {
    // SAFETY: it is the way that was started.
    let map = unsafe { addr_of_mut!((*me.cast::<Way>()).map) };
    let mut at = hash(key);
    let mut tried = 0;
    let mut sum = 0;

    // SAFETY: the map was started; there are so many slots.
    unsafe {
        bindings::_raw_spin_lock(addr_of_mut!((*map).lock).cast());
        while tried < SLOTS {
            let slot = addr_of_mut!((*map).slots)
                .cast::<Slot>()
                .add((at % SLOTS) as usize);

            if (*slot).key == 0 {
                (*slot).key = key;
            }
            if (*slot).key == key {
                (*slot).value += more;
                sum = (*slot).value;
                break;
            }
            at += 1;
            tried += 1;
        }
        bindings::_raw_spin_unlock(addr_of_mut!((*map).lock).cast());
    }
    sum
}

static KEY: Static<bindings::lock_class_key> = Static::zeroed();

pub(super) unsafe fn start(map: *mut Map) {
    // SAFETY: nobody uses it yet.
    unsafe {
        bindings::rust_helper___spin_lock_init(
            addr_of_mut!((*map).lock),
            c"bare".as_ptr().cast(),
            KEY.get(),
        );
    }
}
