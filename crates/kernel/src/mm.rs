// SPDX-License-Identifier: GPL-2.0

//! The memory of processes.

pub mod virt;
