// SPDX-License-Identifier: GPL-2.0

//! Settings in `/proc/sys`, which `sysctl(8)` reads and writes.
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::sync::atomic::Atomic;
//! use kernel::attribute::Bounded;
//! use kernel::sysctl;
//!
//! static LIMIT: Bounded<i32> = Bounded::new(Atomic::<i32>::new(16), 1..=64);
//!
//! struct MyModule {
//!     _settings: sysctl::Table,
//! }
//!
//! impl kernel::Module for MyModule {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         // /proc/sys/dev/mine/limit, or dev.mine.limit
//!         let limit = sysctl::Entry::new(c"limit", 0o644, &LIMIT)?;
//!         Ok(MyModule { _settings: sysctl::Table::register(c"dev/mine", [limit])? })
//!     }
//! }
//! ```

use crate::alive::{alive, Alive};
use crate::alloc::{flags::GFP_KERNEL, KBox, KVec};
use crate::attribute::{Attribute, Shown};
use crate::error::{code::EEXIST, code::EINVAL, code::ENOMEM, from_result, to_result, Result};
use crate::ffi::{c_int, c_void};
use crate::fs::Proc;
use crate::str::{CStr, CStrExt, Formatter};
use crate::value_text::text;
use core::fmt::Write;
use core::ptr::NonNull;

/// A setting.
pub struct Entry {
    name: &'static CStr,
    mode: u16,
    value: KBox<dyn Attribute>,
}

impl Entry {
    /// Makes one with the permissions `mode`, as `0o644`.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory.
    pub fn new(name: &'static CStr, mode: u16, value: impl Attribute) -> Result<Self> {
        Ok(Self {
            name,
            mode: mode & 0o666,
            value: KBox::new(value, GFP_KERNEL)?,
        })
    }

    /// Tells whether there is a setting of this name.
    ///
    /// C's function refuses a second one too, but (6.1 to 6.12 at least) takes all others out of the
    /// folder when it does: its clean-up erases nodes of a tree that they were never put in.
    fn exists(&self, proc: &Proc, folder: &CStr) -> Result<bool> {
        let (folder, name) = (folder.to_str()?, self.name.to_str()?);
        proc.has(format_args!("sys/{folder}/{name}"))
    }
}

/// Settings that are registered. Dropping it removes them, and waits for those who read or write
/// them: so a value does not remove its own table.
///
/// # Invariants
///
/// `header` is registered, for `_rows`, each of which but the last refers to one of `_entries`.
pub struct Table {
    header: NonNull<bindings::ctl_table_header>,
    _rows: KVec<bindings::ctl_table>,
    _entries: KVec<Entry>,
    _alive: Alive,
}

// SAFETY: settings may be taken back by another thread than the one that registered them.
unsafe impl Send for Table {}
// SAFETY: a shared one is of no use.
unsafe impl Sync for Table {}

impl Table {
    /// Registers settings in a folder of `/proc/sys`, which is made where there is none.
    ///
    /// # Errors
    ///
    /// `EEXIST` where there is one of this name, `EINVAL` for a folder that is no UTF-8, `ENOMEM`.
    pub fn register<const N: usize>(folder: &CStr, settings: [Entry; N]) -> Result<Self> {
        let mut entries = KVec::<Entry>::with_capacity(N, GFP_KERNEL)?;
        let proc = Proc::mount()?;
        for entry in settings {
            if entries.iter().any(|other| other.name == entry.name)
                || entry.exists(&proc, folder)?
            {
                return Err(EEXIST);
            }
            entries.push(entry, GFP_KERNEL)?;
        }
        drop(proc);
        let mut rows = KVec::with_capacity(N + 1, GFP_KERNEL)?;
        for entry in &*entries {
            // SAFETY: all zeroes are a valid value of this C type.
            let mut row: bindings::ctl_table = unsafe { core::mem::zeroed() };
            row.procname = entry.name.as_char_ptr();
            row.data = core::ptr::from_ref(entry).cast_mut().cast();
            // A page is far smaller.
            #[allow(clippy::cast_possible_truncation)]
            let page = bindings::PAGE_SIZE as c_int;
            row.maxlen = page;
            row.mode = entry.mode;
            row.proc_handler = Some(handle);
            rows.push(row, GFP_KERNEL)?;
        }
        // Up to 6.10 the end of a table is an empty row.
        // SAFETY: all zeroes are a valid value of this C type.
        rows.push(unsafe { core::mem::zeroed() }, GFP_KERNEL)?;
        let alive = alive!(Table);
        // SAFETY: rows and entries are on the heap, where they stay until they are taken back.
        let header = unsafe {
            bindings::rust_helper_register_sysctl(folder.as_char_ptr(), rows.as_mut_ptr(), N)
        };
        // INVARIANT: it has just been registered.
        Ok(Self {
            header: NonNull::new(header).ok_or(ENOMEM)?,
            _rows: rows,
            _entries: entries,
            _alive: alive,
        })
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is registered. Afterwards nobody uses the rows.
        unsafe { bindings::unregister_sysctl_table(self.header.as_ptr()) };
    }
}

#[cfg(kernel_has = "ctl_row_const")]
type Row = *const bindings::ctl_table;
#[cfg(not(kernel_has = "ctl_row_const"))]
type Row = *mut bindings::ctl_table;

/// # Safety
///
/// `row` must be one of a [`Table`], and the others what C's `proc_dostring` takes.
unsafe extern "C" fn handle(
    row: Row,
    write: c_int,
    buffer: *mut c_void,
    length: *mut usize,
    position: *mut bindings::loff_t,
) -> c_int {
    from_result(|| {
        // SAFETY: the caller's promise; `register` puts the entry there, and it stays.
        let entry = unsafe { &*(*row).data.cast::<Entry>() };
        // SAFETY: the caller's promise.
        let (length_now, position_now) = unsafe { (*length, *position) };
        if write != 0 && (position_now != 0 || length_now >= bindings::PAGE_SIZE) {
            return Err(EINVAL);
        }
        // C's own function copies from and to the user, by way of a page that is ours alone.
        let mut page = KVec::from_elem(0u8, bindings::PAGE_SIZE, GFP_KERNEL)?;
        if write == 0 {
            // One byte is left for the end of the string.
            let room = &mut page[..bindings::PAGE_SIZE - 1];
            write!(Formatter::new(room), "{}", Shown(&*entry.value))?;
        }
        // SAFETY: the caller's promise.
        let mut copy = unsafe { *row };
        copy.data = page.as_mut_ptr().cast();
        // SAFETY: the row has a page for its data; the rest is the caller's promise.
        to_result(unsafe {
            bindings::proc_dostring(
                core::ptr::addr_of_mut!(copy),
                write,
                buffer,
                length,
                position,
            )
        })?;
        if write != 0 {
            // SAFETY: it is a string now.
            entry.value.store(unsafe { text(page.as_ptr().cast()) }?)?;
        }
        Ok(0)
    })
}
