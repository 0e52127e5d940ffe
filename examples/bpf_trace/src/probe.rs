// SPDX-License-Identifier: GPL-2.0

//! Reading and writing memory that may not be there.

use kernel::bindings;
use kernel::bpf::Memory;
use kernel::error::to_result;
use kernel::prelude::*;

/// Reads the kernel's memory; where it cannot be read, zeroes take its place.
#[bpf_kfunc(tracing, syscall)]
fn probe_read_kernel(to: Memory<'_>, from: u64) -> Result {
    read_kernel(to, from).inspect_err(|_| to.fill(0))
}

/// Reads the kernel's memory, unless the machine is locked down against that.
pub(crate) fn read_kernel(to: Memory<'_>, from: u64) -> Result {
    // SAFETY: it has no precondition.
    if unsafe { bindings::bpf_trace_reading_is_locked() } {
        return Err(EPERM);
    }
    // SAFETY: there is so much memory to write to; what is read need not be there.
    let done = unsafe {
        bindings::copy_from_kernel_nofault(to.as_ptr().cast(), from as *const c_void, to.len())
    };
    to_result(done as c_int)
}

/// Writes memory of the process that this runs for.
///
/// It is not asked whether it likes that: a program that calls this is loaded by those alone who may
/// stop the machine.
#[bpf_kfunc(tracing, syscall, destructive)]
fn probe_write_user(to: u64, from: Memory<'_>) -> Result {
    // SAFETY: they have no precondition.
    if unsafe { !bindings::bpf_trace_in_process() || bindings::bpf_trace_writing_is_locked() } {
        return Err(EPERM);
    }
    // SAFETY: there is so much memory to read from; it is looked whether the place is user space's,
    // and it need not be there.
    let done = unsafe {
        bindings::copy_to_user_nofault(to as *mut c_void, from.as_ptr().cast(), from.len())
    };
    to_result(done as c_int)
}
