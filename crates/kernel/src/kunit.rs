// SPDX-License-Identifier: GPL-2.0

//! Tests that run inside the kernel, in the module that they are about.
//!
//! The names and the way to write them are those of Rust for Linux, but the kernel's `KUnit`, which
//! distributions leave out, is not needed: a test's result goes to the log in the form of KTAP
//! (Documentation/dev-tools/ktap.rst), where `rkmbuild test` reads it. Tests are compiled by
//! `rkmbuild test` alone.
//!
//! ```
//! # use kernel::prelude::*;
//! fn checksum(bytes: &[u8]) -> u8 {
//!     bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
//! }
//!
//! #[cfg(kernel_test)]
//! mod tests {
//!     use super::*;
//!
//!     #[kernel_test]
//!     fn a_checksum_wraps() {
//!         assert_eq!(checksum(&[0xff, 2]), 1);
//!     }
//!
//!     #[kernel_test]
//!     fn memory_is_there() -> Result {
//!         let boxed = KBox::new(7, GFP_KERNEL)?;
//!         assert!(*boxed == 7, "it holds {}", *boxed);
//!         Ok(())
//!     }
//! }
//! ```
//!
//! A test runs when the module is loaded and its `init` is over, in a thread that may sleep.

mod asserts;

use crate::error::{code::EINVAL, code::ENOENT, from_result};
use crate::ffi::{c_char, c_int};
use crate::module_param::Entry;
use crate::print::{print, Level};
use crate::task::this_thread;
use crate::value_text::text;
use core::fmt;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

pub use asserts::{fail, finish, skip, TestResult};

/// The module parameter that runs the test whose name is written to it.
// A static has a section of its own. Texts that end in a NUL share one, which is in a module as soon
// as one of them is.
static PARAMETER: [u8; 14] = *b"rkmbuild_test\0";

/// The thread in which a test runs, or null.
static RUNNING: AtomicPtr<bindings::task_struct> = AtomicPtr::new(null_mut());
static FAILED: AtomicBool = AtomicBool::new(false);
static SKIPPED: AtomicBool = AtomicBool::new(false);

/// A test, as the macros make it.
// As large as it is aligned: there is no gap between two of them in their section.
#[doc(hidden)]
#[repr(C, align(32))]
pub struct Test {
    id: &'static str,
    run: fn(),
}

impl Test {
    /// Makes one; `run` says what comes of it by `fail` and `skip`.
    #[must_use]
    pub const fn new(id: &'static str, run: fn()) -> Self {
        Self { id, run }
    }

    fn run(&self) {
        FAILED.store(false, Ordering::Relaxed);
        SKIPPED.store(false, Ordering::Relaxed);
        say(format_args!("KTAP version 1\n"));
        say(format_args!("1..1\n"));
        RUNNING.store(this_thread(), Ordering::Relaxed);
        (self.run)();
        RUNNING.store(null_mut(), Ordering::Relaxed);
        let id = self.id;
        if FAILED.load(Ordering::Relaxed) {
            say(format_args!("not ok 1 {id}\n"));
        } else if SKIPPED.load(Ordering::Relaxed) {
            say(format_args!("ok 1 {id} # SKIP\n"));
        } else {
            say(format_args!("ok 1 {id}\n"));
        }
    }
}

/// Tells whether this thread runs a test.
///
/// ```
/// fn retries() -> u32 {
///     if kernel::kunit::in_kunit_test() { 1 } else { 100 }
/// }
/// ```
#[must_use]
pub fn in_kunit_test() -> bool {
    core::ptr::eq(RUNNING.load(Ordering::Relaxed), this_thread())
}

/// Makes the parameter that runs tests.
#[doc(hidden)]
#[must_use]
pub const fn entry(module: *mut bindings::module) -> Entry {
    // SAFETY: it is ASCII.
    let name = unsafe { core::str::from_utf8_unchecked(&PARAMETER) };
    Entry::new(name, module, &OPS, 0o200, null_mut())
}

static OPS: bindings::kernel_param_ops = {
    // SAFETY: all zeroes are a valid value of this C type.
    let mut ops: bindings::kernel_param_ops = unsafe { core::mem::zeroed() };
    ops.set = Some(set);
    ops
};

/// # Safety
///
/// `val` must be null or a string, `kp` the parameter that `entry` made.
unsafe extern "C" fn set(val: *const c_char, kp: *const bindings::kernel_param) -> c_int {
    from_result(|| {
        // SAFETY: `kp` is valid, the caller says.
        if val.is_null() || unsafe { bindings::rust_helper_module_is_loading((*kp).mod_) } {
            return Err(EINVAL);
        }
        // SAFETY: the caller's promise.
        let id = unsafe { text(val) }?;
        // One at a time: the kernel holds the lock of the module's parameters.
        tests()
            .iter()
            .find(|test| test.id == id)
            .ok_or(ENOENT)?
            .run();
        Ok(0)
    })
}

/// Returns the tests that the module has.
fn tests() -> &'static [Test] {
    extern "C" {
        // rkmbuild's linker script says where they start and end.
        static __rkmbuild_tests_start: [u8; 0];
        static __rkmbuild_tests_end: [u8; 0];
    }
    // SAFETY: the section is full of tests from end to end, and they live as long as the module.
    unsafe {
        let start = core::ptr::addr_of!(__rkmbuild_tests_start).cast::<Test>();
        let end = core::ptr::addr_of!(__rkmbuild_tests_end).cast::<Test>();
        // The end does not come first.
        #[allow(clippy::cast_sign_loss)]
        let count = end.offset_from(start) as usize;
        core::slice::from_raw_parts(start, count)
    }
}

/// Prints a line of KTAP: without the module's name, which would hide what it is.
fn say(line: fmt::Arguments<'_>) {
    print(Level::Info, b"", line);
}
