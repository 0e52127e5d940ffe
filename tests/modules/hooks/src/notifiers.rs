// SPDX-License-Identifier: GPL-2.0

//! What is told of the machine, of modules, of network devices and of processors.

use kernel::cpu::{hotplug, CpuId};
use kernel::notifier::{
    Answer, Callback, Module, ModuleEvent, Net, NetEvent, NetEventKind, Notifier, Reboot,
    RebootEvent,
};
use kernel::prelude::*;

pub(crate) struct Tell;

impl Callback<Reboot> for Tell {
    fn call(&self, event: RebootEvent) -> Answer {
        pr_info!("reboot {event:?}\n");
        Answer::Done
    }
}

impl Callback<Module> for Tell {
    fn call(&self, event: ModuleEvent<'_>) -> Answer {
        pr_info!("{:?} {:?}\n", event.name, event.state);
        Answer::Ok
    }
}

impl Callback<Net> for Tell {
    fn call(&self, event: NetEvent<'_>) -> Answer {
        let kind = match event.kind {
            NetEventKind::REGISTER => "registered",
            NetEventKind::UP => "up",
            NetEventKind::DOWN => "down",
            _ => return Answer::Done,
        };
        pr_info!(
            "net {:?} {} {kind}\n",
            &*event.device.name(),
            event.device.ifindex()
        );
        Answer::Ok
    }
}

impl hotplug::Callback for Tell {
    fn online(&self, cpu: CpuId) -> Result {
        pr_info!("cpu {cpu} on {}\n", CpuId::current());
        Ok(())
    }

    fn offline(&self, cpu: CpuId) -> Result {
        pr_info!("cpu {cpu} off\n");
        Ok(())
    }
}

/// Lets no processor go, and none but the first come.
struct Stay;

impl hotplug::Callback for Stay {
    fn online(&self, cpu: CpuId) -> Result {
        if cpu.as_u32() > 0 {
            return Err(ENODEV);
        }
        Ok(())
    }

    fn offline(&self, _cpu: CpuId) -> Result {
        Err(EBUSY)
    }
}

/// Says how a state is refused that a processor cannot go through.
pub(crate) fn refused() {
    let stay = KBox::pin_init(hotplug::State::register(c"hooks:stay", Stay), GFP_KERNEL);
    pr_info!("refused: {:?}\n", stay.err());
}

#[pin_data]
pub(crate) struct Notifiers {
    #[pin]
    reboot: Notifier<Reboot, Tell>,
    #[pin]
    modules: Notifier<Module, Tell>,
    #[pin]
    net: Notifier<Net, Tell>,
    #[pin]
    cpus: hotplug::State<Tell>,
}

impl Notifiers {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            reboot <- Notifier::register(Tell, 0),
            modules <- Notifier::register(Tell, 0),
            net <- Notifier::register(Tell, 0),
            cpus <- hotplug::State::register(c"hooks:online", Tell),
        })
    }
}
