// SPDX-License-Identifier: GPL-2.0

//! One piece of code, written three times: in C, in Rust on bare bindings, and in Rust through the
//! safe API. When it is loaded, it measures what each costs.

#![no_std]

mod bare;
mod safe;
mod seam;

use kernel::bindings;
use kernel::error::to_result;
use kernel::prelude::*;

module! {
    type: ThreeWays,
    name: "three_ways",
    authors: ["The rkmbuild developers"],
    description: "Measures what safety costs",
    license: "GPL",
}

#[pin_data]
struct ThreeWays {
    others: Others,
    #[pin]
    safe: safe::Way,
}

/// The ways that have no `Drop`.
struct Others {
    c: bindings::way,
    bare: bindings::way,
}

// SAFETY: only the thread that loads the module uses what they point to.
unsafe impl Send for Others {}
// SAFETY: as above.
unsafe impl Sync for Others {}

impl Others {
    fn start() -> Result<Self> {
        // SAFETY: nothing but numbers and pointers, which `c_start` fills.
        let mut c = unsafe { core::mem::zeroed() };
        // SAFETY: a module is loaded once.
        to_result(unsafe { bindings::c_start(&mut c) })?;
        // SAFETY: likewise.
        match unsafe { bare::start() } {
            Ok(bare) => Ok(Others { c, bare }),
            Err(error) => {
                // SAFETY: it was started.
                unsafe { bindings::c_stop() };
                Err(error)
            }
        }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        // SAFETY: both were started, and the loops have ended.
        unsafe {
            bare::stop();
            bindings::c_stop();
        }
    }
}

impl kernel::InPlaceModule for ThreeWays {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            others: Others::start()?,
            safe <- safe::Way::new(),
            _: {
                let safe = seam::of(&safe);
                // SAFETY: all ways have been started, and none ends before this does.
                unsafe {
                    to_result(bindings::measure_nothing())?;
                    for way in [&others.c, &others.bare, &safe] {
                        to_result(bindings::measure(way))?;
                    }
                }
            },
        })
    }
}
