// SPDX-License-Identifier: GPL-2.0

//! Probes of a function's entry and of its return.

use super::Registers;
use crate::alive::{alive, Alive};
use crate::error::{to_result, Error};
use crate::ffi::c_int;
use crate::str::{CStr, CStrExt};
use crate::types::Opaque;
use core::mem::size_of;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

/// What runs when the function is entered, and when it returns.
///
/// As a [`Handler`](super::Handler), it must not sleep, nor take a lock that what it probes may hold.
pub trait RetHandler: Send + Sync + 'static {
    /// What is kept from a call's entry to its return. It is never dropped: calls that have not
    /// returned when the probe is taken away do so without a word.
    type Data: Copy + Send + 'static;

    /// Runs before the function's first instruction. `None`: this call's return does not matter.
    fn entry(&self, regs: &Registers) -> Option<Self::Data>;

    /// Runs when the function has returned, with what `entry` gave for this call.
    fn ret(&self, data: Self::Data, regs: &Registers);
}

/// A registered probe of entries and returns; dropping it takes it away, and waits until it runs
/// nowhere.
///
/// ```
/// use kernel::kprobe::{Kretprobe, Registers, RetHandler};
/// use kernel::prelude::*;
/// use kernel::sync::atomic::{Atomic, Relaxed};
/// use kernel::time::{Instant, Monotonic};
///
/// struct Latency(Atomic<i64>);
///
/// impl RetHandler for Latency {
///     type Data = Instant<Monotonic>;
///
///     fn entry(&self, _regs: &Registers) -> Option<Self::Data> {
///         Some(Instant::now())
///     }
///
///     fn ret(&self, start: Self::Data, _regs: &Registers) {
///         self.0.add(start.elapsed().as_nanos(), Relaxed);
///     }
/// }
///
/// let latency = Latency(Atomic::<i64>::new(0));
/// let probe = KBox::pin_init(Kretprobe::register(c"vfs_read", latency), GFP_KERNEL)?;
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `probe` is registered, and is the first field, so that a pointer to it is one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct Kretprobe<H: RetHandler> {
    #[pin]
    probe: Opaque<bindings::kretprobe>,
    handler: H,
    _alive: Alive,
}

// SAFETY: a probe may be taken away by another thread than the one that registered it.
unsafe impl<H: RetHandler> Send for Kretprobe<H> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<H: RetHandler> Sync for Kretprobe<H> {}

impl<H: RetHandler> Kretprobe<H> {
    /// Makes an initialiser that registers a probe of the function `symbol`.
    ///
    /// The kernel follows a limited number of calls at a time; see [`missed`](Self::missed).
    ///
    /// It fails with `ENOENT` where there is no such function, with `EINVAL` where it must not be
    /// probed, and with `E2BIG` where `Data` is larger than the kernel keeps (4 KiB).
    pub fn register(symbol: &'static CStr, handler: H) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(Kretprobe),
            handler,
            probe <- Opaque::try_ffi_init(move |slot: *mut bindings::kretprobe| {
                // SAFETY: the slot is valid for writes, and all zeroes are a valid value.
                unsafe {
                    slot.write_bytes(0, 1);
                    (*slot).kp.symbol_name = symbol.as_char_ptr();
                    (*slot).entry_handler = Some(entry::<H>);
                    (*slot).handler = Some(ret::<H>);
                    (*slot).data_size = size_of::<H::Data>() as _;
                }
                // INVARIANT: it is registered where this is well.
                // SAFETY: it stays where it is until it is taken away; the handler is there.
                to_result(unsafe { bindings::register_kretprobe(slot) })
            }),
        })
    }

    /// Returns the handler.
    #[must_use]
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Returns how many calls were not followed, because too many ran at once.
    #[must_use]
    pub fn missed(&self) -> i32 {
        // SAFETY: the number is read as a whole.
        unsafe { core::ptr::addr_of!((*self.probe.get()).nmissed).read_volatile() }
    }
}

#[pinned_drop]
impl<H: RetHandler> PinnedDrop for Kretprobe<H> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant it is registered.
        unsafe { bindings::unregister_kretprobe(self.probe.get()) };
    }
}

/// Returns the probe that follows a call, and what it keeps, unless the probe is being taken away.
///
/// # Safety
///
/// `instance` must be a call that a `Kretprobe<H>` follows, and which is being entered or left.
unsafe fn followed<'a, H: RetHandler>(
    instance: *mut bindings::kretprobe_instance,
) -> Option<(&'a Kretprobe<H>, *mut H::Data)> {
    // SAFETY: the caller's promise.
    let probe = unsafe { bindings::rust_helper_get_kretprobe(instance) };
    // SAFETY: the probe is the first field, and whoever takes it away waits for us.
    let kretprobe = unsafe { probe.cast::<Kretprobe<H>>().as_ref() }?;
    // SAFETY: the caller's promise.
    let data = unsafe { bindings::rust_helper_kretprobe_data(instance) };
    Some((kretprobe, data.cast()))
}

/// # Safety
///
/// As for [`followed`], and `regs` must be valid.
unsafe extern "C" fn entry<H: RetHandler>(
    instance: *mut bindings::kretprobe_instance,
    regs: *mut bindings::pt_regs,
) -> c_int {
    // SAFETY: the caller's promise.
    let Some((kretprobe, data)) = (unsafe { followed::<H>(instance) }) else {
        return 1;
    };
    // SAFETY: the caller's promise.
    let regs = unsafe { Registers::from_raw(regs) };
    match kretprobe.handler.entry(regs) {
        Some(value) => {
            // SAFETY: the kernel has room of that size there, for this call alone.
            unsafe { data.write_unaligned(value) };
            0
        }
        None => 1,
    }
}

/// # Safety
///
/// As for [`followed`], and `regs` must be valid.
unsafe extern "C" fn ret<H: RetHandler>(
    instance: *mut bindings::kretprobe_instance,
    regs: *mut bindings::pt_regs,
) -> c_int {
    // SAFETY: the caller's promise.
    if let Some((kretprobe, data)) = unsafe { followed::<H>(instance) } {
        // SAFETY: `entry` wrote it: without that, a call is not followed.
        let data = unsafe { data.read_unaligned() };
        // SAFETY: the caller's promise.
        let regs = unsafe { Registers::from_raw(regs) };
        kretprobe.handler.ret(data, regs);
    }
    0
}
