// SPDX-License-Identifier: GPL-2.0

//! Whether what is bound lies as it does in C. This crate compiles where it does, and holds nothing.
//!
//! It is not in the bindings themselves, so that the `kernel` crate need not wait for it. The
//! assertions are the file that the environment variable `RKMBUILD_LAYOUT` names.

#![no_std]

#[allow(unused_imports, non_upper_case_globals)] // what there is depends on the kernel
mod assertions {
    use bindings::*;

    include!(env!("RKMBUILD_LAYOUT"));
}
