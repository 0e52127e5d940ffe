// SPDX-License-Identifier: GPL-2.0

//! A misc device that does all that one can.

#![no_std]

use core::sync::atomic::Ordering;
use kernel::fs::{file, File, Kiocb};
use kernel::ioctl::{_IO, _IOC_SIZE, _IOR, _IOW, _IOWR};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::mm::virt::{UserPages, VmaNew};
use kernel::prelude::*;
use kernel::seq_file::{seq_print, SeqFile};
use kernel::sync::poll::{PollCondVar, PollTable, POLLERR, POLLIN, POLLOUT};
use kernel::sync::{Arc, Mutex};
use kernel::time::{delay, Delta};
use kernel::uaccess::UserSlice;

module! {
    type: DeviceModule,
    name: "device",
    authors: ["The rkmbuild developers"],
    description: "A misc device that does all that one can",
    license: "GPL",
    params: {
        fails: bool {
            default: false,
            description: "Fail to load once the device has been there for a while",
        },
    },
}

const MAGIC: u32 = b'r' as u32;
const WHO: u32 = _IO(MAGIC, 0);
const GET: u32 = _IOR::<u64>(MAGIC, 1);
const SET: u32 = _IOW::<u64>(MAGIC, 2);
const FORGET: u32 = _IO(MAGIC, 4);
const FULL: u32 = _IO(MAGIC, 5);

/// Positions at which a read and a write are answered with what is not so.
const LATER: i64 = 7777;
const MORE: i64 = 8888;

fn lie(position: i64, length: usize) -> Option<Result<usize>> {
    match position {
        LATER => Some(Err(EIOCBQUEUED)),
        MORE => Some(Ok(length + 1)),
        _ => None,
    }
}
const ADD: u32 = _IOWR::<u64>(MAGIC, 3);

#[pin_data]
struct DeviceModule {
    #[pin]
    registration: MiscDeviceRegistration<Device>,
}

impl kernel::InPlaceModule for DeviceModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            registration <- MiscDeviceRegistration::register(MiscDeviceOptions {
                name: c"rkm-device",
            }),
            _: {
                dev_info!(registration.device(), "registered\n");
                if *module_parameters::fails.value() {
                    delay::fsleep(Delta::from_millis(300));
                    return Err(ENODEV);
                }
            },
        })
    }
}

struct State {
    text: KVVec<u8>,
    value: u64,
    /// Nothing can be written.
    full: bool,
}

#[pin_data(PinnedDrop)]
struct Device {
    #[pin]
    state: Mutex<State>,
    #[pin]
    filled: PollCondVar,
    /// Goes while the file is open.
    #[pin]
    passing: Mutex<Option<Pin<KBox<PollCondVar>>>>,
    pages: UserPages,
}

#[pinned_drop]
impl PinnedDrop for Device {
    fn drop(self: Pin<&mut Self>) {
        pr_info!("closed\n");
    }
}

#[vtable]
impl MiscDevice for Device {
    type Ptr = Arc<Self>;

    fn open(file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Self>> {
        if file.flags() & file::flags::O_ACCMODE == file::flags::O_WRONLY {
            return Err(EACCES);
        }
        let pages = UserPages::new(3 * 4096)?;
        for (n, byte) in pages.bytes().iter().enumerate() {
            byte.store((n / 4096) as u8 + 1, Ordering::Relaxed);
        }
        dev_info!(misc.device(), "opened by {}\n", current!().pid());
        Arc::pin_init(
            try_pin_init!(Device {
                state <- kernel::new_mutex!(State {
                    text: KVVec::new(),
                    value: 1,
                    full: false,
                }),
                filled <- kernel::new_poll_condvar!("filled"),
                passing <- kernel::new_mutex!(Some(KBox::pin_init(
                    kernel::new_poll_condvar!("passing"),
                    GFP_KERNEL,
                )?)),
                pages,
            }),
            GFP_KERNEL,
        )
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        if let Some(answer) = lie(kiocb.ki_pos(), iov.len()) {
            return answer;
        }
        let me = kiocb.file();
        let state = me.state.lock();
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), &state.text)
    }

    fn write_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        if let Some(answer) = lie(kiocb.ki_pos(), iov.len()) {
            return answer;
        }
        let me = kiocb.file();
        let mut state = me.state.lock();
        state.text.clear();
        let n = iov.copy_from_iter_vec(&mut state.text, GFP_KERNEL)?;
        *kiocb.ki_pos_mut() = 0;
        me.filled.notify_all();
        Ok(n)
    }

    fn llseek(
        me: kernel::sync::ArcBorrow<'_, Self>,
        file: &File,
        offset: i64,
        whence: i32,
    ) -> Result<i64> {
        let base = match whence {
            0 => 0,
            2 => i64::try_from(me.state.lock().text.len())?,
            // The kernel would take it for an error's number.
            4 => return Ok(offset),
            _ => return Err(EINVAL),
        };
        let _ = file;
        let position = base.checked_add(offset).ok_or(EOVERFLOW)?;
        if position < 0 {
            return Err(EINVAL);
        }
        Ok(position)
    }

    fn poll(
        me: kernel::sync::ArcBorrow<'_, Self>,
        _file: &File,
        table: PollTable<'_>,
    ) -> Result<u32> {
        table.register_wait(&me.filled);
        let state = me.state.lock();
        let mut ready = if state.text.is_empty() { 0 } else { POLLIN };
        if !state.full {
            ready |= POLLOUT;
        }
        match &*me.passing.lock() {
            Some(passing) => table.register_wait(passing),
            None if state.full => ready |= POLLERR,
            None => {}
        }
        Ok(ready)
    }

    fn mmap(me: kernel::sync::ArcBorrow<'_, Self>, _file: &File, vma: &VmaNew) -> Result {
        vma.try_clear_maywrite()?;
        vma.map_pages(&me.pages)
    }

    fn ioctl(
        me: kernel::sync::ArcBorrow<'_, Self>,
        _file: &File,
        cmd: u32,
        arg: usize,
    ) -> Result<isize> {
        if cmd == FULL {
            me.state.lock().full = true;
            return Ok(0);
        }
        if cmd == FORGET {
            let passing = me.passing.lock().take();
            drop(passing);
            return Ok(0);
        }
        let user = UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd));
        let mut state = me.state.lock();
        match cmd {
            WHO => return Ok(current!().pid() as isize),
            GET => user.writer().write(&state.value)?,
            SET => state.value = user.reader().read()?,
            ADD => {
                let (mut reader, mut writer) = user.reader_writer();
                let sum = state.value.wrapping_add(reader.read()?);
                state.value = sum;
                writer.write(&sum)?;
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _me: kernel::sync::ArcBorrow<'_, Self>,
        _file: &File,
        cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        match cmd {
            WHO => Ok(32),
            _ => Err(ENOTTY),
        }
    }

    fn show_fdinfo(me: kernel::sync::ArcBorrow<'_, Self>, m: &SeqFile, _file: &File) {
        seq_print!(m, "value:\t{}\n", me.state.lock().value);
    }
}
