// SPDX-License-Identifier: GPL-2.0

//! Counts by key, in a hash map of a fixed size under a lock. No key is 0.

use kernel::prelude::*;
use kernel::sync::SpinLock;

const SLOTS: usize = 256;

#[derive(Clone, Copy)]
struct Slot {
    key: u64,
    value: u64,
}

#[pin_data]
pub(crate) struct Map {
    #[pin]
    slots: SpinLock<[Slot; SLOTS]>,
}

/// As `hash_64()` of `linux/hash.h`.
fn hash(key: u64) -> usize {
    (key.wrapping_mul(0x61C8_8646_80B5_83EB) >> 56) as usize
}

impl Map {
    /// Returns the key's sum, or 0 where there is no room.
    pub(crate) fn count(&self, key: u64, more: u64) -> u64 {
        let mut at = hash(key);

        let mut slots = self.slots.lock();
        for _ in 0..SLOTS {
            let slot = &mut slots[at % SLOTS];

            if slot.key == 0 {
                slot.key = key;
            }
            if slot.key == key {
                slot.value = slot.value.wrapping_add(more);
                return slot.value;
            }
            at += 1;
        }
        0
    }

    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            slots <- kernel::new_spinlock!([Slot { key: 0, value: 0 }; SLOTS]),
        })
    }
}
