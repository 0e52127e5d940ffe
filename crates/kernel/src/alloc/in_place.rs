// SPDX-License-Identifier: GPL-2.0

//! Making values on the heap where they stay.

use super::{AllocError, Flags};
use crate::error::{Error, Result};
use core::pin::Pin;
use pin_init::{Init, PinInit};

/// A smart pointer that can run an initialiser in memory that it allocates.
pub trait InPlaceInit<T>: Sized {
    /// The pointer to a pinned value.
    type PinnedSelf;

    /// Allocates and initialises what must not move.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with; [`AllocError`] where there is no memory.
    fn try_pin_init<E>(
        init: impl PinInit<T, E>,
        flags: Flags,
    ) -> core::result::Result<Self::PinnedSelf, E>
    where
        E: From<AllocError>;

    /// As [`try_pin_init`](Self::try_pin_init), with the kernel's error.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with; `ENOMEM` where there is no memory.
    fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self::PinnedSelf>
    where
        Error: From<E>,
    {
        let run = |slot: *mut T| {
            // SAFETY: the slot is what the initialiser below is given.
            unsafe { init.__pinned_init(slot) }.map_err(Error::from)
        };
        // SAFETY: `run` does what `init` does.
        Self::try_pin_init(unsafe { pin_init::pin_init_from_closure(run) }, flags)
    }

    /// Allocates and initialises.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with; [`AllocError`] where there is no memory.
    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> core::result::Result<Self, E>
    where
        E: From<AllocError>;

    /// As [`try_init`](Self::try_init), with the kernel's error.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with; `ENOMEM` where there is no memory.
    fn init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self>
    where
        Error: From<E>,
    {
        let run = |slot: *mut T| {
            // SAFETY: the slot is what the initialiser below is given.
            unsafe { init.__init(slot) }.map_err(Error::from)
        };
        // SAFETY: `run` does what `init` does.
        Self::try_init(unsafe { pin_init::init_from_closure(run) }, flags)
    }
}

/// A smart pointer to room for a value, that can run an initialiser in it.
pub trait InPlaceWrite<T> {
    /// The pointer to the value.
    type Initialized;

    /// Initialises the value.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with.
    fn write_init<E>(self, init: impl Init<T, E>) -> core::result::Result<Self::Initialized, E>;

    /// Initialises what must not move.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with.
    fn write_pin_init<E>(
        self,
        init: impl PinInit<T, E>,
    ) -> core::result::Result<Pin<Self::Initialized>, E>;
}
