// SPDX-License-Identifier: GPL-2.0

//! Being told when a processor begins, or ends, its work.
//!
//! ```
//! use kernel::cpu::hotplug::{self, State};
//! use kernel::cpu::CpuId;
//! use kernel::prelude::*;
//!
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! struct Tell;
//!
//! impl hotplug::Callback for Tell {
//!     fn online(&self, cpu: CpuId) -> Result {
//!         pr_info!("{cpu} is at work\n");
//!         Ok(())
//!     }
//! }
//!
//! let state = KBox::pin_init(State::register(c"mine:online", Tell), GFP_KERNEL)?;
//! # Ok(())
//! # }
//! ```

use super::CpuId;
use crate::alive::{alive, Alive};
use crate::error::{from_result, to_result, Error, Result};
use crate::ffi::{c_int, c_uint};
use crate::str::{CStr, CStrExt};
use crate::sync::atomic::{Atomic, Relaxed};
use crate::types::Opaque;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

/// Who is told. Both functions run in a thread on the processor that they are about, and may sleep;
/// they must not themselves register or drop a [`State`].
pub trait Callback: Send + Sync + 'static {
    /// Runs when a processor is at work, and, for each that is, when this is registered.
    ///
    /// # Errors
    ///
    /// The processor is sent away again; where this was being registered, that fails.
    fn online(&self, cpu: CpuId) -> Result {
        let _ = cpu;
        Ok(())
    }

    /// Runs when a processor is about to end its work, and, for each that is at work, when this is
    /// dropped.
    ///
    /// # Errors
    ///
    /// The processor stays. When this is dropped, or could not be registered, it does not matter.
    fn offline(&self, cpu: CpuId) -> Result {
        let _ = cpu;
        Ok(())
    }
}

/// The kernel's part of a [`State`].
#[repr(C)]
struct Instance {
    node: bindings::hlist_node,
    state: bindings::cpuhp_state,
    /// Whether it is neither being registered nor dropped: then alone a processor can be kept. At
    /// any other time the kernel dies of an error (`cpuhp_issue_call()` in kernel/cpu.c).
    settled: Atomic<bool>,
}

/// A state that processors go through (`CPUHP_AP_ONLINE_DYN`); dropping it takes it away.
///
/// # Invariants
///
/// `instance` is in the state that it names, and is the first field, so that a pointer to its node is
/// one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct State<T: Callback> {
    #[pin]
    instance: Opaque<Instance>,
    callback: T,
    _alive: Alive,
}

// SAFETY: it may be taken away by another thread than the one that registered it.
unsafe impl<T: Callback> Send for State<T> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<T: Callback> Sync for State<T> {}

impl<T: Callback> State<T> {
    /// Makes an initialiser that registers a callback. The name is what
    /// `/sys/devices/system/cpu/hotplug/states` shows: `"mine:online"`.
    ///
    /// It fails with `ENOSPC` where the kernel has no state left, and with what
    /// [`online`](Callback::online) failed with.
    pub fn register(name: &'static CStr, callback: T) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(State),
            callback,
            instance <- Opaque::try_ffi_init(move |slot: *mut Instance| {
                // SAFETY: the name is a string; the functions take nodes of `State<T>` alone.
                let state = unsafe {
                    bindings::rust_helper_cpuhp_setup(
                        name.as_char_ptr(),
                        Some(online::<T>),
                        Some(offline::<T>),
                    )
                };
                to_result(state)?;
                let state = state as bindings::cpuhp_state;
                // SAFETY: the slot is valid for writes, and all zeroes are a valid value.
                unsafe {
                    slot.write_bytes(0, 1);
                    (*slot).state = state;
                }
                // INVARIANT: it is in the state where this is well.
                // SAFETY: it stays where it is until it is taken away; the callback is there.
                let added = to_result(unsafe {
                    bindings::__cpuhp_state_add_instance(state, core::ptr::addr_of_mut!((*slot).node), true)
                });
                match added {
                    // SAFETY: it was initialised above.
                    Ok(()) => unsafe { (*slot).settled.store(true, Relaxed) },
                    // SAFETY: nothing is in the state.
                    Err(_) => unsafe { bindings::__cpuhp_remove_state(state, false) },
                }
                added
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
impl<T: Callback> PinnedDrop for State<T> {
    fn drop(self: Pin<&mut Self>) {
        let instance = self.instance.get();
        // SAFETY: by the invariant it is in the state, alone.
        unsafe {
            let state = (*instance).state;
            (*instance).settled.store(false, Relaxed);
            bindings::__cpuhp_state_remove_instance(
                state,
                core::ptr::addr_of_mut!((*instance).node),
                true,
            );
            bindings::__cpuhp_remove_state(state, false);
        }
    }
}

/// # Safety
///
/// `node` must be that of a `State<T>`, and there be such a processor.
unsafe extern "C" fn online<T: Callback>(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
    // SAFETY: the caller's promise; the node is at the beginning.
    let (cpu, state) = unsafe { (CpuId::from_u32_unchecked(cpu), &*node.cast::<State<T>>()) };
    from_result(|| state.callback.online(cpu).map(|()| 0))
}

/// # Safety
///
/// As for [`online`].
unsafe extern "C" fn offline<T: Callback>(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
    // SAFETY: the caller's promise; the node is at the beginning.
    let (cpu, state) = unsafe { (CpuId::from_u32_unchecked(cpu), &*node.cast::<State<T>>()) };
    let answer = state.callback.offline(cpu);
    // SAFETY: the instance is initialised.
    let settled = unsafe { (*state.instance.get()).settled.load(Relaxed) };
    from_result(|| if settled { answer.map(|()| 0) } else { Ok(0) })
}
