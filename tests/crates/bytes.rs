// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! bytes = { version = "1", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use bytes::BufMut;

    let mut made = bytes::BytesMut::new();
    made.put_u32(258);
    format!("{:?}", made.freeze().slice(2..))
}
