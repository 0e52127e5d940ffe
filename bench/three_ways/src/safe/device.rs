// SPDX-License-Identifier: GPL-2.0

//! A device that gives back what was written last.

use kernel::fs::{File, Kiocb};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::miscdevice::{MiscDevice, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::sync::Mutex;

const ROOM: usize = 64;

struct State {
    length: usize,
    text: [u8; ROOM],
}

#[pin_data]
pub(crate) struct Device {
    #[pin]
    state: Mutex<State>,
}

#[vtable]
impl MiscDevice for Device {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        KBox::pin_init(
            pin_init!(Device {
                state <- kernel::new_mutex!(State { length: 0, text: [0; ROOM] }),
            }),
            GFP_KERNEL,
        )
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file();

        let state = device.state.lock();
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), &state.text[..state.length])
    }

    fn write_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let device = kiocb.file();
        let part = iov.len().min(ROOM);

        let mut state = device.state.lock();
        let n = iov.copy_from_iter(&mut state.text[..part]);
        state.length = n;
        drop(state);
        if n == 0 && part > 0 {
            return Err(EFAULT);
        }
        *kiocb.ki_pos_mut() += n as i64;
        Ok(n)
    }
}
