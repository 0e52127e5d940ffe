// SPDX-License-Identifier: GPL-2.0

//! A device that gives back what was written last.

use super::{new_mutex, Static};
use crate::THIS_MODULE;
use core::ptr::{addr_of_mut, null};
use kernel::bindings::{self, file, file_operations, inode, iov_iter, miscdevice};
use kernel::error::to_result;
use kernel::prelude::*;

const ROOM: usize = bindings::ROOM as usize;

struct Device {
    lock: bindings::mutex,
    length: usize,
    text: [u8; ROOM],
}

unsafe extern "C" fn open(_inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: the file is being opened, and nobody has the device yet.
    unsafe {
        let flags = bindings::GFP_KERNEL | bindings::__GFP_ZERO;
        let device = bindings::rust_helper_krealloc(null(), size_of::<Device>(), flags);
        let device = device.cast::<Device>();
        if device.is_null() {
            return -(bindings::ENOMEM as c_int);
        }
        new_mutex(addr_of_mut!((*device).lock));
        (*file).private_data = device.cast();
    }
    0
}

unsafe extern "C" fn release(_inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: it was opened, and nobody has it any more.
    unsafe { bindings::kfree((*file).private_data) };
    0
}

/// C's `iov_iter_count()`, which is inline.
unsafe fn left(iov: *const iov_iter) -> usize {
    // SAFETY: the caller's iterator, which has the number there.
    unsafe {
        iov.byte_add(bindings::IOV_ITER_COUNT)
            .cast::<usize>()
            .read()
    }
}

unsafe extern "C" fn read(kiocb: *mut bindings::kiocb, iov: *mut iov_iter) -> isize {
    // SAFETY: all are valid for this call.
    unsafe {
        let device = (*(*kiocb).ki_filp).private_data.cast::<Device>();
        let mut part = 0;

        if (*kiocb).ki_pos < 0 {
            return -(bindings::EINVAL as isize);
        }
        let pos = (*kiocb).ki_pos as usize;
        bindings::mutex_lock(addr_of_mut!((*device).lock));
        if pos < (*device).length {
            part = ((*device).length - pos).min(left(iov));
        }
        let from = addr_of_mut!((*device).text).cast::<u8>().wrapping_add(pos);
        let n = bindings::rust_helper_copy_to_iter(from.cast(), part, iov);
        bindings::mutex_unlock(addr_of_mut!((*device).lock));
        if n == 0 && part > 0 {
            return -(bindings::EFAULT as isize);
        }
        (*kiocb).ki_pos += n as i64;
        n as isize
    }
}

unsafe extern "C" fn write(kiocb: *mut bindings::kiocb, iov: *mut iov_iter) -> isize {
    // SAFETY: all are valid for this call.
    unsafe {
        let device = (*(*kiocb).ki_filp).private_data.cast::<Device>();
        let part = left(iov).min(ROOM);

        bindings::mutex_lock(addr_of_mut!((*device).lock));
        let to = addr_of_mut!((*device).text).cast();
        let n = bindings::rust_helper_copy_from_iter(to, part, iov);
        (*device).length = n;
        bindings::mutex_unlock(addr_of_mut!((*device).lock));
        if n == 0 && part > 0 {
            return -(bindings::EFAULT as isize);
        }
        (*kiocb).ki_pos += n as i64;
        n as isize
    }
}

static OPERATIONS: Static<file_operations> = Static::zeroed();
static DEVICE: Static<miscdevice> = Static::zeroed();

pub(super) unsafe fn start() -> Result {
    let (operations, device) = (OPERATIONS.get(), DEVICE.get());
    // SAFETY: nobody uses them yet.
    unsafe {
        (*operations).owner = THIS_MODULE.as_ptr();
        (*operations).open = Some(open);
        (*operations).release = Some(release);
        (*operations).read_iter = Some(read);
        (*operations).write_iter = Some(write);
        (*device).minor = bindings::MISC_DYNAMIC_MINOR as c_int;
        (*device).name = c"three-ways-bare".as_ptr().cast();
        (*device).fops = operations;
        to_result(bindings::misc_register(device))
    }
}

pub(super) unsafe fn stop() {
    // SAFETY: it is registered.
    unsafe { bindings::misc_deregister(DEVICE.get()) };
}
