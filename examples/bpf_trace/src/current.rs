// SPDX-License-Identifier: GPL-2.0

//! Whom the processor works for.

use kernel::bindings;
use kernel::bpf::Memory;
use kernel::error::to_result;
use kernel::prelude::*;
use kernel::task::{self, Task};
use kernel::types::ARef;

/// Returns the process in the upper half, and the thread in the lower one.
#[bpf_kfunc(tracing, syscall)]
fn current_pid_tgid() -> u64 {
    let task = current!();
    pair(task.tgid().unsigned_abs(), task.pid().unsigned_abs())
}

/// Returns the group in the upper half, and the user in the lower one.
#[bpf_kfunc(tracing, syscall)]
fn current_uid_gid() -> u64 {
    let cred = current!().cred();
    pair(
        cred.gid().into_gid_in_init_ns(),
        cred.uid().into_uid_in_init_ns(),
    )
}

/// Writes the thread's name, as much of it as there is room for, with a NUL at the end.
#[bpf_kfunc(tracing, syscall)]
fn current_comm(to: Memory<'_>) -> Result {
    let last = to.len().checked_sub(1).ok_or(EINVAL)?;
    to.fill(0);
    to.part(0, last)?.write(current!().comm().to_bytes());
    Ok(())
}

/// Returns the thread itself, counted: the program gives it back by `bpf_trace_task_put`.
#[bpf_kfunc(tracing, syscall, acquire)]
fn current_task() -> ARef<Task> {
    task::current()
}

/// Returns a thread's number.
#[bpf_kfunc(tracing, syscall, trusted_args)]
fn task_pid(task: &Task) -> i32 {
    task.pid()
}

/// Takes a thread back.
#[bpf_kfunc(tracing, syscall, release)]
fn task_put(task: ARef<Task>) {
    drop(task);
}

/// Tells whether the thread is in a cgroup, by its number, or in one below it.
///
/// Looking the cgroup up takes a lock, which a program that traces may have interrupted.
#[bpf_kfunc(syscall)]
fn current_under_cgroup(id: u64) -> Result<bool> {
    // SAFETY: it has no precondition.
    let answer = unsafe { bindings::bpf_trace_in_cgroup(id) };
    if answer < 0 {
        return Err(Error::from_errno(answer));
    }
    Ok(answer != 0)
}

/// Sends a signal to the thread.
#[bpf_kfunc(tracing, syscall)]
fn send_signal(number: i32) -> Result {
    if !(1..=64).contains(&number) {
        return Err(EINVAL);
    }
    // SAFETY: they have no precondition.
    if unsafe { !bindings::bpf_trace_in_process() } || current!().tgid() == 1 {
        return Err(EPERM);
    }
    // Sending takes a lock which others hold with interrupts off: where they are, this thread may
    // hold it already. The kernel's own helper leaves it to an interrupt then.
    // SAFETY: as above.
    if unsafe { bindings::bpf_trace_interrupts_are_off() } {
        return Err(EBUSY);
    }
    // SAFETY: the signal is one, and the thread is there.
    to_result(unsafe { bindings::send_sig(number, current!().as_ptr(), 1) })
}

fn pair(upper: u32, lower: u32) -> u64 {
    u64::from(upper) << 32 | u64::from(lower)
}
