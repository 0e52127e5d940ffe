// SPDX-License-Identifier: GPL-2.0

//! A device that panics, or runs out of memory, when it is written to.

#![no_std]

extern crate alloc;

use kernel::fs::{File, Kiocb};
use kernel::iov::IovIterSource;
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::sync::aref::ARef;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::{SetOnce, SpinLock};
use kernel::time::timer::{self, CallbackContext, Timer};
use kernel::time::Delta;

module! {
    type: Panics,
    name: "panics",
    authors: ["The rkmbuild developers"],
    description: "A device that panics",
    license: "GPL",
}

#[pin_data]
struct Panics {
    #[pin]
    device: MiscDeviceRegistration<Device>,
}

impl kernel::InPlaceModule for Panics {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"panics" }),
        })
    }
}

/// Whether a file that is being closed is to be kept.
static KEEP: Atomic<bool> = Atomic::<bool>::new(false);

/// A timer that owns itself, until its function runs.
struct Own;

static OWN: SetOnce<Pin<KBox<SpinLock<Option<Pin<KBox<Timer<Own>>>>>>>> = SetOnce::new();

impl timer::Callback for Own {
    fn run(&self, _timer: CallbackContext<'_, Self>) {
        if let Some(own) = OWN.as_ref() {
            let timer = own.lock().take();
            drop(timer);
        }
    }
}

fn drop_itself() -> Result {
    let timer = KBox::pin_init(Timer::new(Own), GFP_KERNEL)?;
    OWN.populate(KBox::pin_init(kernel::new_spinlock!(None), GFP_KERNEL)?);
    let own = OWN.as_ref().ok_or(EBUSY)?;
    let mut place = own.lock_irqsave();
    timer.start(Delta::from_millis(20));
    *place = Some(timer);
    Ok(())
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = KBox<Self>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
        Ok(KBox::new(Device, GFP_KERNEL)?)
    }

    fn release(_device: KBox<Self>, file: &File) {
        if KEEP.load(Relaxed) {
            let kept = ARef::from(file);
            pr_info!("kept {:p}\n", kept.as_ptr());
        }
    }

    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let mut how = [0; 16];
        let n = iov.copy_from_iter(&mut how);
        match how[..n].trim_ascii_end() {
            b"index" => {
                let none: &[u32] = &[];
                pr_info!("{}\n", none[n]);
            }
            b"memory" => {
                let text = alloc::string::String::with_capacity(1 << 45);
                pr_info!("{text}\n");
            }
            b"timer" => drop_itself()?,
            b"keep" => KEEP.store(true, Relaxed),
            other => panic!("asked to {}", kernel::str::BStr::from_bytes(other)),
        }
        Ok(n)
    }
}
