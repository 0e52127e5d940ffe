// SPDX-License-Identifier: GPL-2.0

//! Files.

pub mod file;
mod kiocb;
pub(crate) mod operations;

pub use file::{File, LocalFile};
pub use kiocb::Kiocb;
