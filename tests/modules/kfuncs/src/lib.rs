// SPDX-License-Identifier: GPL-2.0

//! kfuncs of each kind of type, for programs to call well and badly.

#![no_std]

use kernel::bpf::Memory;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::Arc;
use kernel::task::{self, Task};
use kernel::types::ARef;

module! {
    type: Kfuncs,
    name: "kfuncs",
    description: "kfuncs for a test",
    license: "GPL",
}

struct Kfuncs;

impl kernel::Module for Kfuncs {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("ready\n");
        Ok(Kfuncs)
    }
}

impl Drop for Kfuncs {
    fn drop(&mut self) {
        pr_info!("{} counters left\n", COUNTERS.load(Relaxed));
    }
}

static TABLE: [u8; 256] = [7; 256];

/// Looks a byte up in a table of all bytes: what is no byte would lie outside.
#[bpf_kfunc(syscall, tracing, tc, xdp)]
fn look_up(byte: u8) -> u8 {
    TABLE[usize::from(byte)] + byte
}

/// Shows what arrives of narrow arguments, a byte or so each.
#[bpf_kfunc(syscall)]
fn narrow(flag: bool, byte: i8, short: u16, signed: i16, word: i32) -> i64 {
    i64::from(flag)
        + 10 * i64::from(byte)
        + 1000 * i64::from(short)
        + 1_000_000_000 * i64::from(signed)
        + i64::from(word)
}

#[bpf_kfunc(syscall, tracing, lsm)]
fn negative(byte: i8) -> i8 {
    -byte
}

/// Adds up the bytes of a program's memory, and makes each the sum.
#[bpf_kfunc(syscall, tracing)]
fn sum(memory: Memory<'_>) -> Result<u32> {
    let mut bytes = [0; 16];
    if memory.len() > bytes.len() {
        return Err(E2BIG);
    }
    let size = memory.read(&mut bytes);
    let sum = bytes[..size].iter().map(|byte| u32::from(*byte)).sum();
    #[allow(clippy::cast_possible_truncation)] // a byte of it
    memory.fill(sum as u8);
    Ok(sum)
}

/// As C would have it.
///
/// # Safety
///
/// Nobody else uses the memory meanwhile.
#[bpf_kfunc(syscall)]
unsafe fn copy(to: &mut [u8], from: &[u8]) -> Result {
    if to.len() != from.len() {
        return Err(EINVAL);
    }
    to.copy_from_slice(from);
    Ok(())
}

#[bpf_kfunc(syscall)]
fn fails(errno: i32) -> Result {
    Err(Error::from_errno(errno))
}

static COUNTERS: Atomic<i32> = Atomic::<i32>::new(0);

/// A number that programs count.
#[bpf_object]
struct Counter(Atomic<u64>);

impl Drop for Counter {
    fn drop(&mut self) {
        COUNTERS.add(-1, Relaxed);
    }
}

#[bpf_kfunc(syscall, tracing, acquire, ret_null)]
fn counter_new(start: u64) -> Option<Arc<Counter>> {
    let counter = Arc::new(Counter(Atomic::<u64>::new(start)), GFP_ATOMIC).ok()?;
    COUNTERS.add(1, Relaxed);
    Some(counter)
}

#[bpf_kfunc(syscall, tracing, trusted_args)]
fn counter_add(counter: &Counter, more: u32) -> u64 {
    counter.0.add(u64::from(more), Relaxed);
    counter.0.load(Relaxed)
}

#[bpf_kfunc(syscall, tracing, release)]
fn counter_put(counter: Arc<Counter>) {
    drop(counter);
}

#[bpf_kfunc(syscall, tracing, acquire)]
fn current_task() -> ARef<Task> {
    task::current()
}

#[bpf_kfunc(syscall, tracing, trusted_args)]
fn task_pid(task: &Task) -> i32 {
    task.pid()
}

#[bpf_kfunc(syscall, tracing, release)]
fn task_put(task: ARef<Task>) {
    drop(task);
}
