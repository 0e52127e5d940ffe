// SPDX-License-Identifier: GPL-2.0

//! Memory barriers between processors, for what is shared with C code. Where both sides are Rust, an
//! [`Atomic`](super::atomic::Atomic) with an order says more.

macro_rules! barriers {
    ($($(#[$doc:meta])* $name:ident: $helper:ident;)*) => {
        $(
            $(#[$doc])*
            pub fn $name() {
                // SAFETY: it may be called in any context.
                unsafe { bindings::$helper() };
            }
        )*
    };
}

barriers! {
    /// What was read and written before comes before what is read and written after.
    smp_mb: rust_helper_smp_mb;
    /// What was read before comes before what is read after.
    smp_rmb: rust_helper_smp_rmb;
    /// What was written before comes before what is written after.
    smp_wmb: rust_helper_smp_wmb;
}
