// SPDX-License-Identifier: GPL-2.0

//! Probes and notifiers, leaked.

use core::mem::forget;
use kernel::cpu::hotplug;
use kernel::ftrace::{self, Entry, FtraceOps};
use kernel::kprobe::{Handler, Kprobe, Kretprobe, Registers, RetHandler};
use kernel::notifier::{Answer, Callback, Notifier, Reboot, RebootEvent};
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::tracepoint::{Probe, SysEnter, TracepointProbe};

struct Count(Atomic<u64>);

impl Count {
    const fn new() -> Self {
        Self(Atomic::<u64>::new(0))
    }
}

impl Handler for Count {
    fn pre(&self, _regs: &Registers) {
        self.0.add(1, Relaxed);
    }
}

impl RetHandler for Count {
    type Data = ();

    fn entry(&self, _regs: &Registers) -> Option<()> {
        Some(())
    }

    fn ret(&self, (): (), _regs: &Registers) {
        self.0.add(1, Relaxed);
    }
}

impl ftrace::Callback for Count {
    fn entered(&self, _entry: &Entry<'_>) {
        self.0.add(1, Relaxed);
    }
}

impl Probe for Count {
    type Tracepoint = SysEnter<'static>;

    fn hit(&self, _event: SysEnter<'_>) {
        self.0.add(1, Relaxed);
    }
}

impl Callback<Reboot> for Count {
    fn call(&self, _event: RebootEvent) -> Answer {
        pr_info!("reboot\n");
        Answer::Done
    }
}

impl hotplug::Callback for Count {}

pub(crate) fn leak() -> Result {
    let probe = KBox::pin_init(Kprobe::register(c"vfs_read", Count::new()), GFP_KERNEL)?;
    forget(probe);
    let probe = KBox::pin_init(Kretprobe::register(c"vfs_read", Count::new()), GFP_KERNEL)?;
    forget(probe);
    let probe = KBox::pin_init(FtraceOps::register(c"vfs_write", Count::new()), GFP_KERNEL)?;
    forget(probe);
    forget(KBox::pin_init(
        TracepointProbe::register(Count::new()),
        GFP_KERNEL,
    )?);
    forget(KBox::pin_init(
        Notifier::<Reboot, Count>::register(Count::new(), 0),
        GFP_KERNEL,
    )?);
    forget(KBox::pin_init(
        hotplug::State::register(c"outlives:online", Count::new()),
        GFP_KERNEL,
    )?);
    Ok(())
}
