// SPDX-License-Identifier: GPL-2.0

//! What C calls: each function finds the Rust value of the file and hands the call on.

use super::{MiscDevice, MiscDeviceRegistration};
use crate::error::{from_result, Error, Result};
use crate::ffi::{c_int, c_long, c_uint, c_ulong};
use crate::fs::{File, Kiocb};
use crate::iov::{IovIterDest, IovIterSource};
use crate::mm::virt::VmaNew;
use crate::seq_file::SeqFile;
use crate::sync::poll::PollTable;
use crate::types::ForeignOwnable;
use core::marker::PhantomData;

/// Returns the table for `T`.
pub(super) const fn fops<T: MiscDevice>() -> &'static bindings::file_operations {
    &Table::<T>::FOPS
}

struct Table<T: MiscDevice>(PhantomData<T>);

type Borrowed<'a, T> = <<T as MiscDevice>::Ptr as ForeignOwnable>::Borrowed<'a>;

/// Returns the value of an open file.
///
/// # Safety
///
/// `file` must be open for as long as `'a`, by `open` below.
unsafe fn borrow<'a, T: MiscDevice>(file: *mut bindings::file) -> (Borrowed<'a, T>, &'a File) {
    // SAFETY: `open` put there what `into_foreign` gave, and `release` alone takes it back.
    let device = unsafe { T::Ptr::borrow((*file).private_data) };
    // SAFETY: the caller says that it is open.
    (device, unsafe { File::from_raw_file(file) })
}

// SAFETY of all that follows: the kernel calls each function with a file of this table, opened
// where it is not `open`, and keeps it open until the function returns.
#[allow(clippy::undocumented_unsafe_blocks)]
impl<T: MiscDevice> Table<T> {
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        from_result(|| {
            crate::error::to_result(unsafe { bindings::generic_file_open(inode, file) })?;
            // `misc_open` left the registered device here, and keeps it registered until we return.
            let misc = unsafe { &*(*file).private_data.cast::<MiscDeviceRegistration<T>>() };
            let device = T::open(unsafe { File::from_raw_file(file) }, misc)?;
            unsafe { (*file).private_data = device.into_foreign() };
            Ok(0)
        })
    }

    unsafe extern "C" fn release(_: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        let device = unsafe { T::Ptr::from_foreign((*file).private_data) };
        T::release(device, unsafe { File::from_raw_file(file) });
        0
    }

    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        let (kiocb, iov) = unsafe { (Kiocb::from_raw(kiocb), IovIterDest::from_raw(iter)) };
        count(T::read_iter(kiocb, iov))
    }

    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        let (kiocb, iov) = unsafe { (Kiocb::from_raw(kiocb), IovIterSource::from_raw(iter)) };
        count(T::write_iter(kiocb, iov))
    }

    unsafe extern "C" fn llseek(
        file: *mut bindings::file,
        offset: bindings::loff_t,
        whence: c_int,
    ) -> bindings::loff_t {
        let (device, file) = unsafe { borrow::<T>(file) };
        match T::llseek(device, file, offset, whence) {
            Ok(position) => {
                // What lseek returns is what the next read and write begin at.
                unsafe { (*file.as_ptr()).f_pos = position };
                position
            }
            Err(error) => error.to_errno().into(),
        }
    }

    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        let (device, file) = unsafe { borrow::<T>(file) };
        let table = unsafe { PollTable::from_raw(file, table) };
        T::poll(device, file, table).unwrap_or(crate::sync::poll::POLLERR)
    }

    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        let (device, file) = unsafe { borrow::<T>(file) };
        let vma = unsafe { VmaNew::from_raw(vma) };
        from_result(|| T::mmap(device, file, vma).map(|()| 0))
    }

    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        let (device, file) = unsafe { borrow::<T>(file) };
        answer(T::ioctl(device, file, cmd, arg))
    }

    #[cfg(CONFIG_COMPAT)]
    unsafe extern "C" fn compat_ioctl(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        let (device, file) = unsafe { borrow::<T>(file) };
        answer(T::compat_ioctl(device, file, cmd, arg))
    }

    unsafe extern "C" fn show_fdinfo(m: *mut bindings::seq_file, file: *mut bindings::file) {
        let (device, file) = unsafe { borrow::<T>(file) };
        T::show_fdinfo(device, unsafe { SeqFile::from_raw(m) }, file);
    }

    const FOPS: bindings::file_operations = {
        // All zeroes are a valid value of this C type.
        let mut fops: bindings::file_operations = unsafe { core::mem::zeroed() };
        // An open file keeps the module loaded.
        fops.owner = crate::module::this_module();
        fops.open = Some(Self::open);
        fops.release = Some(Self::release);
        if T::HAS_READ_ITER {
            fops.read_iter = Some(Self::read_iter);
        }
        if T::HAS_WRITE_ITER {
            fops.write_iter = Some(Self::write_iter);
        }
        if T::HAS_LLSEEK {
            fops.llseek = Some(Self::llseek);
        }
        if T::HAS_POLL {
            fops.poll = Some(Self::poll);
        }
        if T::HAS_MMAP {
            fops.mmap = Some(Self::mmap);
        }
        if T::HAS_IOCTL {
            fops.unlocked_ioctl = Some(Self::ioctl);
        }
        #[cfg(CONFIG_COMPAT)]
        if T::HAS_COMPAT_IOCTL {
            fops.compat_ioctl = Some(Self::compat_ioctl);
        } else if T::HAS_IOCTL {
            fops.compat_ioctl = Some(bindings::compat_ptr_ioctl);
        }
        if T::HAS_SHOW_FDINFO {
            fops.show_fdinfo = Some(Self::show_fdinfo);
        }
        fops
    };
}

fn count(result: Result<usize>) -> isize {
    // The kernel never asks for more than `MAX_RW_COUNT`, which an `isize` holds.
    result.map_or_else(|error| Error::to_errno(error) as isize, |n| n as isize)
}

fn answer(result: Result<isize>) -> c_long {
    result.map_or_else(|error| Error::to_errno(error) as c_long, |n| n as c_long)
}
