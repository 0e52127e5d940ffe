// SPDX-License-Identifier: GPL-2.0

//! What counts how directories are made: at the entry and the return of functions, at tracepoints.

use kernel::ftrace::{self, Entry, FtraceGate, FtraceOps, Gate};
use kernel::kprobe::{Handler, Kprobe, Kretprobe, Registers, RetHandler};
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::task::Task;
use kernel::tracepoint::{
    declare_tracepoint, Probe, SchedProcessExit, SchedProcessFork, SchedSwitch, SysEnter, SysExit,
    TracepointProbe,
};

/// The number of mkdir(2) on x86-64.
const NR_MKDIR: isize = 83;

declare_tracepoint! {
    /// A tracepoint that no kernel has.
    // SAFETY: nothing calls it.
    unsafe pub struct NoSuch<'a>: "no_such_tracepoint" {}

    /// A task was made.
    // SAFETY: TP_PROTO(struct task_struct *task, unsigned long clone_flags), in
    // include/trace/events/task.h.
    unsafe pub struct TaskNewtask<'a>: "task_newtask" {
        /// The task.
        task: &'a Task,
        /// What clone(2) was asked for.
        clone_flags: usize,
    }
}

#[derive(Default)]
pub(crate) struct Count(Counter);

pub(crate) struct Counter {
    count: Atomic<u32>,
    last: Atomic<usize>,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            count: Atomic::<u32>::new(0),
            last: Atomic::<usize>::new(0),
        }
    }
}

impl Counter {
    fn add(&self, last: usize) {
        self.count.add(1, Full);
        self.last.store(last, Relaxed);
    }

    fn get(&self) -> (u32, usize) {
        (self.count.load(Relaxed), self.last.load(Relaxed))
    }
}

impl Handler for Count {
    fn pre(&self, regs: &Registers) {
        if regs.instruction_pointer() != 0 {
            self.0.add(regs.argument(2));
        }
    }
}

impl ftrace::Callback for Count {
    fn entered(&self, entry: &Entry<'_>) {
        if entry.ip != 0 && entry.parent_ip != 0 {
            self.0.add(entry.argument(3));
        }
    }
}

impl Gate for Count {
    fn enter(&self, entry: &Entry<'_>) -> Option<c_long> {
        self.0
            .add(usize::from(entry.ip != 0 && entry.parent_ip != 0));
        Some(EDOM.to_errno() as c_long)
    }
}

/// Follows calls of one mode alone.
#[derive(Default)]
pub(crate) struct Results {
    well: Counter,
    failed: Counter,
}

impl RetHandler for Results {
    type Data = (u8, usize);

    fn entry(&self, regs: &Registers) -> Option<Self::Data> {
        (regs.argument(2) == 0o777).then_some((7, regs.argument(2)))
    }

    fn ret(&self, (seven, mode): Self::Data, regs: &Registers) {
        let result = regs.return_value() as c_int;
        if seven == 7 && result == 0 {
            self.well.add(mode);
        } else {
            self.failed.add(result.unsigned_abs() as usize);
        }
    }
}

macro_rules! probes {
    ($($name:ident: $event:ident, |$count:ident, $arg:ident| $add:expr;)*) => {
        $(
            #[derive(Default)]
            pub(crate) struct $name(Counter);

            impl Probe for $name {
                type Tracepoint = $event<'static>;

                fn hit(&self, $arg: $event<'_>) {
                    let $count = &self.0;
                    $add;
                }
            }
        )*
    };
}

probes! {
    Nothing: NoSuch, |count, _event| count.add(0);
    Switches: SchedSwitch, |count, event| {
        if event.prev.pid() != event.next.pid() {
            count.add(event.prev_state as usize);
        }
    };
    Forks: SchedProcessFork, |count, event| {
        if event.child.pid() != event.parent.pid() {
            count.add(event.child.pid().unsigned_abs() as usize);
        }
    };
    Exits: SchedProcessExit, |count, event| count.add(event.task.pid().unsigned_abs() as usize);
    Tasks: TaskNewtask, |count, event| {
        if event.task.pid() > 0 {
            count.add(event.clone_flags);
        }
    };
    Mkdirs: SysEnter, |count, event| {
        if event.id == NR_MKDIR {
            count.add(event.regs.argument(1));
        }
    };
    Refusals: SysExit, |count, event| {
        if event.ret == EEXIST.to_errno() as isize {
            count.add(event.ret.unsigned_abs());
        }
    };
}

