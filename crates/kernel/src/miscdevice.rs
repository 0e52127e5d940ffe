// SPDX-License-Identifier: GPL-2.0

//! Devices with a file in `/dev`, for what belongs to no other class.
//!
//! ```
//! use kernel::fs::{File, Kiocb};
//! use kernel::iov::IovIterDest;
//! use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
//! use kernel::prelude::*;
//!
//! #[pin_data]
//! struct MyModule {
//!     #[pin]
//!     device: MiscDeviceRegistration<MyDevice>,
//! }
//!
//! impl kernel::InPlaceModule for MyModule {
//!     fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
//!         try_pin_init!(Self {
//!             device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"mine" }),
//!         })
//!     }
//! }
//!
//! struct MyDevice;
//!
//! #[vtable]
//! impl MiscDevice for MyDevice {
//!     type Ptr = KBox<Self>;
//!
//!     fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
//!         Ok(KBox::new(MyDevice, GFP_KERNEL)?)
//!     }
//!
//!     fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
//!         iov.simple_read_from_buffer(kiocb.ki_pos_mut(), b"hello\n")
//!     }
//! }
//! ```

use crate::alive::{alive, Alive};
use crate::device::Device;
use crate::error::{from_result, to_result, Error, Result};
use crate::ffi::c_int;
use crate::fs::{operations::file_operations, File};
use crate::str::CStr;
use crate::types::{ForeignOwnable, Opaque};
use core::marker::PhantomData;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

/// What a device is to be.
#[derive(Clone, Copy)]
pub struct MiscDeviceOptions {
    /// Its name: that of the file in `/dev`.
    pub name: &'static CStr,
}

impl MiscDeviceOptions {
    /// Makes what C registers.
    #[must_use]
    pub const fn into_raw<T: MiscDevice>(self) -> bindings::miscdevice {
        // SAFETY: all zeroes are a valid value of this C type.
        let mut raw: bindings::miscdevice = unsafe { core::mem::zeroed() };
        raw.minor = bindings::MISC_DYNAMIC_MINOR as _;
        raw.name = self.name.as_ptr().cast();
        raw.fops = &Table::<T>::FOPS;
        raw
    }
}

/// A registered device; dropping it takes the file out of `/dev`.
///
/// # Invariants
///
/// `inner` is registered, and is the first field, so that a pointer to it is one to the whole.
#[repr(C)]
#[pin_data(PinnedDrop)]
pub struct MiscDeviceRegistration<T> {
    #[pin]
    inner: Opaque<bindings::miscdevice>,
    _alive: Alive,
    _t: PhantomData<T>,
}

// SAFETY: a device may be taken back by another thread than the one that registered it.
unsafe impl<T> Send for MiscDeviceRegistration<T> {}
// SAFETY: what a shared reference offers may be called by several threads at once.
unsafe impl<T> Sync for MiscDeviceRegistration<T> {}

impl<T: MiscDevice> MiscDeviceRegistration<T> {
    /// Makes an initialiser that registers a device.
    pub fn register(opts: MiscDeviceOptions) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(MiscDeviceRegistration),
            inner <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                // SAFETY: the slot is valid for writes.
                unsafe { slot.write(opts.into_raw::<T>()) };
                // INVARIANT: it is registered where this is well.
                // SAFETY: the slot stays where it is until the registration is dropped.
                to_result(unsafe { bindings::misc_register(slot) })
            }),
            _t: PhantomData,
        })
    }

    /// Returns it as C has it.
    #[must_use]
    pub fn as_raw(&self) -> *mut bindings::miscdevice {
        self.inner.get()
    }

    /// Returns the device.
    #[must_use]
    pub fn device(&self) -> &Device {
        // SAFETY: what is registered has a device, until it is taken back.
        unsafe { Device::from_raw((*self.as_raw()).this_device) }
    }
}

#[pinned_drop]
impl<T> PinnedDrop for MiscDeviceRegistration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant it is registered.
        unsafe { bindings::misc_deregister(self.inner.get()) };
    }
}

file_operations! {
    /// What an open file of a device is, and does. Implementations carry `#[vtable]`; what they
    /// leave out, the file cannot do.
    pub trait MiscDevice {
        /// Opens the device, and makes the value.
        ///
        /// # Errors
        ///
        /// An error is what `open(2)` fails with.
        fn open(file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr>;
    }
}

// `misc_open` calls it with a file that it is opening.
impl<T: MiscDevice> Table<T> {
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        from_result(|| {
            // SAFETY: both exist until this returns.
            crate::error::to_result(unsafe { bindings::generic_file_open(inode, file) })?;
            // SAFETY: `misc_open` left the registered device here, and keeps it until we return.
            let misc = unsafe { &*(*file).private_data.cast::<MiscDeviceRegistration<T>>() };
            // SAFETY: the file exists until this returns.
            let device = T::open(unsafe { File::from_raw_file(file) }, misc)?;
            // SAFETY: nobody else has the file yet.
            unsafe { (*file).private_data = device.into_foreign() };
            Ok(0)
        })
    }
}
