// SPDX-License-Identifier: GPL-2.0

//! Calls a function of the kernel that no module may call.

use kernel::prelude::*;

module! {
    type: Unexported,
    name: "unexported",
    author: "Somebody",
    description: "A module for tests",
    license: "GPL",
}

extern "C" {
    fn find_vm_area(address: *const core::ffi::c_void) -> *mut core::ffi::c_void;
}

struct Unexported;

impl kernel::Module for Unexported {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It looks for any address.
        let found = unsafe { find_vm_area(core::ptr::null()) };
        pr_info!("{}\n", found.is_null());
        Ok(Unexported)
    }
}
