// SPDX-License-Identifier: GPL-2.0

//! Prints values of all kinds by the macros of the crate, of a module and of a device.

use kernel::{bindings, device::Device, error::from_err_ptr, prelude::*};

#[macro_use]
mod texts;

module! {
    type: Printing,
    name: "printing",
    authors: ["rkmbuild"],
    description: "Prints values of all kinds",
    license: "GPL",
}

struct Printing;

impl kernel::Module for Printing {
    fn init(module: &'static ThisModule) -> Result<Self> {
        each_text!(pr_info);

        // SAFETY: The name is a C string, and the module stays until this function is over.
        let root = from_err_ptr(unsafe {
            bindings::__root_device_register(c"printer".as_ptr().cast(), module.as_ptr())
        })?;
        {
            // SAFETY: It is a device, and it is unregistered only behind this block.
            let device = unsafe { Device::get_device(root) };
            macro_rules! of_the_device {
                ($($text:tt)*) => { dev_info!(device, $($text)*) };
            }
            each_text!(of_the_device);
        }
        // SAFETY: It was registered above.
        unsafe { bindings::root_device_unregister(root) };
        Ok(Printing)
    }
}
