// SPDX-License-Identifier: GPL-2.0

//! What of the crate needs no kernel, on the host: `rkmbuild_host` leaves out the panic handler and the
//! global allocator, and `kernel_side` stands in for the C functions that the tests come to.

#![allow(missing_docs)] // tests have names that say it

mod classes;
mod kernel_side;
mod kfuncs;
mod lists;
mod numbers;
mod pointers;
mod printing;
mod text;

/// What the crate's macros for messages put before them.
const __LOG_PREFIX: &[u8] = b"host\0";
