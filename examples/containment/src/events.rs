// SPDX-License-Identifier: GPL-2.0

//! How it is known that processes begin, become others, and end: tracepoints.

use crate::container::{Container, Reaper};
use crate::members;
use crate::reports::What;
use kernel::bindings;
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::task::{Pid, Task};
use kernel::tracepoint::{
    declare_tracepoint, Probe, SchedProcessExit, SchedProcessFork, TracepointProbe,
};
use kernel::workqueue;

declare_tracepoint! {
    /// A process became another program.
    // SAFETY: TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm), in
    // include/trace/events/sched.h.
    unsafe pub(crate) struct SchedProcessExec<'a>: "sched_process_exec" {
        /// Its task.
        task: &'a Task,
        /// The number that the thread had.
        old_pid: Pid,
    }
}

struct Forks;

impl Probe for Forks {
    type Tracepoint = SchedProcessFork<'static>;

    /// The child has not run yet.
    fn hit(&self, event: SchedProcessFork<'_>) {
        let (parent, child) = (event.parent.tgid(), event.child);
        if child.tgid() != parent && members::fork(parent, child).is_err() {
            // There was no memory: it is not to be outside.
            // SAFETY: the task is valid.
            unsafe { bindings::containment_kill(child.as_ptr()) };
        }
    }
}

struct Execs;

impl Probe for Execs {
    type Tracepoint = SchedProcessExec<'static>;

    fn hit(&self, _event: SchedProcessExec<'_>) {
        members::with_current(|container, _| container.tell(What::Exec, 0, |_| {}));
    }
}

struct Exits {
    reaper: Arc<Reaper>,
}

impl Probe for Exits {
    type Tracepoint = SchedProcessExit<'static>;

    fn hit(&self, event: SchedProcessExit<'_>) {
        let task = event.task;
        // Other threads of it may still run.
        // SAFETY: the task is valid.
        if !unsafe { bindings::containment_is_over(task.as_ptr()) } {
            return;
        }
        let mut open = true;
        let tell = |container: &Container| {
            container.tell(What::Exit, 0, |_| {});
            open = container.is_open();
        };
        if members::remove(task.tgid(), None, tell).is_ok() && !open {
            // What it frees may sleep. If it is queued already it will see this too.
            let _ = workqueue::system().enqueue(self.reaper.clone());
        }
    }
}

#[pin_data]
pub(crate) struct Events {
    #[pin]
    forks: TracepointProbe<Forks>,
    #[pin]
    execs: TracepointProbe<Execs>,
    #[pin]
    exits: TracepointProbe<Exits>,
}

impl Events {
    pub(crate) fn new() -> Result<impl PinInit<Self, Error>> {
        let reaper = Reaper::new()?;
        Ok(try_pin_init!(Self {
            forks <- TracepointProbe::register(Forks),
            execs <- TracepointProbe::register(Execs),
            exits <- TracepointProbe::register(Exits { reaper }),
        }))
    }
}
