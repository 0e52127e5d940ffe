// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! miniz_oxide = { version = "0.8", default-features = false, features = ["with-alloc"] }
//! ```
//!
//! note: packing takes 64 KiB of stack: the kernel's own is in `<linux/zlib.h>`
//! warned: miniz_oxide::deflate::compress_to_vec_inner

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let packed = miniz_oxide::deflate::compress_to_vec(&[7; 1000], 6);
    format!("{}", packed.len())
}
