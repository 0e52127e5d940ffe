// SPDX-License-Identifier: GPL-2.0

//! Character devices with several minors: one major number, and a file `/dev/<name><minor>` each.
//!
//! A driver of one device is simpler as a [`miscdevice`](crate::miscdevice).
//!
//! ```
//! use kernel::chrdev::{self, CharDevice, Minor};
//! use kernel::fs::{File, Kiocb};
//! use kernel::iov::IovIterDest;
//! use kernel::prelude::*;
//! use kernel::str::CString;
//!
//! struct MyModule {
//!     _devices: chrdev::Registration<Channel>,
//! }
//!
//! impl kernel::Module for MyModule {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         let options = chrdev::Options { name: c"channel", minors: 4 };
//!         Ok(MyModule { _devices: chrdev::Registration::register(options, ())? })
//!     }
//! }
//!
//! struct Channel(u32);
//!
//! #[vtable]
//! impl CharDevice for Channel {
//!     type Ptr = KBox<Self>;
//!     type Data = ();
//!
//!     fn open(_file: &File, minor: Minor<'_, Self>) -> Result<KBox<Self>> {
//!         Ok(KBox::new(Channel(minor.number()), GFP_KERNEL)?)
//!     }
//!
//!     fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
//!         let text = CString::try_from_fmt(fmt!("channel {}\n", kiocb.file().0))?;
//!         iov.simple_read_from_buffer(kiocb.ki_pos_mut(), text.to_bytes())
//!     }
//! }
//! ```

use crate::alive::{alive, Alive};
use crate::alloc::{flags::GFP_KERNEL, KBox, KVVec, KVec};
use crate::attribute::Attribute;
use crate::device::Device;
use crate::error::{code::EINVAL, code::ENODEV, from_err_ptr, from_result, to_result, Result};
use crate::ffi::c_int;
use crate::fs::{operations::file_operations, File};
use crate::str::{CStr, CStrExt};
use crate::sync::Place;
use crate::sysfs;
use crate::types::{ForeignOwnable, Opaque};
use core::cell::UnsafeCell;
use core::ptr::NonNull;

/// What devices are to be.
#[derive(Clone, Copy)]
pub struct Options {
    /// The name of their class, `/sys/class/<name>`; their files are `/dev/<name>0` and so on.
    pub name: &'static CStr,
    /// How many there are.
    pub minors: u32,
}

/// What the kernel's table of character devices refers to.
///
/// It outlives its registration where a file is being opened at that moment: the kernel then still
/// has the `cdev`, which counts as a user. So does each device, to which there may be references.
///
/// # Invariants
///
/// `class` is null, or a class whose devices count as users.
struct Region<T: CharDevice> {
    cdev: Opaque<bindings::cdev>,
    users: Opaque<bindings::kobject>,
    first: bindings::dev_t,
    class: UnsafeCell<*mut bindings::class>,
    data: T::Data,
    _alive: Alive,
}

impl<T: CharDevice> Region<T> {
    const USERS: bindings::kobj_type = {
        // SAFETY: all zeroes are a valid value of this C type.
        let mut kind: bindings::kobj_type = unsafe { core::mem::zeroed() };
        kind.release = Some(Self::release);
        kind
    };

    /// # Safety
    ///
    /// `users` must be that of a region which came from a box and has no user any more.
    unsafe extern "C" fn release(users: *mut bindings::kobject) {
        let offset = core::mem::offset_of!(Self, users);
        // SAFETY: the caller's promise: it lies so far into a region.
        let region = unsafe { KBox::from_raw(users.byte_sub(offset).cast::<Self>()) };
        // SAFETY: nobody else has the region.
        let class = unsafe { *region.class.get() };
        if !class.is_null() {
            // SAFETY: by the invariant it is a class, which has no device any more.
            unsafe { bindings::class_destroy(class) };
        }
    }
}

