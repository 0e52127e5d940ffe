// SPDX-License-Identifier: GPL-2.0

//! A value that several files show parts of.

use super::file::{ByCall, ByTrait, Nothing, Operations};
use super::{make_folder, BinaryReader, BinaryWriter, Dir, Entry, Reader, Writer};
use crate::alive::alive;
use crate::error::Result;
use crate::str::CStr;
use crate::uaccess::UserSliceReader;
use core::fmt;
use core::marker::{PhantomData, PhantomPinned};
use core::ops::Deref;
use core::pin::Pin;
use macros::{pin_data, try_pin_init};
use pin_init::PinInit;

/// A value, and the folder with the files that show it. Dropping it removes all of them, and waits
/// for those who read or write them.
///
/// ```
/// use kernel::debugfs::{Dir, Scope};
/// use kernel::prelude::*;
/// use kernel::sync::atomic::Atomic;
///
/// struct Counts {
///     good: Atomic<u64>,
///     bad: Atomic<u64>,
/// }
///
/// let folder = Dir::new(c"mine");
/// let counts = Counts { good: Atomic::<u64>::new(0), bad: Atomic::<u64>::new(0) };
/// // /sys/kernel/debug/mine/counts/good and /sys/kernel/debug/mine/counts/bad
/// let scope: Pin<KBox<Scope<Counts>>> = KBox::pin_init(
///     folder.scope(counts, c"counts", |counts, folder| {
///         folder.read_write_file(c"good", &counts.good);
///         folder.read_only_file(c"bad", &counts.bad);
///     }),
///     GFP_KERNEL,
/// )?;
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct Scope<T> {
    // Dropped before the value that it refers to.
    entry: Entry,
    #[pin]
    data: T,
    #[pin]
    _pin: PhantomPinned,
}

impl<T> Deref for Scope<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<'a, T: 'a> Scope<T> {
    /// Makes the value, and then what refers to it.
    pub(super) fn new<E: 'a>(
        data: impl PinInit<T, E> + 'a,
        make: impl FnOnce(&T) -> Entry + 'a,
    ) -> impl PinInit<Self, E> + 'a {
        try_pin_init!(Self {
            entry: Entry::none(),
            data <- data,
            _pin: PhantomPinned,
        }? E)
        .pin_chain(move |scope: Pin<&mut Self>| {
            // SAFETY: the entry is not pinned, and nothing else is moved.
            let scope = unsafe { scope.get_unchecked_mut() };
            scope.entry = make(&scope.data);
            Ok(())
        })
    }

    pub(super) fn folder<E: 'a, F>(
        data: impl PinInit<T, E> + 'a,
        name: &'a CStr,
        parent: Option<&'a Dir>,
        init: F,
    ) -> impl PinInit<Self, E> + 'a
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) + 'a,
    {
        Self::new(data, move |data| {
            let entry = Entry::folder(name, parent, Some(alive!(Scope)));
            init(data, &ScopedDir(entry.dentry, PhantomData));
            entry
        })
    }

    /// Makes a folder in `/sys/kernel/debug` for a value, and lets `init` put files in that show
    /// the value's parts.
    pub fn dir<E: 'a, F>(
        data: impl PinInit<T, E> + 'a,
        name: &'a CStr,
        init: F,
    ) -> impl PinInit<Self, E> + 'a
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) + 'a,
    {
        Self::folder(data, name, None, init)
    }
}

/// A folder of a [`Scope`], while it is being filled with files that show parts of its value.
///
/// # Invariants
///
/// It is a folder that is removed before anything that lives for `'data`, or an error.
pub struct ScopedDir<'data, 'dir>(
    *mut bindings::dentry,
    PhantomData<fn(&'data ()) -> &'dir ()>,
);

impl<'data> ScopedDir<'data, '_> {
    /// Makes a folder in this one.
    #[must_use]
    pub fn dir<'inner>(&'inner self, name: &CStr) -> ScopedDir<'data, 'inner> {
        // INVARIANT: it is removed with the folder that it is in.
        // SAFETY: by the invariant it is a folder, or an error.
        ScopedDir(unsafe { make_folder(name, self.0) }, PhantomData)
    }

    fn file<T: Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
        operations: &Operations<T>,
    ) {
        // SAFETY: by the invariant it is a folder, or an error, and removed before the value is
        // dropped, with all that is in it.
        unsafe { operations.make(name, self.0, data) };
    }

    /// Makes a file that shows a value.
    pub fn read_only_file<T: Writer + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.file(name, data, &Operations::text::<ByTrait, Nothing>());
    }

    /// Makes a file that shows a value, and changes it when it is written.
    pub fn read_write_file<T: Writer + Reader + Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
    ) {
        self.file(name, data, &Operations::text::<ByTrait, ByTrait>());
    }

    /// Makes a file that changes a value when it is written.
    pub fn write_only_file<T: Reader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.file(name, data, &Operations::text::<Nothing, ByTrait>());
    }

    /// Makes a file that shows a value as `_f` writes it, which must not capture anything.
    pub fn read_callback_file<T, F>(&self, name: &CStr, data: &'data T, _f: &'static F)
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync + 'static,
    {
        self.file(name, data, &Operations::text::<ByCall<F>, Nothing>());
    }

    /// Makes a file that shows a value as `_f` writes it, and is written as `_w` reads it; neither
    /// may capture anything.
    pub fn read_write_callback_file<T, F, W>(
        &self,
        name: &CStr,
        data: &'data T,
        _f: &'static F,
        _w: &'static W,
    ) where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync + 'static,
    {
        self.file(name, data, &Operations::text::<ByCall<F>, ByCall<W>>());
    }

    /// Makes a file that is written as `_w` reads it, which must not capture anything.
    pub fn write_only_callback_file<T, W>(&self, name: &CStr, data: &'data T, _w: &'static W)
    where
        T: Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync + 'static,
    {
        self.file(name, data, &Operations::text::<Nothing, ByCall<W>>());
    }

    /// Makes a file that shows a value's bytes.
    pub fn read_binary_file<T: BinaryWriter + Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
    ) {
        self.file(name, data, &Operations::bytes_read());
    }

    /// Makes a file that shows a value's bytes, and changes those that are written.
    pub fn read_write_binary_file<T: BinaryWriter + BinaryReader + Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
    ) {
        self.file(name, data, &Operations::bytes());
    }

    /// Makes a file that changes those of a value's bytes that are written.
    pub fn write_binary_file<T: BinaryReader + Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
    ) {
        self.file(name, data, &Operations::bytes_written());
    }
}
