// SPDX-License-Identifier: GPL-2.0

//! Functions that are to run before all else: what C, and crates of a kind, put into `.init_array`.
//!
//! The kernel runs a module's only with `CONFIG_CONSTRUCTORS`, which distributions leave out. Where
//! it does not, rkmbuild's linker script puts them between two names.

/// Runs the constructors of the module, unless the kernel has done so. Called by `module!`.
///
/// # Safety
///
/// It is called once, before anything else of the module.
// Always inlined: code that stays must not refer to a table that is freed after init.
#[doc(hidden)]
#[inline(always)]
#[allow(clippy::inline_always, unused_unsafe)] // as said above; rustc before 1.82 wants it
pub unsafe fn run_constructors() {
    extern "C" {
        static __rkmbuild_constructors_start: [unsafe extern "C" fn(); 0];
        static __rkmbuild_constructors_end: [unsafe extern "C" fn(); 0];
    }
    // SAFETY: the linker script defines both, at the ends of one table; only addresses are taken.
    let (mut next, end) = unsafe {
        (
            core::ptr::addr_of!(__rkmbuild_constructors_start).cast::<unsafe extern "C" fn()>(),
            core::ptr::addr_of!(__rkmbuild_constructors_end).cast::<unsafe extern "C" fn()>(),
        )
    };
    while next < end {
        // SAFETY: it lies between the ends of the table, which holds functions that are made to be
        // called so, and the caller has seen to it that nothing of the module ran before.
        unsafe { (*next)() };
        // SAFETY: at most one beyond the table's last entry.
        next = unsafe { next.add(1) };
    }
}
