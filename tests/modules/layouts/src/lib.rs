// SPDX-License-Identifier: GPL-2.0

//! Structures that bindgen or Rust lays out otherwise than C, read and written on both sides.

#![no_std]

use core::ptr;
use kernel::bindings::{self, kinds_bits, kinds_both, kinds_packed, kinds_pair};
use kernel::prelude::*;

module! {
    type: Layouts,
    name: "layouts",
    authors: ["A test"],
    description: "Structures that C and Rust share",
    license: "GPL",
}

// Macros are what C's compiler says: beyond literals, and without a sign that they do not have.
const _: () = {
    assert!(bindings::UI_DEV_CREATE == 0x5501);
    assert!(bindings::KINDS_LIMIT as u64 == 0xffff_ffff);
    assert!(bindings::KINDS_SIZE as usize == size_of::<kinds_packed>());
    assert!(bindings::KINDS_TWICE as i32 == 3);
    assert!(bindings::KINDS_BOTH == 19);
    assert!(bindings::VFS_CAP_FLAGS_MASK == 0x00ff_ffff);
    assert!(align_of::<kinds_both>() == 8 && size_of::<kinds_both>() == 8);
    assert!(size_of::<kinds_pair>() == 12 && align_of::<kinds_pair>() == 4);
};
#[cfg(CONFIG_HZ_250)]
const _: () = assert!(bindings::HZ == 250);

struct Layouts;

impl kernel::Module for Layouts {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let pair = kinds_pair {
            first: 1,
            second: 7,
        };
        // SAFETY: As for all calls here, the pointer is to a value that lives here.
        same("pair", unsafe { bindings::kinds_pair_read(&pair) }, 71)?;

        let mut bits = kinds_bits::default();
        bits.before = 1;
        bits.set_filling(2);
        bits.set_over(3);
        bits.set_sign(-3);
        // SAFETY: See above.
        same("bits", unsafe { bindings::kinds_bits_read(&bits) }, 1321)?;
        // SAFETY: See above.
        unsafe { bindings::kinds_bits_write(&mut bits) };
        same("filling", bits.filling().into(), 3)?;
        same("over", bits.over().into(), 2)?;
        same("sign", (bits.sign() == -1).into(), 1)?;

        let mut packed = kinds_packed::default();
        let itself = ptr::addr_of_mut!(packed);
        packed.set_byte(1);
        packed.set_after(3);
        packed.set_flag(4);
        packed.set_pointer(itself.cast());
        // SAFETY: `inner` is four bytes within the value, at any place.
        unsafe { kinds_packed::inner(itself).cast::<u32>().write_unaligned(2) };
        // SAFETY: See above.
        same(
            "packed",
            unsafe { bindings::kinds_packed_read(&packed) },
            14321,
        )?;
        // SAFETY: See above.
        unsafe { bindings::kinds_packed_write(&mut packed) };
        same("after", packed.after().into(), 7)?;
        same("flag", packed.flag().into(), 3)?;
        same("byte", packed.byte() as u64, 5)?;

        let mut both = kinds_both::default();
        both.set_byte(1);
        both.set_word(8);
        // SAFETY: See above.
        same("both", unsafe { bindings::kinds_both_read(&both) }, 81)?;
        pr_info!("all as in C\n");
        Ok(Layouts)
    }
}

fn same(what: &str, there: u64, here: u64) -> Result {
    if there == here {
        return Ok(());
    }
    pr_err!("{what}: {there}, and not {here}\n");
    Err(EINVAL)
}
