// SPDX-License-Identifier: GPL-2.0

//! Notifier chains: being told what happens to the machine.
//!
//! ```
//! use kernel::notifier::{Answer, Callback, Net, NetEvent, NetEventKind, Notifier};
//! use kernel::prelude::*;
//!
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! struct Tell;
//!
//! impl Callback<Net> for Tell {
//!     fn call(&self, event: NetEvent<'_>) -> Answer {
//!         if event.kind == NetEventKind::UP {
//!             pr_info!("{:?} is up\n", &*event.device.name());
//!         }
//!         Answer::Done
//!     }
//! }
//!
//! let notifier = KBox::pin_init(Notifier::<Net, Tell>::register(Tell, 0), GFP_KERNEL)?;
//! # Ok(())
//! # }
//! ```
//!
//! Processors that come and go have no chain any more: see [`cpu::hotplug`](crate::cpu::hotplug).

mod chains;

use crate::alive::{alive, Alive};
use crate::error::{to_result, Error};
use crate::ffi::{c_int, c_ulong, c_void};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

pub use chains::{Module, ModuleEvent, ModuleState, Reboot, RebootEvent};
#[cfg(CONFIG_NET)]
pub use chains::{Net, NetEvent, NetEventKind};

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is none of ours (`NOTIFY_DONE`).
    Done,
    /// We took note (`NOTIFY_OK`).
    Ok,
    /// We took note, and nobody after us need be told (`NOTIFY_STOP`).
    Stop,
}

/// Who is told by a chain.
pub trait Callback<C: Chain>: Send + Sync + 'static {
    /// Runs for each event. It may sleep.
    fn call(&self, event: C::Event<'_>) -> Answer;
}

/// Keeps chains, and with them contexts in which nobody may sleep, from being made elsewhere.
trait Sealed {}

/// A chain.
///
/// # Safety
///
/// The functions add to, and take from, the same chain; after `unregister` the block is not used.
/// What the chain gives is what `event` takes.
#[allow(private_bounds)] // Only the chains below are chains.
pub unsafe trait Chain: Sealed {
    /// What those in it are told.
    type Event<'a>;

    /// Adds a block.
    ///
    /// # Safety
    ///
    /// The block must be valid until it is taken away.
    unsafe fn register(block: *mut bindings::notifier_block) -> c_int;

    /// Takes a block away.
    ///
    /// # Safety
    ///
    /// The block must have been added.
    unsafe fn unregister(block: *mut bindings::notifier_block);

    /// Makes of what C tells what those in the chain are told.
    ///
    /// # Safety
    ///
    /// The chain must have given both, and wait for as long as `'a`.
    unsafe fn event<'a>(event: c_ulong, data: *mut c_void) -> Self::Event<'a>;
}

/// A place in a chain; dropping it gives the place up.
///
/// # Invariants
///
/// `block` is in the chain `C`, and is the first field, so that a pointer to it is one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct Notifier<C: Chain, T: Callback<C>> {
    #[pin]
    block: Opaque<bindings::notifier_block>,
    callback: T,
    _chain: PhantomData<C>,
    _alive: Alive,
}

// SAFETY: a place may be given up by another thread than the one that took it.
unsafe impl<C: Chain, T: Callback<C>> Send for Notifier<C, T> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<C: Chain, T: Callback<C>> Sync for Notifier<C, T> {}

impl<C: Chain, T: Callback<C>> Notifier<C, T> {
    /// Makes an initialiser that takes a place; a higher `priority` is told earlier.
    pub fn register(callback: T, priority: i32) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(Notifier),
            callback,
            _chain: PhantomData,
            block <- Opaque::try_ffi_init(move |slot: *mut bindings::notifier_block| {
                // SAFETY: the slot is valid for writes, and all zeroes are a valid value.
                unsafe {
                    slot.write_bytes(0, 1);
                    (*slot).notifier_call = Some(call::<C, T>);
                    (*slot).priority = priority;
                }
                // INVARIANT: it is in the chain where this is well.
                // SAFETY: it stays where it is until it is taken away; the callback is there.
                to_result(unsafe { C::register(slot) })
            }),
        })
    }

    /// Returns who is told.
    #[must_use]
    pub fn callback(&self) -> &T {
        &self.callback
    }
}

#[pinned_drop]
impl<C: Chain, T: Callback<C>> PinnedDrop for Notifier<C, T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant it is in the chain.
        unsafe { C::unregister(self.block.get()) };
    }
}

/// # Safety
///
/// `block` must be that of a `Notifier<C, T>`, the rest what the chain gives.
unsafe extern "C" fn call<C: Chain, T: Callback<C>>(
    block: *mut bindings::notifier_block,
    event: c_ulong,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the caller's promise; the block is the first field.
    let notifier = unsafe { &*block.cast::<Notifier<C, T>>() };
    // SAFETY: the caller's promise.
    let event = unsafe { C::event(event, data) };
    (match notifier.callback.call(event) {
        Answer::Done => bindings::NOTIFY_DONE,
        Answer::Ok => bindings::NOTIFY_OK,
        Answer::Stop => bindings::NOTIFY_OK | bindings::NOTIFY_STOP_MASK,
    }) as c_int
}