/// Registered devices; dropping it takes their files out of `/dev`. Files that are open stay so, and
/// keep the module loaded.
///
/// # Invariants
///
/// The region has a user that is this, and its `cdev` is in the kernel's table. `class` is null, or
/// the region's class with the devices of the first minors.
pub struct Registration<T: CharDevice> {
    region: NonNull<Region<T>>,
    minors: u32,
    class: *mut bindings::class,
    devices: KVVec<NonNull<bindings::device>>,
    files: KVec<sysfs::Node>,
}

// SAFETY: devices may be taken back by another thread than the one that registered them.
unsafe impl<T: CharDevice> Send for Registration<T> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<T: CharDevice> Sync for Registration<T> {}

impl<T: CharDevice> Registration<T> {
    /// Registers devices that share `data`.
    ///
    /// # Errors
    ///
    /// `EINVAL` for no minor or too many, `EEXIST` where a class or device has the name, `EBUSY`
    /// where no major number is free, `ENOMEM`.
    #[track_caller]
    pub fn register(options: Options, data: T::Data) -> Result<Self> {
        let Options { name, minors } = options;
        if minors == 0 || minors > 1 << bindings::MINORBITS {
            return Err(EINVAL);
        }
        let mut region = KBox::new(
            Region::<T> {
                cdev: Opaque::uninit(),
                users: Opaque::zeroed(),
                first: 0,
                class: UnsafeCell::new(core::ptr::null_mut()),
                data,
                _alive: alive!(Registration),
            },
            GFP_KERNEL,
        )?;
        let devices = KVVec::with_capacity(minors as usize, GFP_KERNEL)?;
        // SAFETY: the name is a string, and the number is written to the region.
        to_result(unsafe {
            bindings::alloc_chrdev_region(&mut region.first, 0, minors, name.as_char_ptr())
        })?;
        let (cdev, users, first) = (region.cdev.get(), region.users.get(), region.first);
        // SAFETY: all are in the box, which stays where it is. The `cdev` counts as a user of the
        // region as soon as it is added.
        let added = to_result(unsafe {
            bindings::kobject_init(users, core::ptr::from_ref(&Region::<T>::USERS).cast_mut());
            bindings::cdev_init(cdev, &Table::<T>::FOPS);
            (*cdev).owner = crate::module::this_module();
            bindings::cdev_set_parent(cdev, users);
            bindings::cdev_add(cdev, first, minors)
        });
        if let Err(error) = added {
            // SAFETY: it was just reserved.
            unsafe { bindings::unregister_chrdev_region(first, minors) };
            return Err(error);
        }
        // INVARIANT: it has been added; the user that `kobject_init` counts is this.
        let mut this = Self {
            // SAFETY: a box is never null.
            region: unsafe { NonNull::new_unchecked(KBox::into_raw(region)) },
            minors,
            class: core::ptr::null_mut(),
            devices,
            files: KVec::new(),
        };
        let key = Place::of_caller().key();
        // SAFETY: the name is a string that stays, as does the key.
        let class = unsafe { bindings::rust_helper_class_create(name.as_char_ptr(), key) };
        this.class = from_err_ptr(class)?;
        // INVARIANT: it was just made.
        // SAFETY: nobody else looks at it before the region is released.
        unsafe { *this.region.as_ref().class.get() = this.class };
        for minor in 0..minors {
            // SAFETY: the class is valid, the name a string, and the region has its users.
            let device = from_err_ptr(unsafe {
                bindings::rust_helper_device_create(
                    this.class,
                    first + minor,
                    name.as_char_ptr(),
                    minor,
                    users,
                )
            })?;
            // INVARIANT: the devices are those of the first minors.
            // SAFETY: it is no error, and never null.
            let device = unsafe { NonNull::new_unchecked(device) };
            this.devices.push(device, GFP_KERNEL)?;
        }
        Ok(this)
    }

    /// Returns the device of a minor.
    #[must_use]
    pub fn device(&self, minor: u32) -> Option<&Device> {
        let device = self.devices.get(minor as usize)?;
        // SAFETY: it exists until the drop.
        Some(unsafe { Device::from_raw(device.as_ptr()) })
    }

