// SPDX-License-Identifier: GPL-2.0

//! `/dev/containment`: who has it open keeps a container. user/containment.h has the commands for C.

use crate::container::Container;
use crate::members;
use crate::reports::{Line, Next, LINE};
use core::fmt::Write;
use core::ptr::NonNull;
use kernel::bindings;
use kernel::error::from_err_ptr;
use kernel::fs::file::flags::O_NONBLOCK;
use kernel::fs::{File, Kiocb};
use kernel::ioctl::_IO;
use kernel::iov::IovIterDest;
use kernel::miscdevice::{MiscDevice, MiscDeviceRegistration};
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::aref::ARef;
use kernel::sync::poll::{PollTable, POLLERR, POLLHUP, POLLIN};
use kernel::sync::{Arc, Mutex};
use kernel::task::{Pid, Task};

const CREATE: u32 = _IO(b'|' as u32, 0xa0);
const ADD: u32 = _IO(b'|' as u32, 0xa1);
const REMOVE: u32 = _IO(b'|' as u32, 0xa2);
const DESTROY: u32 = _IO(b'|' as u32, 0xa3);

/// An open file.
#[pin_data(PinnedDrop)]
pub(crate) struct Keeper {
    #[pin]
    container: Mutex<Option<Arc<Container>>>,
}

#[vtable]
impl MiscDevice for Keeper {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _device: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        KBox::pin_init(
            pin_init!(Keeper {
                container <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    fn ioctl(keeper: Pin<&Self>, _file: &File, command: u32, argument: usize) -> Result<isize> {
        // Who is inside may have been given an open file.
        if members::is_inside(current!().tgid()) {
            return Err(EPERM);
        }
        match command {
            CREATE => keeper.create(UserPtr::from_addr(argument))?,
            ADD => keeper.add(argument)?,
            REMOVE => keeper.remove(argument)?,
            DESTROY => keeper.destroy()?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    /// Gives as many lines as fit, and waits for the first.
    fn read_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        if iov.len() < LINE {
            return Err(EINVAL);
        }
        let container = kiocb.file().container()?;
        let mut line = Line::new()?;
        let mut copied = 0;
        // A report is taken once there is room for it, however long it is.
        while iov.len() >= LINE {
            let next = if copied == 0 && !nonblocking(&kiocb) {
                wait(&container)?
            } else {
                container.reports.lock().next()
            };
            line.clear();
            let written = match next {
                Next::Report(report) => report.write(&mut line),
                Next::Lost(count) => writeln!(line, "- - lost {count}"),
                Next::Nothing if copied == 0 => return Err(EAGAIN),
                Next::Nothing | Next::End => break,
            };
            written.map_err(|_| EIO)?;
            let now = iov.copy_to_iter(line.as_bytes());
            copied += now;
            if now < line.as_bytes().len() {
                break;
            }
        }
        match copied {
            0 if !line.as_bytes().is_empty() => Err(EFAULT),
            copied => Ok(copied),
        }
    }

    fn poll(keeper: Pin<&Self>, _file: &File, table: PollTable<'_>) -> Result<u32> {
        // Not a reference of our own: the last one must not go while its reports are waited for here.
        match &*keeper.container.lock() {
            Some(container) => {
                table.register_wait(&container.told);
                let ready = container.reports.lock().is_ready();
                Ok(if ready { POLLIN } else { 0 })
            }
            None => Ok(POLLHUP | POLLERR),
        }
    }
}

/// Tells whether a read is not to wait.
fn nonblocking(kiocb: &Kiocb<'_, Pin<KBox<Keeper>>>) -> bool {
    // SAFETY: the file is open while it is read.
    let file = unsafe { File::from_raw_file((*kiocb.as_raw()).ki_filp) };
    file.flags() & O_NONBLOCK != 0
}

/// Takes a report, and waits where there is none.
fn wait(container: &Container) -> Result<Next> {
    let mut reports = container.reports.lock();
    while !reports.is_ready() {
        if container.told.wait_interruptible(&mut reports) {
            return Err(ERESTARTSYS);
        }
    }
    Ok(reports.next())
}

impl Keeper {
    fn container(&self) -> Result<Arc<Container>> {
        self.container.lock().clone().ok_or(ENXIO)
    }

    fn create(&self, path: UserPtr) -> Result {
        let mut place = self.container.lock();
        if place.is_some() {
            return Err(EEXIST);
        }
        *place = Some(Container::create(path)?);
        Ok(())
    }

    fn add(&self, pid: usize) -> Result {
        let task = find(pid)?;
        let place = self.container.lock();
        members::add(&task, place.as_ref().ok_or(ENXIO)?)
    }

    fn remove(&self, pid: usize) -> Result {
        let task = find(pid)?;
        let place = self.container.lock();
        members::remove(task.tgid(), Some(place.as_ref().ok_or(ENXIO)?), |_| {})
    }

    fn destroy(&self) -> Result {
        let container = self.container.lock().take().ok_or(ENXIO)?;
        members::clear(&container);
        container.end();
        container.close();
        Ok(())
    }
}

/// Finds a process by its number, or that of a thread, as the caller counts them.
fn find(pid: usize) -> Result<ARef<Task>> {
    let pid = Pid::try_from(pid).map_err(|_| EINVAL)?;
    if pid == 0 {
        return Err(EINVAL);
    }
    // SAFETY: it only looks.
    let task = from_err_ptr(unsafe { bindings::containment_task(pid) })?;
    let task = NonNull::new(task.cast()).ok_or(ESRCH)?;
    // SAFETY: its user was counted for us.
    Ok(unsafe { ARef::from_raw(task) })
}

#[pinned_drop]
impl PinnedDrop for Keeper {
    /// Those inside stay: a keeper that dies does not set them free.
    fn drop(self: Pin<&mut Self>) {
        let container = self.container.lock().take();
        if let Some(container) = container {
            container.close();
        }
    }
}
