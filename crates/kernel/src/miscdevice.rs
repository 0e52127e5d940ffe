// SPDX-License-Identifier: GPL-2.0

//! Devices with a file in `/dev`, for what belongs to no other class.
//!
//! ```ignore
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

mod vtable;

use crate::device::Device;
use crate::error::{code::EINVAL, to_result, Error, Result};
use crate::fs::{File, Kiocb};
use crate::iov::{IovIterDest, IovIterSource};
use crate::mm::virt::VmaNew;
use crate::seq_file::SeqFile;
use crate::str::CStr;
use crate::sync::poll::PollTable;
use crate::types::{ForeignOwnable, Opaque};
use core::marker::PhantomData;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init, vtable};
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
        raw.fops = vtable::fops::<T>();
        raw
    }
}

/// A registered device; dropping it takes the file out of `/dev`.
///
/// # Invariants
///
/// `inner` is registered.
#[repr(transparent)]
#[pin_data(PinnedDrop)]
pub struct MiscDeviceRegistration<T> {
    #[pin]
    inner: Opaque<bindings::miscdevice>,
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

/// What an open file of a device is, and does. Implementations carry `#[vtable]`; what they leave
/// out, the file cannot do.
#[vtable]
pub trait MiscDevice: Sized {
    /// The pointer to the value that belongs to one open file.
    type Ptr: ForeignOwnable + Send + Sync;

    /// Opens the device, and makes the value.
    ///
    /// # Errors
    ///
    /// An error is what `open(2)` fails with.
    fn open(file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr>;

    /// Closes the file: the last process has.
    fn release(device: Self::Ptr, _file: &File) {
        drop(device);
    }

    /// Reads.
    ///
    /// # Errors
    ///
    /// An error is what `read(2)` fails with.
    fn read_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterDest<'_>) -> Result<usize> {
        Err(EINVAL)
    }

    /// Writes.
    ///
    /// # Errors
    ///
    /// An error is what `write(2)` fails with.
    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterSource<'_>) -> Result<usize> {
        Err(EINVAL)
    }

    /// Moves the position, and returns the new one. `whence` is `SEEK_SET` (0) and so on.
    ///
    /// # Errors
    ///
    /// An error is what `lseek(2)` fails with.
    fn llseek(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _offset: i64,
        _whence: i32,
    ) -> Result<i64> {
        Err(EINVAL)
    }

    /// Says what the file is ready for (`POLLIN` and so on), and where to wait for more.
    ///
    /// # Errors
    ///
    /// With an error the file is ready for `POLLERR`.
    fn poll(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _table: PollTable<'_>,
    ) -> Result<u32> {
        Err(EINVAL)
    }

    /// Maps memory into a process.
    ///
    /// # Errors
    ///
    /// An error is what `mmap(2)` fails with.
    fn mmap(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _vma: &VmaNew,
    ) -> Result {
        Err(EINVAL)
    }

    /// Answers an ioctl. See [`kernel::ioctl`](crate::ioctl) for the numbers.
    ///
    /// # Errors
    ///
    /// An error is what `ioctl(2)` fails with.
    fn ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        Err(EINVAL)
    }

    /// Answers an ioctl of a 32-bit process on a 64-bit kernel. Where it is left out, `ioctl` does,
    /// with the argument as a pointer.
    ///
    /// # Errors
    ///
    /// An error is what `ioctl(2)` fails with.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        Err(EINVAL)
    }

    /// Writes what `/proc/<pid>/fdinfo/<fd>` shows of the file.
    fn show_fdinfo(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _m: &SeqFile,
        _file: &File,
    ) {
    }
}
