// SPDX-License-Identifier: GPL-2.0

//! Tracepoints that many modules want. `TP_PROTO` of each, in `include/trace/events`, is the same in
//! 6.1, 6.12 and 7.2 but for what is said.

use crate::declare_tracepoint;
use crate::ffi::{c_long, c_uint};
use crate::ptrace::Registers;
use crate::task::Task;

declare_tracepoint! {
    /// A processor goes from one task to another. The scheduler's lock is held: nothing may be
    /// printed, and nobody woken.
    unsafe pub struct SchedSwitch<'a>: "sched_switch" {
        /// Whether the task was made to go.
        preempt: bool,
        /// The task that ran.
        prev: &'a Task,
        /// The task that will run.
        next: &'a Task,
        /// Why the first does not run: a `TASK_` constant of the kernel's.
        prev_state: c_uint,
    }

    /// A task made another.
    unsafe pub struct SchedProcessFork<'a>: "sched_process_fork" {
        /// The task that was there.
        parent: &'a Task,
        /// The new task.
        child: &'a Task,
    }

    /// A task ends. (From 6.16 on there is a second argument, which is left out.)
    unsafe pub struct SchedProcessExit<'a>: "sched_process_exit" {
        /// The task.
        task: &'a Task,
    }

    /// A system call begins.
    unsafe pub struct SysEnter<'a>: "sys_enter" {
        /// The registers of user space.
        regs: &'a Registers,
        /// The system call's number.
        id: c_long,
    }

    /// A system call ends.
    unsafe pub struct SysExit<'a>: "sys_exit" {
        /// The registers of user space.
        regs: &'a Registers,
        /// What it returns: a value, or a negative errno.
        ret: c_long,
    }
}
