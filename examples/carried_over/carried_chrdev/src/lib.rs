// SPDX-License-Identifier: GPL-2.0

//! Three character devices of one major number, each of which can do something else.
//!
//! `/dev/carried_chrdev0` gives digits without end, `/dev/carried_chrdev1` has one position to go to,
//! and `/dev/carried_chrdev2` says how many bytes were written to it by the file that is open.

#![no_std]

use core::sync::atomic::{AtomicUsize, Ordering};
use kernel::chrdev::{CharDevice, Minor, Options, Registration};
use kernel::fs::{File, Kiocb};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::prelude::*;
use kernel::str::CString;

module! {
    type: CarriedChrdev,
    name: "carried_chrdev",
    authors: ["The rkmbuild developers"],
    description: "Devices that were carried over from linux-kernel-module-rust",
    license: "GPL",
}

struct CarriedChrdev {
    _devices: Registration<Open>,
}

impl kernel::Module for CarriedChrdev {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let options = Options {
            name: c"carried_chrdev",
            minors: 3,
        };
        Ok(Self {
            _devices: Registration::register(options, ())?,
        })
    }
}

/// An open file, by the minor that it is of: there is a table of operations for the region.
enum Open {
    Digits,
    Place,
    Count(AtomicUsize),
}

const PLACE: i64 = 1234;

#[vtable]
impl CharDevice for Open {
    type Ptr = KBox<Self>;
    type Data = ();

    fn open(_file: &File, minor: Minor<'_, Self>) -> Result<KBox<Self>> {
        let open = match minor.number() {
            0 => Open::Digits,
            1 => Open::Place,
            _ => Open::Count(AtomicUsize::new(0)),
        };
        Ok(KBox::new(open, GFP_KERNEL)?)
    }

    fn read_iter(mut kiocb: Kiocb<'_, KBox<Self>>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        match kiocb.file() {
            Open::Digits => {
                let from = usize::try_from(kiocb.ki_pos())?;
                let mut done = 0;
                for digit in b"123456789".iter().cycle().skip(from % 9) {
                    // Nothing goes into a buffer that is full, or where no memory is.
                    if iov.copy_to_iter(&[*digit]) == 0 {
                        break;
                    }
                    done += 1;
                }
                if done == 0 && !iov.is_empty() {
                    return Err(EFAULT);
                }
                *kiocb.ki_pos_mut() += i64::try_from(done)?;
                Ok(done)
            }
            Open::Place => Err(EINVAL),
            Open::Count(count) => {
                let text = CString::try_from_fmt(fmt!("{}\n", count.load(Ordering::Relaxed)))?;
                // From the beginning each time: what was read before is out of date.
                iov.simple_read_from_buffer(&mut 0, text.to_bytes())
            }
        }
    }

    fn write_iter(kiocb: Kiocb<'_, KBox<Self>>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let Open::Count(count) = kiocb.file() else {
            return Err(EINVAL);
        };
        let bytes = iov.len();
        iov.advance(bytes);
        count.fetch_add(bytes, Ordering::Relaxed);
        Ok(bytes)
    }

    fn llseek(open: &Self, _file: &File, offset: i64, whence: i32) -> Result<i64> {
        match open {
            Open::Place if whence != 0 || offset >= 0 => Ok(PLACE),
            Open::Place => Err(EINVAL),
            Open::Digits | Open::Count(_) => Err(ESPIPE),
        }
    }
}
