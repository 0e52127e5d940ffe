// SPDX-License-Identifier: GPL-2.0

//! Reads the headers of a UDP packet as it came from the wire.

use kernel::prelude::*;

const UDP: u8 = 17;
const IP_SIZE: usize = 20;
const UDP_SIZE: usize = 8;

/// What a packet's headers say.
pub(crate) struct Flow {
    pub(crate) source: u32,
    pub(crate) dest: u32,
    pub(crate) source_port: u16,
    pub(crate) dest_port: u16,
    pub(crate) payload: u16,
}

fn sum(header: &[u8]) -> u16 {
    let mut total = 0_u32;

    for pair in header.chunks_exact(2) {
        total += u32::from(pair[0]) << 8 | u32::from(pair[1]);
    }
    total = (total & 0xFFFF) + (total >> 16);
    (total + (total >> 16)) as u16
}

pub(crate) fn parse(data: &[u8]) -> Result<Flow> {
    let packet: &[u8; IP_SIZE + UDP_SIZE] = data.first_chunk().ok_or(EINVAL)?;
    let u16_at = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    let u32_at = |at: usize| {
        u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
    };

    let length = usize::from(u16_at(2));
    let udp = u16_at(24);
    if packet[0] != 0x45 || packet[9] != UDP || length > data.len() {
        return Err(EINVAL);
    }
    if usize::from(udp) < UDP_SIZE || IP_SIZE + usize::from(udp) > length {
        return Err(EINVAL);
    }
    if sum(&packet[..IP_SIZE]) != 0xFFFF {
        return Err(EINVAL);
    }
    Ok(Flow {
        source: u32_at(12),
        dest: u32_at(16),
        source_port: u16_at(20),
        dest_port: u16_at(22),
        payload: udp - UDP_SIZE as u16,
    })
}
