// SPDX-License-Identifier: GPL-2.0

//! A file, and what C calls for it.

use super::{bytes, BinaryReader, BinaryWriter, Dir, Entry, Reader, Scope, Writer};
use crate::alive::alive;
use crate::error::{from_result, Result};
use crate::ffi::{c_char, c_int, c_void};
use crate::seq_file::SeqFile;
use crate::str::{CStr, CStrExt};
use crate::uaccess::{UserPtr, UserSlice, UserSliceReader};
use core::fmt;
use core::marker::PhantomData;
use core::mem::size_of;
use core::ops::Deref;
use macros::{pin_data, try_pin_init};
use pin_init::PinInit;

/// A file and its value. Dropping it removes the file, and waits for those who read or write it.
#[pin_data]
pub struct File<T> {
    #[pin]
    scope: Scope<T>,
}

impl<T> Deref for File<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.scope
    }
}

impl<T: Send + Sync + 'static> File<T> {
    /// Makes a file of such operations.
    pub(super) fn create<'a, E: 'a>(
        folder: &'a Dir,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        operations: Operations<T>,
    ) -> impl PinInit<Self, E> + 'a {
        try_pin_init!(Self {
            scope <- Scope::new(data, move |data| Entry {
                _alive: Some(alive!(File)),
                // SAFETY: the parent is as C's function returned it, and outlives the entry; so does
                // the value.
                dentry: unsafe { operations.make(name, folder.dentry(), data) },
                _parent: folder.clone(),
            }),
        }? E)
    }
}

/// What a file can do, whose value is a `T`, and its permissions.
///
/// # Invariants
///
/// The functions are for inodes that have a `T`.
pub(super) struct Operations<T> {
    mode: u16,
    table: &'static bindings::file_operations,
    _t: PhantomData<fn(&T)>,
}

impl<T: Send + Sync + 'static> Operations<T> {
    /// That is read by `S` and written by `W`.
    pub(super) fn text<S: Show<T>, W: Store<T>>() -> Self {
        // INVARIANT: see the table.
        Self {
            mode: S::MODE | W::MODE,
            table: &Table::<T, S, W>::FOPS,
            _t: PhantomData,
        }
    }

    /// That shows the value's bytes.
    pub(super) fn bytes_read() -> Self
    where
        T: BinaryWriter,
    {
        // INVARIANT: see the table.
        Self {
            mode: 0o400,
            table: &bytes::Table::<T>::READ,
            _t: PhantomData,
        }
    }

    /// That changes the value's bytes.
    pub(super) fn bytes_written() -> Self
    where
        T: BinaryReader,
    {
        // INVARIANT: see the table.
        Self {
            mode: 0o200,
            table: &bytes::Table::<T>::WRITE,
            _t: PhantomData,
        }
    }

    /// That does both.
    pub(super) fn bytes() -> Self
    where
        T: BinaryWriter + BinaryReader,
    {
        // INVARIANT: see the table.
        Self {
            mode: 0o600,
            table: &bytes::Table::<T>::READ_WRITE,
            _t: PhantomData,
        }
    }

    /// Makes a file.
    ///
    /// # Safety
    ///
    /// `parent` must be a folder, or an error, which is then returned; the value must stay where it
    /// is until the file is removed.
    pub(super) unsafe fn make(
        &self,
        name: &CStr,
        parent: *mut bindings::dentry,
        data: &T,
    ) -> *mut bindings::dentry {
        // SAFETY: the name is a string, which is copied; the rest is the caller's promise and the
        // invariant.
        unsafe {
            bindings::rust_helper_debugfs_create_file(
                name.as_char_ptr(),
                self.mode,
                parent,
                core::ptr::from_ref(data).cast_mut().cast(),
                self.table,
            )
        }
    }
}

/// How a file is read.
pub(super) trait Show<T>: 'static {
    const MODE: u16;
    fn show(data: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// How a file is written.
pub(super) trait Store<T>: 'static {
    const MODE: u16;
    fn store(data: &T, reader: &mut UserSliceReader) -> Result;
}

