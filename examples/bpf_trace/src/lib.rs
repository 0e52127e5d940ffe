// SPDX-License-Identifier: GPL-2.0

//! The helpers of the kernel's `bpf_trace.c`, in Rust: functions that BPF programs call.
//!
//! | File | What is in it |
//! |------|---------------|
//! | `current.rs` | whom the processor works for |
//! | `probe.rs` | reading and writing memory that may not be there |
//! | `output.rs` | messages, and events with a room for each level of nesting |
//! | `shim.c` | what the kernel has as macros and inline functions only |

#![no_std]

mod current;
mod output;
mod probe;

use kernel::prelude::*;
use kernel::proc_fs;

module! {
    type: BpfTrace,
    name: "bpf_trace",
    authors: ["The rkmbuild developers"],
    description: "Functions for BPF programs that trace",
    license: "GPL",
}

struct BpfTrace {
    // Dropped in this order.
    _file: proc_fs::Entry<output::Shown>,
    _rooms: output::Rooms,
}

impl kernel::Module for BpfTrace {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let rooms = output::Rooms::new()?;
        let shown = KBox::new(output::Shown, GFP_KERNEL)?;
        Ok(BpfTrace {
            _file: proc_fs::Entry::new(c"bpf_trace", 0o400, shown)?,
            _rooms: rooms,
        })
    }
}
