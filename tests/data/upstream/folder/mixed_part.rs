// SPDX-License-Identifier: GPL-2.0

/// Where to start.
pub(crate) const FIRST: i32 = 40;