/// Not at all. The permissions say so to all but root.
pub(super) struct Nothing;

impl<T> Show<T> for Nothing {
    const MODE: u16 = 0;
    fn show(_: &T, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<T> Store<T> for Nothing {
    const MODE: u16 = 0;
    fn store(_: &T, _: &mut UserSliceReader) -> Result {
        Err(crate::error::code::EPERM)
    }
}

/// As the value's own trait says.
pub(super) struct ByTrait;

impl<T: Writer> Show<T> for ByTrait {
    const MODE: u16 = 0o400;
    fn show(data: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        data.write(f)
    }
}

impl<T: Reader> Store<T> for ByTrait {
    const MODE: u16 = 0o200;
    fn store(data: &T, reader: &mut UserSliceReader) -> Result {
        data.read_from_slice(reader)
    }
}

/// By a function that captures nothing, so that its type is enough to call it.
pub(super) struct ByCall<F>(PhantomData<F>);

impl<F> ByCall<F> {
    const CAPTURES_NOTHING: () = assert!(size_of::<F>() == 0, "the function captures something");

    fn function<'a>() -> &'a F {
        let () = Self::CAPTURES_NOTHING;
        // SAFETY: it has no bytes, and whoever named the type had a reference to one for good.
        unsafe { core::ptr::NonNull::dangling().as_ref() }
    }
}

impl<T, F> Show<T> for ByCall<F>
where
    F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + 'static,
{
    const MODE: u16 = 0o400;
    fn show(data: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::function()(data, f)
    }
}

impl<T, F> Store<T> for ByCall<F>
where
    F: Fn(&T, &mut UserSliceReader) -> Result + 'static,
{
    const MODE: u16 = 0o200;
    fn store(data: &T, reader: &mut UserSliceReader) -> Result {
        Self::function()(data, reader)
    }
}

struct Table<T, S, W>(PhantomData<(T, S, W)>);

// The kernel calls each function with a file of this table, opened where
// it is not `open`, and an inode that has a `T`, which stays until the call is done.
impl<T: Sync, S: Show<T>, W: Store<T>> Table<T, S, W> {
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: the file is being opened, and its inode has a `T`, which `show` is for.
        unsafe { bindings::single_open(file, Some(Self::show), (*inode).i_private) }
    }

    unsafe extern "C" fn show(m: *mut bindings::seq_file, _: *mut c_void) -> c_int {
        // SAFETY: `open` gave it the `T`.
        let data = unsafe { &*(*m).private.cast::<T>() };
        // SAFETY: it is valid for this call.
        let m = unsafe { SeqFile::from_raw(m) };
        crate::seq_print!(m, "{}", Shown::<T, S>(data, PhantomData));
        0
    }

    unsafe extern "C" fn write(
        file: *mut bindings::file,
        buffer: *const c_char,
        length: usize,
        _: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: the file is open, and `single_open` put it there.
        let m = unsafe { (*file).private_data.cast::<bindings::seq_file>() };
        // SAFETY: `open` gave it the `T`.
        let data = unsafe { &*(*m).private.cast::<T>() };
        let user = UserSlice::new(UserPtr::from_ptr(buffer.cast_mut().cast()), length);
        from_result(|| {
            W::store(data, &mut user.reader())?;
            // The kernel never gives more than `MAX_RW_COUNT`, which an `isize` holds.
            Ok(length as isize)
        })
    }

    const FOPS: bindings::file_operations = {
        // SAFETY: all zeroes are a valid value of this C type.
        let mut fops: bindings::file_operations = unsafe { core::mem::zeroed() };
        // An open file keeps the module loaded.
        fops.owner = crate::module::this_module();
        fops.open = Some(Self::open);
        fops.read = Some(bindings::seq_read);
        fops.write = Some(Self::write);
        fops.llseek = Some(bindings::seq_lseek);
        fops.release = Some(bindings::single_release);
        fops
    };
}

struct Shown<'a, T, S>(&'a T, PhantomData<S>);

impl<T, S: Show<T>> fmt::Display for Shown<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        S::show(self.0, f)
    }
}
