// SPDX-License-Identifier: GPL-2.0

//! What most modules need: `use kernel::prelude::*;`.

pub use crate::error::{code::*, Error, Result};
pub use crate::module::ThisModule;
pub use crate::{
    pr_alert, pr_cont, pr_crit, pr_debug, pr_emerg, pr_err, pr_info, pr_notice, pr_warn,
};
pub use core::pin::Pin;
pub use macros::module;
pub use pin_init::{Init, PinInit};