#[pin_data(PinnedDrop)]
pub(crate) struct Probes {
    #[pin]
    kprobe: Kprobe<Count>,
    #[pin]
    kretprobe: Kretprobe<Results>,
    #[pin]
    ftrace: FtraceOps<Count>,
    #[pin]
    gate: FtraceGate<Count>,
    #[pin]
    switches: TracepointProbe<Switches>,
    #[pin]
    forks: TracepointProbe<Forks>,
    #[pin]
    exits: TracepointProbe<Exits>,
    #[pin]
    tasks: TracepointProbe<Tasks>,
    #[pin]
    mkdirs: TracepointProbe<Mkdirs>,
    #[pin]
    refusals: TracepointProbe<Refusals>,
}

/// What mkdir(2) comes to. No header declares it, so it is known by the release: 7.0 renamed it.
const MKDIR: &CStr = if cfg!(kernel_7_0) {
    c"filename_mkdirat"
} else {
    c"do_mkdirat"
};

const LINKS: &[&CStr; 1] = &[c"vfs_symlink"];

impl Probes {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            kprobe <- Kprobe::register(MKDIR, Count::default()),
            kretprobe <- Kretprobe::register(MKDIR, Results::default()),
            ftrace <- FtraceOps::register(c"vfs_mkdi*", Count::default()),
            // SAFETY: it returns 0 or an errno, which symlink(2) fails with.
            gate <- unsafe { FtraceGate::register(LINKS, Count::default()) },
            switches <- TracepointProbe::register(Switches::default()),
            forks <- TracepointProbe::register(Forks::default()),
            exits <- TracepointProbe::register(Exits::default()),
            tasks <- TracepointProbe::register(Tasks::default()),
            mkdirs <- TracepointProbe::register(Mkdirs::default()),
            refusals <- TracepointProbe::register(Refusals::default()),
        })
    }
}

/// Says how probes of what is not there fail.
pub(crate) fn of_nothing() {
    let name = c"no_such_function";
    let kprobe = KBox::pin_init(Kprobe::register(name, Count::default()), GFP_KERNEL);
    let kretprobe = KBox::pin_init(Kretprobe::register(name, Results::default()), GFP_KERNEL);
    let ftrace = KBox::pin_init(FtraceOps::register(name, Count::default()), GFP_KERNEL);
    let but_one = KBox::pin_init(
        FtraceOps::register(c"!vfs_read", Count::default()),
        GFP_KERNEL,
    );
    // SAFETY: they are not registered, and nothing is refused.
    let (gate, no_gate) = unsafe {
        (
            FtraceGate::register(&[c"vfs_symlink", c"no_such_function"], Count::default()),
            FtraceGate::register(&[], Count::default()),
        )
    };
    let gate = KBox::pin_init(gate, GFP_KERNEL);
    let no_gate = KBox::pin_init(no_gate, GFP_KERNEL);
    let tracepoint = KBox::pin_init(TracepointProbe::register(Nothing::default()), GFP_KERNEL);
    pr_info!(
        "probes of nothing: {:?} {:?} {:?} {:?} {:?} {:?} {:?}\n",
        kprobe.err(),
        kretprobe.err(),
        ftrace.err(),
        but_one.err(),
        gate.err(),
        no_gate.err(),
        tracepoint.err()
    );
}

#[pinned_drop]
impl PinnedDrop for Probes {
    fn drop(self: Pin<&mut Self>) {
        let say = |name: &str, (count, last): (u32, usize)| pr_info!("{name}: {count}, {last:o}\n");
        let results = self.kretprobe.handler();
        say("kprobe", self.kprobe.handler().0.get());
        say("kretprobe", results.well.get());
        say("kretprobe failed", results.failed.get());
        say("ftrace", self.ftrace.callback().0.get());
        say("gate", self.gate.gate().0.get());
        // SAFETY: it is not registered: there is one.
        let second = unsafe { FtraceGate::register(LINKS, Count::default()) };
        pr_info!("second: {:?}\n", KBox::pin_init(second, GFP_KERNEL).err());
        say("sys_enter", self.mkdirs.probe().0.get());
        say("sys_exit", self.refusals.probe().0.get());
        let at_least = [
            self.switches.probe().0.get().0,
            self.forks.probe().0.get().0,
            self.exits.probe().0.get().0,
            self.tasks.probe().0.get().0,
        ];
        pr_info!("others ran: {}\n", at_least.iter().all(|count| *count >= 2));
        pr_info!("missed: {}\n", self.kretprobe.missed());
    }
}
