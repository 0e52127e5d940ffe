// SPDX-License-Identifier: GPL-2.0

//! Reads the headers of a UDP packet as it came from the wire.

use core::mem::offset_of;
use kernel::bindings::{self, flow, headers};
use kernel::prelude::*;

const UDP: u8 = 17;
const IP_SIZE: usize = offset_of!(headers, source_port);
const INVALID: c_int = -(bindings::EINVAL as c_int);

unsafe fn sum(data: *const u8) -> u16 {
    let mut total = 0_u32;
    let mut i = 0;

    while i < IP_SIZE {
        // SAFETY: the header has so many bytes.
        total += unsafe { u32::from(*data.add(i)) << 8 | u32::from(*data.add(i + 1)) };
        i += 2;
    }
    total = (total & 0xFFFF) + (total >> 16);
    (total + (total >> 16)) as u16
}

pub(super) unsafe extern "C" fn parse(
    _me: *mut c_void,
    data: *const u8,
    size: usize,
    out: *mut flow,
) -> c_int {
    let packet = data.cast::<headers>();

    if size < size_of::<headers>() {
        return INVALID;
    }
    // SAFETY: there are so many bytes, and the type is packed; `out` is the caller's.
    unsafe {
        let length = u16::from_be((*packet).length);
        let udp = u16::from_be((*packet).udp_length);
        if (*packet).version != 0x45 || (*packet).protocol != UDP || usize::from(length) > size {
            return INVALID;
        }
        if usize::from(udp) < size_of::<headers>() - IP_SIZE
            || IP_SIZE + usize::from(udp) > usize::from(length)
        {
            return INVALID;
        }
        if sum(data) != 0xFFFF {
            return INVALID;
        }
        (*out).source = u32::from_be((*packet).source);
        (*out).dest = u32::from_be((*packet).dest);
        (*out).source_port = u16::from_be((*packet).source_port);
        (*out).dest_port = u16::from_be((*packet).dest_port);
        (*out).payload = udp - (size_of::<headers>() - IP_SIZE) as u16;
    }
    0
}
