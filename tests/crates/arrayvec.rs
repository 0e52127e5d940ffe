// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! arrayvec = { version = "0.7", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let mut some = arrayvec::ArrayVec::<u8, 2>::new();
    some.push(1);
    some.push(2);
    format!("{:?}", some.try_push(3).is_err())
}
