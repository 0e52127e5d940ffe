// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! smoltcp = { version = "0.12", default-features = false, features = ["alloc", "proto-ipv4", "medium-ethernet", "socket-udp"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let net: smoltcp::wire::Ipv4Cidr = "10.0.0.0/8".parse().unwrap();
    format!("{net} {}", net.contains_addr(&"10.1.2.3".parse().unwrap()))
}
