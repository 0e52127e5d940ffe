// SPDX-License-Identifier: GPL-2.0

//! Files that hold the bytes of a value.

use crate::alloc::{Allocator, Box, Vec};
use crate::error::{from_result, Result};
use crate::ffi::c_char;
use crate::fs::file::Offset;
use crate::sync::{Arc, Mutex};
use crate::transmute::{AsBytes, FromBytes};
use crate::uaccess::{UserPtr, UserSlice, UserSliceReader, UserSliceWriter};
use core::marker::PhantomData;
use core::pin::Pin;

/// A value whose bytes a file shows: all that is no more than its bytes, also in a [`Mutex`], a box,
/// an [`Arc`], and a vector of such.
pub trait BinaryWriter {
    /// Writes the bytes from `offset` on, moves that, and returns how many they were.
    ///
    /// # Errors
    ///
    /// An error is what `read(2)` fails with.
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut Offset) -> Result<usize>;
}

impl<T: AsBytes> BinaryWriter for T {
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut Offset) -> Result<usize> {
        writer.write_slice_file(self.as_bytes(), offset)
    }
}

impl<T: AsBytes, A: Allocator> BinaryWriter for Vec<T, A> {
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut Offset) -> Result<usize> {
        writer.write_slice_file((**self).as_bytes(), offset)
    }
}

impl<T: BinaryWriter> BinaryWriter for Mutex<T> {
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut Offset) -> Result<usize> {
        self.lock().write_to_slice(writer, offset)
    }
}

/// A value whose bytes are changed by writing to a file, by whoever has it for itself.
pub trait BinaryReaderMut {
    /// Takes bytes from `offset` on, moves that, and returns how many they were.
    ///
    /// # Errors
    ///
    /// An error is what `write(2)` fails with.
    fn read_from_slice_mut(
        &mut self,
        reader: &mut UserSliceReader,
        offset: &mut Offset,
    ) -> Result<usize>;
}

impl<T: AsBytes + FromBytes> BinaryReaderMut for T {
    fn read_from_slice_mut(
        &mut self,
        reader: &mut UserSliceReader,
        offset: &mut Offset,
    ) -> Result<usize> {
        let (bytes, length) = (core::ptr::from_mut(self).cast(), self.as_bytes().len());
        // SAFETY: it has so many bytes, all of them initialised, and any are a value.
        let bytes = unsafe { core::slice::from_raw_parts_mut(bytes, length) };
        reader.read_slice_file(bytes, offset)
    }
}

/// A value whose bytes are changed by writing to a file: what is no more than its bytes, in a
/// [`Mutex`]; also that in a box or an [`Arc`].
pub trait BinaryReader {
    /// Takes bytes from `offset` on, moves that, and returns how many they were.
    ///
    /// # Errors
    ///
    /// An error is what `write(2)` fails with.
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut Offset) -> Result<usize>;
}

impl<T: BinaryReaderMut> BinaryReader for Mutex<T> {
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut Offset) -> Result<usize> {
        self.lock().read_from_slice_mut(reader, offset)
    }
}

macro_rules! through_pointers {
    ($($pointer:ty, $($generic:ident: $bound:path)?;)*) => {
        $(
            impl<T: BinaryWriter, $($generic: $bound)?> BinaryWriter for $pointer {
                fn write_to_slice(
                    &self,
                    writer: &mut UserSliceWriter,
                    offset: &mut Offset,
                ) -> Result<usize> {
                    (**self).write_to_slice(writer, offset)
                }
            }

            impl<T: BinaryReader, $($generic: $bound)?> BinaryReader for $pointer {
                fn read_from_slice(
                    &self,
                    reader: &mut UserSliceReader,
                    offset: &mut Offset,
                ) -> Result<usize> {
                    (**self).read_from_slice(reader, offset)
                }
            }
        )*
    };
}

through_pointers! {
    Arc<T>,;
    Box<T, A>, A: Allocator;
    Pin<Box<T, A>>, A: Allocator;
}

/// What C calls for a file whose value is a `T`.
pub(super) struct Table<T>(PhantomData<T>);

const fn empty() -> bindings::file_operations {
    // SAFETY: all zeroes are a valid value of this C type.
    let mut fops: bindings::file_operations = unsafe { core::mem::zeroed() };
    // An open file keeps the module loaded.
    fops.owner = crate::module::this_module();
    fops.open = Some(bindings::simple_open);
    fops.llseek = Some(bindings::default_llseek);
    fops
}

// The kernel calls each function with an open file of this table, whose
// inode has a `T`, which `simple_open` puts into the file, and which stays until the call is done.
impl<T: BinaryWriter + Sync> Table<T> {
    unsafe extern "C" fn read(
        file: *mut bindings::file,
        buffer: *mut c_char,
        length: usize,
        position: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: the file has a `T`, and the position is this call's own.
        let (data, position) = unsafe { (&*(*file).private_data.cast::<T>(), &mut *position) };
        let user = UserSlice::new(UserPtr::from_ptr(buffer.cast()), length);
        // The kernel never asks for more than `MAX_RW_COUNT`, which an `isize` holds.
        from_result(|| Ok(data.write_to_slice(&mut user.writer(), position)? as isize))
    }

    pub(super) const READ: bindings::file_operations = {
        let mut fops = empty();
        fops.read = Some(Self::read);
        fops
    };
}

impl<T: BinaryReader + Sync> Table<T> {
    unsafe extern "C" fn write(
        file: *mut bindings::file,
        buffer: *const c_char,
        length: usize,
        position: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: the file has a `T`, and the position is this call's own.
        let (data, position) = unsafe { (&*(*file).private_data.cast::<T>(), &mut *position) };
        let user = UserSlice::new(UserPtr::from_ptr(buffer.cast_mut().cast()), length);
        // As above.
        from_result(|| Ok(data.read_from_slice(&mut user.reader(), position)? as isize))
    }

    pub(super) const WRITE: bindings::file_operations = {
        let mut fops = empty();
        fops.write = Some(Self::write);
        fops
    };
}

impl<T: BinaryWriter + BinaryReader + Sync> Table<T> {
    pub(super) const READ_WRITE: bindings::file_operations = {
        let mut fops = Self::READ;
        fops.write = Some(Self::write);
        fops
    };
}
