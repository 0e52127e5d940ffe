// SPDX-License-Identifier: GPL-2.0

//! Character devices: each of three keeps a text, which all who open it share.

use kernel::chrdev::{self, CharDevice, Minor, Registration};
use kernel::fs::{File, Kiocb};
use kernel::ioctl::_IO;
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::atomic::Atomic;
use kernel::sync::{Arc, ArcBorrow, Mutex};

pub(crate) type Channels = Registration<Channel>;

#[pin_data]
pub(crate) struct Channel {
    number: u32,
    #[pin]
    text: Mutex<KVec<u8>>,
}

/// Shared by all devices; says when it goes.
pub(crate) struct Shared([Arc<Channel>; 3]);

impl Drop for Shared {
    fn drop(&mut self) {
        pr_info!("channels gone\n");
    }
}

fn channel(number: u32) -> Result<Arc<Channel>> {
    Arc::pin_init(
        pin_init!(Channel {
            number,
            text <- new_mutex!(KVec::new()),
        }),
        GFP_KERNEL,
    )
}

/// Registers the devices, and proves what errors there are.
pub(crate) fn register() -> Result<Channels> {
    let options = chrdev::Options {
        name: c"rkm-channel",
        minors: 3,
    };
    let mut channels: Channels =
        Registration::register(options, Shared([channel(0)?, channel(1)?, channel(2)?]))?;
    channels.add_file(1, c"gain", 0o644, Atomic::<u8>::new(5))?;
    let again = channels.add_file(1, c"gain", 0o644, Atomic::<u8>::new(6));
    assert_eq!(again, Err(EEXIST));
    let nowhere = channels.add_file(3, c"gain", 0o644, Atomic::<u8>::new(7));
    assert_eq!(nowhere, Err(ENODEV));
    let device = channels.device(2).ok_or(ENODEV)?;
    dev_info!(device, "registered\n");
    assert!(channels.major() > 0 && channels.device(3).is_none());
    assert_eq!(channels.data().0[1].number, 1);
    for (minors, error) in [(0, EINVAL), ((1 << 20) + 1, EINVAL), (1, EEXIST)] {
        let options = chrdev::Options { minors, ..options };
        let other = Registration::<Nothing>::register(options, ());
        assert_eq!(other.err(), Some(error));
    }
    Ok(channels)
}

#[vtable]
impl CharDevice for Channel {
    type Ptr = Arc<Self>;
    type Data = Shared;

    fn open(_file: &File, minor: Minor<'_, Self>) -> Result<Arc<Self>> {
        Ok(minor.data().0[minor.number() as usize].clone())
    }

    fn release(me: Arc<Self>, _file: &File) {
        pr_info!("channel {} closed\n", me.number);
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Self>>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let me = kiocb.file();
        let text = me.text.lock();
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), &text)
    }

    fn write_iter(kiocb: Kiocb<'_, Arc<Self>>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let me = kiocb.file();
        let mut text = me.text.lock();
        text.clear();
        iov.copy_from_iter_vec(&mut text, GFP_KERNEL)
    }

    fn ioctl(me: ArcBorrow<'_, Self>, _file: &File, cmd: u32, _arg: usize) -> Result<isize> {
        if cmd != _IO(b'r' as u32, 0) {
            return Err(ENOTTY);
        }
        Ok(me.number as isize)
    }
}

struct Nothing;

#[vtable]
impl CharDevice for Nothing {
    type Ptr = ();
    type Data = ();

    fn open(_file: &File, _minor: Minor<'_, Self>) -> Result {
        Err(ENXIO)
    }
}
