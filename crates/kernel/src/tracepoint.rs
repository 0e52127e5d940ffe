// SPDX-License-Identifier: GPL-2.0

//! Tracepoints: the places that the kernel's own sources mark, with their arguments.
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//! use kernel::tracepoint::{Probe, SchedSwitch, TracepointProbe};
//!
//! struct Switches(Atomic<u64>);
//!
//! impl Probe for Switches {
//!     type Tracepoint = SchedSwitch<'static>;
//!
//!     fn hit(&self, event: SchedSwitch<'_>) {
//!         if !event.preempt {
//!             self.0.add(1, Relaxed);
//!         }
//!     }
//! }
//!
//! let switches = Switches(Atomic::<u64>::new(0));
//! let probe = KBox::pin_init(TracepointProbe::register(switches), GFP_KERNEL)?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Those that are not here are declared with [`declare_tracepoint!`](crate::declare_tracepoint).

mod events;
#[doc(hidden)]
pub mod said;

use crate::alive::{alive, Alive};
use crate::error::{code::ENOENT, to_result, Error};
use crate::ffi::c_void;
use crate::str::{CStr, CStrExt};
use crate::types::Opaque;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

pub use crate::declare_tracepoint;
pub use events::{SchedProcessExit, SchedProcessFork, SchedSwitch, SysEnter, SysExit};

/// A tracepoint. Use [`declare_tracepoint!`](crate::declare_tracepoint).
///
/// # Safety
///
/// The tracepoint calls its probes with a pointer and then the arguments that `function` takes.
pub unsafe trait Tracepoint {
    /// Its name.
    const NAME: &'static CStr;
    /// What a probe is given.
    type Event<'a>;

    /// Returns the function that C calls with a pointer to the probe.
    #[doc(hidden)]
    fn function<P: Probe<Tracepoint = Self>>() -> *mut c_void;
}

/// What runs when a tracepoint is reached.
///
/// It runs where the tracepoint stands, perhaps in an interrupt, with locks held (the scheduler's, for
/// one), and on several processors at once: it must not sleep, nor take a lock that is held there.
pub trait Probe: Send + Sync + 'static {
    /// The tracepoint.
    type Tracepoint: Tracepoint;

    /// Runs when the tracepoint is reached.
    fn hit(&self, event: <Self::Tracepoint as Tracepoint>::Event<'_>);
}

/// A registered probe; dropping it takes it away, and waits until it runs nowhere.
///
/// # Invariants
///
/// The probe is registered with `tracepoint`, under a pointer to it.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct TracepointProbe<P: Probe> {
    probe: P,
    #[pin]
    tracepoint: Opaque<*mut bindings::tracepoint>,
    _alive: Alive,
}

// SAFETY: a probe may be taken away by another thread than the one that registered it.
unsafe impl<P: Probe> Send for TracepointProbe<P> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<P: Probe> Sync for TracepointProbe<P> {}

impl<P: Probe> TracepointProbe<P> {
    /// Makes an initialiser that registers a probe of its tracepoint.
    ///
    /// It fails with `ENOENT` where the kernel itself has no tracepoint of that name; those of
    /// modules are not found.
    pub fn register(probe: P) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(TracepointProbe),
            probe,
            tracepoint <- Opaque::try_ffi_init(|slot: *mut *mut bindings::tracepoint| {
                let name = P::Tracepoint::NAME.as_char_ptr();
                // SAFETY: the name is a string.
                let tracepoint = unsafe { bindings::rust_helper_find_tracepoint(name) };
                if tracepoint.is_null() {
                    return Err(ENOENT);
                }
                // SAFETY: the slot is valid for writes.
                unsafe { slot.write(tracepoint) };
                // SAFETY: the slot is this field of the whole.
                let probe = unsafe {
                    slot.byte_sub(core::mem::offset_of!(Self, tracepoint)).cast::<c_void>()
                };
                // INVARIANT: it is registered where this is well.
                // SAFETY: the function takes what this tracepoint gives; the probe is there, and
                // stays until it is taken away.
                to_result(unsafe {
                    bindings::tracepoint_probe_register(
                        tracepoint,
                        P::Tracepoint::function::<P>(),
                        probe,
                    )
                })
            }),
        })
    }

    /// Returns the probe.
    #[must_use]
    pub fn probe(&self) -> &P {
        &self.probe
    }
}

