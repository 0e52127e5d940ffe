// SPDX-License-Identifier: GPL-2.0

//! What a [`Vec`](super::Vec) refuses.

use crate::error::{code::EINVAL, Error};
use core::fmt;

/// There was no room for the item, which this holds.
pub struct PushError<T>(pub T);

/// An item could not be put in; this holds it.
pub enum InsertError<T> {
    /// There is no such place.
    IndexOutOfBounds(T),
    /// There was no room.
    OutOfCapacity(T),
}

/// There is no item at that place.
pub struct RemoveError;

impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not enough capacity")
    }
}

impl<T> fmt::Debug for InsertError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IndexOutOfBounds(_) => "index out of bounds",
            Self::OutOfCapacity(_) => "not enough capacity",
        })
    }
}

impl fmt::Debug for RemoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("index out of bounds")
    }
}

impl<T> From<PushError<T>> for Error {
    fn from(_: PushError<T>) -> Self {
        EINVAL
    }
}

impl<T> From<InsertError<T>> for Error {
    fn from(_: InsertError<T>) -> Self {
        EINVAL
    }
}

impl From<RemoveError> for Error {
    fn from(_: RemoveError) -> Self {
        EINVAL
    }
}