    /// Makes a file in the folder of a device, `/sys/class/<name>/<name><minor>`, which is there for
    /// as long as the device. The permissions `mode` are as `0o644`.
    ///
    /// # Errors
    ///
    /// `ENODEV` where there is no such minor, `EEXIST` where there is a file of this name, `ENOMEM`.
    #[track_caller]
    pub fn add_file(
        &mut self,
        minor: u32,
        name: &'static CStr,
        mode: u16,
        value: impl Attribute,
    ) -> Result {
        self.files.reserve(1, GFP_KERNEL)?;
        let device = *self.devices.get(minor as usize).ok_or(ENODEV)?;
        // SAFETY: the device exists until the drop, which removes it and its files first.
        let node = unsafe {
            sysfs::Node::add(
                core::ptr::addr_of_mut!((*device.as_ptr()).kobj),
                sysfs::Owner::Device,
                name,
                mode,
                value,
            )
        }?;
        Ok(self.files.push(node, GFP_KERNEL)?)
    }

    /// Returns what the devices share.
    #[must_use]
    pub fn data(&self) -> &T::Data {
        // SAFETY: by the invariant the region is valid.
        unsafe { &self.region.as_ref().data }
    }

    /// Returns the major number.
    #[must_use]
    pub fn major(&self) -> u32 {
        // SAFETY: by the invariant the region is valid.
        unsafe { self.region.as_ref() }.first >> bindings::MINORBITS
    }
}

impl<T: CharDevice> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the region is valid.
        let region = unsafe { self.region.as_ref() };
        let (cdev, users, first) = (region.cdev.get(), region.users.get(), region.first);
        for (number, _) in (first..).zip(&*self.devices) {
            // SAFETY: the class has the device.
            unsafe { bindings::device_destroy(self.class, number) };
        }
        // SAFETY: by the invariant the `cdev` was added; the region has a user that is this, which ends
        // here. It is not used again.
        unsafe {
            bindings::cdev_del(cdev);
            bindings::unregister_chrdev_region(first, self.minors);
            bindings::kobject_put(users);
        }
    }
}

/// The device that is opened.
pub struct Minor<'a, T: CharDevice> {
    region: &'a Region<T>,
    number: u32,
}

impl<'a, T: CharDevice> Minor<'a, T> {
    /// Returns its number, from 0 on.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns what all devices of the registration share.
    #[must_use]
    pub fn data(&self) -> &'a T::Data {
        &self.region.data
    }
}

file_operations! {
    /// What an open file of a device is, and does. Implementations carry `#[vtable]`; what they
    /// leave out, the file cannot do.
    pub trait CharDevice {
        /// What all devices of a registration share.
        type Data: Send + Sync + 'static;

        /// Opens a device, and makes the value.
        ///
        /// # Errors
        ///
        /// An error is what `open(2)` fails with.
        fn open(file: &File, minor: Minor<'_, Self>) -> Result<Self::Ptr>;
    }
}

// `chrdev_open` calls it with a file that it is opening, and the inode of
// one of our devices, whose `cdev` it holds until we return.
impl<T: CharDevice> Table<T> {
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        from_result(|| {
            // SAFETY: the inode is that of a character device.
            let cdev = unsafe { bindings::rust_helper_inode_cdev(inode) };
            let offset = core::mem::offset_of!(Region<T>, cdev);
            // SAFETY: this table is in a `Region<T>` only, which is held with its `cdev`.
            let region = unsafe { &*cdev.byte_sub(offset).cast::<Region<T>>() };
            // SAFETY: the inode is valid for this call.
            let number = unsafe { (*inode).i_rdev } - region.first;
            // SAFETY: the file exists until this returns.
            let opened = unsafe { File::from_raw_file(file) };
            let device = T::open(opened, Minor { region, number })?;
            // SAFETY: nobody else has the file yet.
            unsafe { (*file).private_data = device.into_foreign() };
            Ok(0)
        })
    }
}
