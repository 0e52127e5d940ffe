// SPDX-License-Identifier: GPL-2.0

//! Timers, threads, queues, devices and files, each leaked in one of the ways that safe code has.

use core::mem::forget;
use kernel::chrdev::{self, CharDevice, Minor};
use kernel::debugfs;
use kernel::device::Device;
use kernel::filesystem::{self, Directory, FileSystem};
use kernel::fs::{File, Kiocb};
use kernel::iov::IovIterDest;
use kernel::kobject::Kobject;
use kernel::kthread::KThread;
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::proc_fs;
use kernel::seq_file::{seq_print, SeqFile};
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::{Arc, ArcBorrow, SetOnce};
use kernel::time::hrtimer::{
    impl_has_hr_timer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer,
    HrTimerRestart, RelativeMode,
};
use kernel::time::timer::{self, CallbackContext, Timer};
use kernel::time::{delay, Delta, Monotonic};
use kernel::types::ARef;
use kernel::workqueue::OwnedQueue;
use kernel::{sysctl, sysfs};

/// How often the timers and the thread ran.
static BEATS: [Atomic<u32>; 3] = [
    Atomic::<u32>::new(0),
    Atomic::<u32>::new(0),
    Atomic::<u32>::new(0),
];

/// A device with nothing to it but that it can be open.
pub(crate) struct Held;

#[vtable]
impl MiscDevice for Held {
    type Ptr = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Ok(())
    }

    fn read_iter(mut kiocb: Kiocb<'_, ()>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), b"held\n")
    }
}

pub(crate) fn device(name: &'static CStr) -> impl PinInit<MiscDeviceRegistration<Held>, Error> {
    MiscDeviceRegistration::register(MiscDeviceOptions { name })
}

#[vtable]
impl CharDevice for Held {
    type Ptr = ();
    type Data = ();

    fn open(_file: &File, _minor: Minor<'_, Self>) -> Result {
        Ok(())
    }
}

struct Tick;

impl timer::Callback for Tick {
    fn run(&self, timer: CallbackContext<'_, Self>) {
        BEATS[0].add(1, Relaxed);
        timer.start(Delta::from_millis(10));
    }
}

#[pin_data]
struct Beat {
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Beat { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Beat {
    type Pointer<'a> = Arc<Self>;

    fn run(_: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        BEATS[1].add(1, Relaxed);
        ctx.forward_now(Delta::from_millis(10));
        HrTimerRestart::Restart
    }
}

/// Shows whether timers and thread still run: how many of them did within a moment.
struct Running;

impl proc_fs::Show for Running {
    fn show(&self, m: &SeqFile) -> Result {
        let before = BEATS.each_ref().map(|count| count.load(Relaxed));
        delay::fsleep(Delta::from_millis(200));
        let after = BEATS.each_ref().map(|count| count.load(Relaxed));
        let running = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        seq_print!(m, "running {running}\n");
        Ok(())
    }
}

struct Nothing;

impl FileSystem for Nothing {
    const NAME: &'static CStr = c"outlivesfs";
    const MAGIC: u32 = 1;

    fn fill(_root: &mut Directory<'_>) -> Result {
        Ok(())
    }
}

static NOTHING: filesystem::Type<Nothing> = filesystem::Type::new();

/// In a struct of its own, for objtool minds how long the names of generic functions are.
#[pin_data]
struct Scoped {
    #[pin]
    _scope: debugfs::Scope<Atomic<u32>>,
}

/// In a static, which nobody drops.
static TIMER: SetOnce<Pin<KBox<Timer<Tick>>>> = SetOnce::new();
static DEVICE: SetOnce<Pin<KBox<MiscDeviceRegistration<Held>>>> = SetOnce::new();
static KEPT: SetOnce<ARef<Device>> = SetOnce::new();

/// Owns a value, and itself.
struct Circle<T>(T, SetOnce<Arc<Circle<T>>>);

fn close<T: Send + Sync>(value: T) -> Result {
    let circle = Arc::new(Circle(value, SetOnce::new()), GFP_KERNEL)?;
    circle.1.populate(circle.clone());
    Ok(())
}

pub(crate) fn leak() -> Result {
    let timer = KBox::pin_init(Timer::new(Tick), GFP_KERNEL)?;
    timer.start(Delta::from_millis(10));
    TIMER.populate(timer);
    let beat = Arc::pin_init(pin_init!(Beat { timer <- HrTimer::new() }), GFP_KERNEL)?;
    forget(beat.start(Delta::from_millis(10)));
    close(KThread::spawn(c"outlives", || {
        while BEATS[2].fetch_add(1, Relaxed) < u32::MAX {
            delay::fsleep(Delta::from_millis(10));
        }
    })?)?;
    let _ = KBox::leak(KBox::new(OwnedQueue::new(c"outlives")?, GFP_KERNEL)?);
    DEVICE.populate(KBox::pin_init(device(c"outlives-leaked"), GFP_KERNEL)?);
    // The registration is dropped, but not its device.
    let options = chrdev::Options {
        name: c"outlives",
        minors: 1,
    };
    let devices = chrdev::Registration::<Held>::register(options, ())?;
    KEPT.populate(devices.device(0).ok_or(ENODEV)?.into());
    drop(devices);
    if let Some(device) = KEPT.as_ref() {
        dev_info!(device, "kept\n");
    }
    forget(filesystem::Registration::register(&NOTHING)?);
    forget(proc_fs::Entry::new(
        c"outlives",
        0o444,
        KBox::new(Running, GFP_KERNEL)?,
    )?);
    let folder = Kobject::create_and_add(c"outlives", None)?;
    forget(sysfs::File::new(
        &folder,
        c"number",
        0o644,
        Atomic::<u32>::new(1),
    )?);
    let number = sysctl::Entry::new(c"number", 0o644, Atomic::<u32>::new(2))?;
    forget(sysctl::Table::register(c"dev/outlives", [number])?);
    let folder = debugfs::Dir::new(c"outlives");
    let file = folder.read_write_file(c"number", Atomic::<u32>::new(3));
    forget(KBox::pin_init(file, GFP_KERNEL)?);
    let scoped = try_pin_init!(Scoped {
        _scope <- folder.scope(Atomic::<u32>::new(4), c"scope", |number, folder| {
            folder.read_only_file(c"number", number);
        }),
    });
    forget(KBox::pin_init(scoped, GFP_KERNEL)?);
    Ok(())
}
