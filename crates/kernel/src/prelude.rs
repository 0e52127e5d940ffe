// SPDX-License-Identifier: GPL-2.0

//! What most modules need: `use kernel::prelude::*;`.

pub use crate::alloc::{flags::*, Box, KBox, KVBox, KVVec, KVec, VBox, VVec, Vec};
pub use crate::error::{code::*, Error, Result};
pub use crate::ffi::{
    c_char, c_int, c_long, c_longlong, c_schar, c_short, c_uchar, c_uint, c_ulong, c_ulonglong,
    c_ushort, c_void,
};
pub use crate::init::InPlaceInit;
pub use crate::module::ThisModule;
pub use crate::str::{CStr, CStrExt};
pub use crate::uaccess::UserPtr;
pub use crate::{
    current, dbg, dev_alert, dev_crit, dev_dbg, dev_emerg, dev_err, dev_info, dev_notice, dev_warn,
    fmt, kvec, pr_alert, pr_alert_once, pr_alert_ratelimited, pr_cont, pr_crit, pr_crit_once,
    pr_crit_ratelimited, pr_debug, pr_emerg, pr_emerg_once, pr_emerg_ratelimited, pr_err,
    pr_err_once, pr_err_ratelimited, pr_info, pr_info_once, pr_info_ratelimited, pr_notice,
    pr_notice_once, pr_notice_ratelimited, pr_warn, pr_warn_once, pr_warn_ratelimited,
    static_assert,
};
pub use core::mem::{align_of, align_of_val, size_of, size_of_val};
pub use core::pin::Pin;
pub use macros::{
    bpf_kfunc, bpf_object, export, init, kernel_test, kunit_tests, module, pin_data, pin_init,
    pinned_drop, try_init, try_pin_init, vtable,
};
pub use pin_init::{Init, PinInit, Zeroable};
