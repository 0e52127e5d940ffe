// SPDX-License-Identifier: GPL-2.0

//! `/proc/containment`: a line for each container.

use crate::container;
use crate::members;
use crate::reports::Escaped;
use kernel::bindings;
use kernel::prelude::*;
use kernel::proc_fs;
use kernel::seq_file::SeqFile;
use kernel::seq_print;
use kernel::sync::atomic::Relaxed;

/// As long as a path can be.
const PATH_MAX: usize = 4096;

pub(crate) struct List;

impl proc_fs::Show for List {
    fn show(&self, m: &SeqFile) -> Result {
        let mut name = kvec![0; PATH_MAX]?;
        container::for_each(|container| {
            let (reports, lost) = {
                let ring = container.reports.lock();
                (ring.number(), ring.lost())
            };
            // SAFETY: the container has its folder, and the room is as large as is said.
            let length = unsafe {
                bindings::containment_name(container.root(), name.as_mut_ptr(), name.len())
            };
            seq_print!(
                m,
                "{} processes {} reports {reports} lost {lost} denied {} {}\n",
                container.id,
                members::count(container),
                container.denied.load(Relaxed),
                Escaped(&name[..usize::try_from(length).unwrap_or_default()]),
            );
        });
        Ok(())
    }
}