#[pinned_drop]
impl<P: Probe> PinnedDrop for TracepointProbe<P> {
    fn drop(self: Pin<&mut Self>) {
        let probe = core::ptr::addr_of!(self.probe).cast_mut().cast::<c_void>();
        // SAFETY: by the invariant it is registered so. Afterwards those that still run are waited
        // for.
        unsafe {
            bindings::tracepoint_probe_unregister(
                *self.tracepoint.get(),
                P::Tracepoint::function::<P>(),
                probe,
            );
            bindings::rust_helper_tracepoint_synchronize_unregister();
        }
    }
}

/// Declares tracepoints, each as the struct that its probes are given.
///
/// The fields are the arguments of the tracepoint's `TP_PROTO`, in their order; those at the end may
/// be left out. Pointers may be taken as references, or as `*mut c_void`; raw ones as `usize`.
///
/// ```
/// # use kernel::prelude::*;
/// kernel::declare_tracepoint! {
///     /// An interrupt's handler is about to run.
///     // SAFETY: TP_PROTO(int irq, struct irqaction *action), in include/trace/events/irq.h.
///     unsafe pub struct IrqHandlerEntry<'a>: "irq_handler_entry" {
///         /// The interrupt's number.
///         irq: c_int,
///         /// The kernel's `struct irqaction`.
///         action: *mut c_void,
///     }
/// }
/// ```
///
/// `unsafe` says that the tracepoint has such arguments, in every kernel that the module is built
/// for. Of those that are declared in `include/trace/events`, the build compares them with what the
/// kernel says, where the module registers a probe, and refuses the module where they differ:
/// numbers have to be of the same size and sign, pointers be pointers, and a
/// [`Task`](crate::task::Task) or [`Registers`](crate::ptrace::Registers) be one.
#[macro_export]
macro_rules! declare_tracepoint {
    ($(
        $(#[$meta:meta])*
        unsafe $vis:vis struct $name:ident<$life:lifetime>: $tracepoint:literal {
            $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)?
        }
    )*) => {$(
        $(#[$meta])*
        #[non_exhaustive]
        $vis struct $name<$life> {
            $($(#[$field_meta])* pub $field: $type,)*
            _life: ::core::marker::PhantomData<&$life ()>,
        }

        // SAFETY: whoever declares it says so.
        unsafe impl $crate::tracepoint::Tracepoint for $name<'static> {
            const NAME: &'static $crate::str::CStr = $crate::c_str!($tracepoint);
            type Event<$life> = $name<$life>;

            fn function<P>() -> *mut $crate::ffi::c_void
            where
                P: $crate::tracepoint::Probe<Tracepoint = Self>,
            {
                unsafe extern "C" fn call<$life, P>(
                    probe: *mut $crate::ffi::c_void,
                    $($field: $type),*
                ) where
                    P: $crate::tracepoint::Probe<Tracepoint = $name<'static>>,
                {
                    // SAFETY: it was registered with a pointer to such a probe.
                    let probe = unsafe { &*probe.cast::<P>() };
                    probe.hit($name { $($field,)* _life: ::core::marker::PhantomData });
                }
                #[allow(unused_imports)] // where it has no arguments
                use $crate::tracepoint::said::Unknown as _;
                struct __Said<$life>(::core::marker::PhantomData<&$life ()>);
                // The fields' names are those of constants.
                #[allow(non_upper_case_globals)]
                impl<$life> __Said<$life> {
                    $(const $field: [u8; 3] = [
                        <$crate::tracepoint::said::Of<$type>>::KIND,
                        $crate::tracepoint::said::size_of::<$type>(),
                        <$crate::tracepoint::said::Of<$type>>::POINTEE,
                    ];)*
                }
                // A line for the build, in a section that the kernel's linker script leaves out.
                // SAFETY: it is no code.
                unsafe {
                    ::core::arch::asm!(
                        ".pushsection .discard.rkmbuild.tracepoints, \"a\"",
                        concat!(".ascii \"", $tracepoint, "\""),
                        $(
                            concat!(".ascii \" ", stringify!($field), ":\""),
                            ".byte {}, {} + 48, {}",
                        )*
                        ".ascii \"\\n\"",
                        ".popsection",
                        $(
                            const __Said::<'static>::$field[0],
                            const __Said::<'static>::$field[1],
                            const __Said::<'static>::$field[2],
                        )*
                        options(nomem, nostack, preserves_flags),
                    );
                }
                call::<P> as *const () as *mut _
            }
        }
    )*};
}
