// SPDX-License-Identifier: GPL-2.0

//! Files in `/sys`, each of which shows one value.
//!
//! ```
//! use kernel::attribute::Bounded;
//! use kernel::kobject::Kobject;
//! use kernel::prelude::*;
//! use kernel::sync::atomic::Atomic;
//! use kernel::sysfs;
//!
//! static LIMIT: Bounded<u32> = Bounded::new(Atomic::<u32>::new(16), 1..=64);
//!
//! struct MyModule {
//!     _limit: sysfs::File,
//! }
//!
//! impl kernel::Module for MyModule {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         let folder = Kobject::create_and_add(c"mine", None)?;
//!         // /sys/kernel/mine/limit
//!         Ok(MyModule { _limit: sysfs::File::new(&folder, c"limit", 0o644, &LIMIT)? })
//!     }
//! }
//! ```
//!
//! What is to be a file of a device is given to
//! [`chrdev::Registration::add_file`](crate::chrdev::Registration::add_file).

use crate::alive::{alive, Alive};
use crate::alloc::{flags::GFP_KERNEL, KBox};
use crate::attribute::{Attribute, Shown};
use crate::error::{from_result, to_result, Result};
use crate::ffi::{c_char, c_void};
use crate::kobject::Kobject;
use crate::str::{CStr, CStrExt};
use crate::sync::aref::ARef;
use crate::sync::Place;
use crate::value_text::{show, text};
use core::mem::{size_of, transmute};
use core::ptr::NonNull;

/// A file in the folder of a [`Kobject`]. Dropping it removes the file, and waits for those who read
/// or write it: so a value does not remove its own file.
pub struct File {
    // Removed from the folder before the folder may go.
    node: Node,
    folder: ARef<Kobject>,
}

impl File {
    /// Makes a file with the permissions `mode`, as `0o644`; others than root never write.
    ///
    /// # Errors
    ///
    /// `EEXIST` where there is one of this name, `EINVAL` for a name with a `/`, `ENOMEM`.
    #[track_caller]
    pub fn new(
        folder: &Kobject,
        name: &'static CStr,
        mode: u16,
        value: impl Attribute,
    ) -> Result<Self> {
        // SAFETY: the folder is there, and stays for as long as this has a reference.
        let node = unsafe { Node::add(folder.as_raw(), Owner::Kobject, name, mode, value) }?;
        Ok(Self {
            node,
            folder: folder.into(),
        })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the folder is there, and the file is in it. Afterwards nobody uses it.
        unsafe {
            let attribute = core::ptr::addr_of!((*self.node.0.as_ptr()).attribute);
            bindings::rust_helper_sysfs_remove_file(self.folder.as_raw(), attribute);
        }
    }
}

/// What a file refers to. Dropping it leaves the file, which must be gone before.
pub(crate) struct Node(NonNull<Contents>);

// SAFETY: it owns its contents, whose value is `Send`.
unsafe impl Send for Node {}
// SAFETY: a shared one is of no use.
unsafe impl Sync for Node {}

/// Whose folder a file is in, as which type C calls our functions.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    Kobject,
    Device,
}

/// C's `struct kobj_attribute` and `struct device_attribute`, which are alike, and our value. What C
/// passes first, the object or the device, is not looked at.
#[repr(C)]
struct Contents {
    attribute: bindings::attribute,
    show: Show<c_void, Self>,
    store: Store<c_void, Self>,
    value: KBox<dyn Attribute>,
    _alive: Alive,
}

type Show<O, A> = unsafe extern "C" fn(*mut O, *mut A, *mut c_char) -> isize;
type Store<O, A> = unsafe extern "C" fn(*mut O, *mut A, *const c_char, usize) -> isize;

crate::static_assert!(
    core::mem::offset_of!(Contents, value) == size_of::<bindings::kobj_attribute>()
        && core::mem::offset_of!(Contents, value) == size_of::<bindings::device_attribute>()
);

