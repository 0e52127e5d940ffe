// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! portable-atomic = { version = "1", default-features = false, features = ["fallback"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    static WIDE: portable_atomic::AtomicU128 = portable_atomic::AtomicU128::new(1);
    WIDE.fetch_add(41, core::sync::atomic::Ordering::SeqCst);
    format!("{WIDE:?}")
}
