// SPDX-License-Identifier: GPL-2.0

//! What files of devices can do, and what C calls for it: each function finds the Rust value of the
//! file and hands the call on.
//!
//! How a file is opened differs from one kind of device to the next; all else is the same. A trait
//! of each kind must have all methods, so a macro declares them.

use crate::error::{code::EIO, code::EIOCBQUEUED, Error, Result};
use crate::ffi::c_long;
use crate::fs::File;
use crate::types::ForeignOwnable;

/// Declares a trait of files, whose own items are given, and its `Table`, of which the caller writes
/// the function `open`: that puts there what `Ptr::into_foreign` gives.
macro_rules! file_operations {
    ($(#[$attribute:meta])* pub trait $name:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        #[macros::vtable]
        pub trait $name: Sized {
            /// The pointer to the value that belongs to one open file.
            type Ptr: $crate::types::ForeignOwnable + Send + Sync;

            $($own)*

            /// Closes the file: the last process has.
            fn release(device: Self::Ptr, _file: &$crate::fs::File) {
                drop(device);
            }

            /// Reads, and returns how many bytes: no more than there was room for.
            ///
            /// # Errors
            ///
            /// An error is what `read(2)` fails with; in place of `EIOCBQUEUED`, `EIO`.
            fn read_iter(_kiocb: $crate::fs::Kiocb<'_, Self::Ptr>, _iov: &mut $crate::iov::IovIterDest<'_>) -> $crate::error::Result<usize> {
                Err($crate::error::code::EINVAL)
            }

            /// Writes, and returns how many bytes: no more than there were.
            ///
            /// # Errors
            ///
            /// An error is what `write(2)` fails with; in place of `EIOCBQUEUED`, `EIO`.
            fn write_iter(_kiocb: $crate::fs::Kiocb<'_, Self::Ptr>, _iov: &mut $crate::iov::IovIterSource<'_>) -> $crate::error::Result<usize> {
                Err($crate::error::code::EINVAL)
            }

            /// Moves the position, and returns the new one. `whence` is `SEEK_SET` (0) and so on.
            ///
            /// # Errors
            ///
            /// An error is what `lseek(2)` fails with.
            fn llseek(
                _device: <Self::Ptr as $crate::types::ForeignOwnable>::Borrowed<'_>,
                _file: &$crate::fs::File,
                _offset: i64,
                _whence: i32,
            ) -> $crate::error::Result<i64> {
                Err($crate::error::code::EINVAL)
            }

            /// Says what the file is ready for (`POLLIN` and so on), and where to wait for more.
            ///
            /// # Errors
            ///
            /// With an error the file is ready for `POLLERR`.
            fn poll(
                _device: <Self::Ptr as $crate::types::ForeignOwnable>::Borrowed<'_>,
                _file: &$crate::fs::File,
                _table: $crate::sync::poll::PollTable<'_>,
            ) -> $crate::error::Result<u32> {
                Err($crate::error::code::EINVAL)
            }

            /// Maps memory into a process.
            ///
            /// # Errors
            ///
            /// An error is what `mmap(2)` fails with.
            fn mmap(
                _device: <Self::Ptr as $crate::types::ForeignOwnable>::Borrowed<'_>,
                _file: &$crate::fs::File,
                _vma: &$crate::mm::virt::VmaNew,
            ) -> $crate::error::Result {
                Err($crate::error::code::EINVAL)
            }

            /// Answers an ioctl. See [`kernel::ioctl`](crate::ioctl) for the numbers.
            ///
            /// # Errors
            ///
            /// An error is what `ioctl(2)` fails with.
            fn ioctl(
                _device: <Self::Ptr as $crate::types::ForeignOwnable>::Borrowed<'_>,
                _file: &$crate::fs::File,
                _cmd: u32,
                _arg: usize,
            ) -> $crate::error::Result<isize> {
                Err($crate::error::code::EINVAL)
            }

            /// Answers an ioctl of a 32-bit process on a 64-bit kernel. Where it is left out, `ioctl` does,
            /// with the argument as a pointer.
            ///
            /// # Errors
            ///
            /// An error is what `ioctl(2)` fails with.
            #[cfg(CONFIG_COMPAT)]
            fn compat_ioctl(
                _device: <Self::Ptr as $crate::types::ForeignOwnable>::Borrowed<'_>,
                _file: &$crate::fs::File,
                _cmd: u32,
                _arg: usize,
            ) -> $crate::error::Result<isize> {
                Err($crate::error::code::EINVAL)
            }

            /// Writes what `/proc/<pid>/fdinfo/<fd>` shows of the file.
            fn show_fdinfo(
                _device: <Self::Ptr as $crate::types::ForeignOwnable>::Borrowed<'_>,
                _m: &$crate::seq_file::SeqFile,
                _file: &$crate::fs::File,
            ) {
            }
        }

        /// What C calls for files whose value is a `T`.
        struct Table<T: $name>(core::marker::PhantomData<T>);

        // The kernel calls each function with a file of this table, opened
        // where it is not `open`, and keeps it open until the function returns.
        impl<T: $name> Table<T> {
            unsafe extern "C" fn release(_: *mut bindings::inode, file: *mut bindings::file) -> $crate::ffi::c_int {
                // SAFETY: `open` put it there, and nobody uses the file after this.
                let device = unsafe { T::Ptr::from_foreign((*file).private_data) };
                // SAFETY: the file exists until this returns.
                T::release(device, unsafe { $crate::fs::File::from_raw_file(file) });
                0
            }

            unsafe extern "C" fn read_iter(
                kiocb: *mut bindings::kiocb,
                iter: *mut bindings::iov_iter,
            ) -> isize {
                // SAFETY: both are valid for this call, and the file has a `T::Ptr`.
                let (kiocb, iov) = unsafe { ($crate::fs::Kiocb::from_raw(kiocb), $crate::iov::IovIterDest::from_raw(iter)) };
                let asked = iov.len();
                $crate::fs::operations::count(T::read_iter(kiocb, iov), asked)
            }

            unsafe extern "C" fn write_iter(
                kiocb: *mut bindings::kiocb,
                iter: *mut bindings::iov_iter,
            ) -> isize {
                // SAFETY: both are valid for this call, and the file has a `T::Ptr`.
                let (kiocb, iov) = unsafe { ($crate::fs::Kiocb::from_raw(kiocb), $crate::iov::IovIterSource::from_raw(iter)) };
                let asked = iov.len();
                $crate::fs::operations::count(T::write_iter(kiocb, iov), asked)
            }

            unsafe extern "C" fn llseek(
                file: *mut bindings::file,
                offset: bindings::loff_t,
                whence: $crate::ffi::c_int,
            ) -> bindings::loff_t {
                // SAFETY: the file is open, and `open` put a `T::Ptr` there.
                let (device, file) = unsafe { $crate::fs::operations::borrow::<T::Ptr>(file) };
                match T::llseek(device, file, offset, whence) {
                    // C takes it for an error's number.
                    Ok(position) if position < 0 => $crate::error::code::EINVAL.to_errno().into(),
                    Ok(position) => {
                        // What lseek returns is what the next read and write begin at.
                        // SAFETY: the file is open. Other threads may read and write the position
                        // meanwhile: the file of a device has no lock for it, so each does so as a
                        // whole, as C's functions do.
                        unsafe {
                            core::ptr::addr_of_mut!((*file.as_ptr()).f_pos).write_volatile(position);
                        }
                        position
                    }
                    Err(error) => error.to_errno().into(),
                }
            }

            unsafe extern "C" fn poll(
                file: *mut bindings::file,
                table: *mut bindings::poll_table_struct,
            ) -> bindings::__poll_t {
                // SAFETY: the file is open, and `open` put a `T::Ptr` there.
                let (device, file) = unsafe { $crate::fs::operations::borrow::<T::Ptr>(file) };
                // SAFETY: the table is valid for this call.
                let table = unsafe { $crate::sync::poll::PollTable::from_raw(file, table) };
                T::poll(device, file, table).unwrap_or($crate::sync::poll::POLLERR)
            }

            unsafe extern "C" fn mmap(
                file: *mut bindings::file,
                vma: *mut bindings::vm_area_struct,
            ) -> $crate::ffi::c_int {
                // SAFETY: the file is open, and `open` put a `T::Ptr` there.
                let (device, file) = unsafe { $crate::fs::operations::borrow::<T::Ptr>(file) };
                // SAFETY: the area is being made, and mmap holds its lock.
                let vma = unsafe { $crate::mm::virt::VmaNew::from_raw(vma) };
                $crate::error::from_result(|| T::mmap(device, file, vma).map(|()| 0))
            }

            unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: $crate::ffi::c_uint, arg: $crate::ffi::c_ulong) -> $crate::ffi::c_long {
                // SAFETY: the file is open, and `open` put a `T::Ptr` there.
                let (device, file) = unsafe { $crate::fs::operations::borrow::<T::Ptr>(file) };
                $crate::fs::operations::answer(T::ioctl(device, file, cmd, arg))
            }

            #[cfg(CONFIG_COMPAT)]
            unsafe extern "C" fn compat_ioctl(
                file: *mut bindings::file,
                cmd: $crate::ffi::c_uint,
                arg: $crate::ffi::c_ulong,
            ) -> $crate::ffi::c_long {
                // SAFETY: the file is open, and `open` put a `T::Ptr` there.
                let (device, file) = unsafe { $crate::fs::operations::borrow::<T::Ptr>(file) };
                $crate::fs::operations::answer(T::compat_ioctl(device, file, cmd, arg))
            }

            unsafe extern "C" fn show_fdinfo(m: *mut bindings::seq_file, file: *mut bindings::file) {
                // SAFETY: the file is open, and `open` put a `T::Ptr` there.
                let (device, file) = unsafe { $crate::fs::operations::borrow::<T::Ptr>(file) };
                // SAFETY: it is valid for this call.
                let m = unsafe { $crate::seq_file::SeqFile::from_raw(m) };
                T::show_fdinfo(device, m, file);
            }

            const FOPS: bindings::file_operations = {
                // SAFETY: all zeroes are a valid value of this C type.
                let mut fops: bindings::file_operations = unsafe { core::mem::zeroed() };
                // An open file keeps the module loaded.
                fops.owner = $crate::module::this_module();
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
    };
}
pub(crate) use file_operations;

/// Returns the value of an open file.
///
/// # Safety
///
/// `file` must be open for as long as `'a`, and have a `P` for its private data.
pub(crate) unsafe fn borrow<'a, P: ForeignOwnable>(
    file: *mut bindings::file,
) -> (P::Borrowed<'a>, &'a File) {
    // SAFETY: the caller says so, and that nobody takes it back before.
    let device = unsafe { P::borrow((*file).private_data) };
    // SAFETY: the caller says that it is open.
    (device, unsafe { File::from_raw_file(file) })
}

/// Returns what C is told of a read or write of at most `asked` bytes.
///
/// `EIO` where it claims more bytes, of which the process would take what it finds in its buffer, and
/// where it says that it answers later, which nothing here does: the kernel has a `BUG_ON` for that
/// (`new_sync_read()` in `fs/read_write.c`, 6.1 to 7.3).
pub(crate) fn count(result: Result<usize>, asked: usize) -> isize {
    let result = match result {
        Ok(n) if n > asked => Err(EIO),
        Err(EIOCBQUEUED) => Err(EIO),
        other => other,
    };
    // The kernel never asks for more than `MAX_RW_COUNT`, which an `isize` holds.
    result.map_or_else(|error| Error::to_errno(error) as isize, |n| n as isize)
}

pub(crate) fn answer(result: Result<isize>) -> c_long {
    result.map_or_else(|error| Error::to_errno(error) as c_long, |n| n as c_long)
}
