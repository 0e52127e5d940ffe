// SPDX-License-Identifier: GPL-2.0

//! Destructors of pinned values.

use crate::__internal::OnlyCallFromDrop;
use core::pin::Pin;

/// The destructor of a struct with [`#[pin_data(PinnedDrop)]`](macro@crate::pin_data).
///
/// # Safety
///
/// Implemented through [`#[pinned_drop]`](macro@crate::pinned_drop) only.
pub unsafe trait PinnedDrop {
    /// Runs before the fields are dropped. The second parameter is the macro's.
    fn drop(self: Pin<&mut Self>, only_call_from_drop: OnlyCallFromDrop);
}