impl Node {
    /// Makes a file in the folder of a C object.
    ///
    /// # Safety
    ///
    /// The object must be in `/sys`, and be one of a device or of [`Kobject`]; its folder or this
    /// file must be removed before the node is dropped.
    #[track_caller]
    pub(crate) unsafe fn add(
        folder: *mut bindings::kobject,
        owner: Owner,
        name: &'static CStr,
        mode: u16,
        value: impl Attribute,
    ) -> Result<Self> {
        // SAFETY: all zeroes are a valid value of this C type.
        let mut attribute: bindings::attribute = unsafe { core::mem::zeroed() };
        attribute.name = name.as_char_ptr();
        // As the macros of C see to: a file in /sys that all may write is a mistake.
        attribute.mode = mode & !0o022;
        let value: KBox<dyn Attribute> = KBox::new(value, GFP_KERNEL)?;
        let contents = KBox::into_raw(KBox::new(
            Contents {
                attribute,
                show: owner.show(),
                store: owner.store(),
                value,
                _alive: alive!(File),
            },
            GFP_KERNEL,
        )?);
        // SAFETY: a box is never null.
        let node = Self(unsafe { NonNull::new_unchecked(contents) });
        // SAFETY: the caller says that the folder is there; the contents stay where they are, as does the key.
        to_result(unsafe {
            bindings::rust_helper_sysfs_create_file(
                folder,
                core::ptr::addr_of_mut!((*contents).attribute),
                Place::of_caller().key(),
            )
        })?;
        Ok(node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: it came from a box, and whoever made it says that there is no file any more.
        drop(unsafe { KBox::from_raw(self.0.as_ptr()) });
    }
}

// Each is of the very type that C calls it as: a kernel with kCFI stops what calls another one.
impl Owner {
    fn show(self) -> Show<c_void, Contents> {
        type OfKobject = Show<bindings::kobject, bindings::kobj_attribute>;
        type OfDevice = Show<bindings::device, bindings::device_attribute>;
        // SAFETY: pointers to whatever type are passed alike.
        unsafe {
            match self {
                Self::Kobject => transmute::<OfKobject, Show<c_void, Contents>>(read_of_kobject),
                Self::Device => transmute::<OfDevice, Show<c_void, Contents>>(read_of_device),
            }
        }
    }

    fn store(self) -> Store<c_void, Contents> {
        type OfKobject = Store<bindings::kobject, bindings::kobj_attribute>;
        type OfDevice = Store<bindings::device, bindings::device_attribute>;
        // SAFETY: as in `show`.
        unsafe {
            match self {
                Self::Kobject => transmute::<OfKobject, Store<c_void, Contents>>(write_of_kobject),
                Self::Device => transmute::<OfDevice, Store<c_void, Contents>>(write_of_device),
            }
        }
    }
}

macro_rules! called_as {
    ($read:ident, $write:ident, $owner:ty, $attribute:ty) => {
        /// # Safety
        ///
        /// As [`read`].
        unsafe extern "C" fn $read(
            _: *mut $owner,
            attribute: *mut $attribute,
            buffer: *mut c_char,
        ) -> isize {
            // SAFETY: the caller's promise.
            unsafe { read(attribute.cast(), buffer) }
        }

        /// # Safety
        ///
        /// As [`write`].
        unsafe extern "C" fn $write(
            _: *mut $owner,
            attribute: *mut $attribute,
            buffer: *const c_char,
            count: usize,
        ) -> isize {
            // SAFETY: the caller's promise.
            unsafe { write(attribute.cast(), buffer, count) }
        }
    };
}

called_as!(
    read_of_kobject,
    write_of_kobject,
    bindings::kobject,
    bindings::kobj_attribute
);
called_as!(
    read_of_device,
    write_of_device,
    bindings::device,
    bindings::device_attribute
);

/// # Safety
///
/// `contents` must be those of a file, and `buffer` a page.
unsafe fn read(contents: *mut Contents, buffer: *mut c_char) -> isize {
    // SAFETY: the caller's promise.
    let value = unsafe { &*(*contents).value };
    // SAFETY: the caller's promise.
    unsafe { show(buffer, &Shown(value)) as isize }
}

/// # Safety
///
/// `contents` must be those of a file, and `buffer` a string.
unsafe fn write(contents: *mut Contents, buffer: *const c_char, count: usize) -> isize {
    // SAFETY: the caller's promise.
    let value = unsafe { &*(*contents).value };
    from_result(|| {
        // SAFETY: the caller's promise.
        value.store(unsafe { text(buffer) }?)?;
        // At most a page.
        Ok(count as isize)
    })
}
