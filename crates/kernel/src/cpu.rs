// SPDX-License-Identifier: GPL-2.0

//! Processors: which there are, which are at work, and which this runs on.
//!
//! ```
//! use kernel::cpu::{self, CpuId};
//! use kernel::prelude::*;
//!
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! pr_info!("on {} of {}\n", CpuId::current(), cpu::num_online_cpus());
//! for id in cpu::online_cpus() {
//!     pr_info!("{id} is at work\n");
//! }
//! let here = cpu::get_cpu(); // stays on this processor until it is dropped
//! # Ok(())
//! # }
//! ```

#[cfg(CONFIG_SMP)]
pub mod hotplug;

use crate::types::NotThreadSafe;
use core::fmt;
use core::ops::Deref;

/// Returns one more than the highest number that a processor can have.
#[must_use]
pub fn nr_cpu_ids() -> u32 {
    // SAFETY: it only reads.
    unsafe { bindings::rust_helper_nr_cpu_ids() }
}

/// Returns how many processors are at work now.
#[must_use]
pub fn num_online_cpus() -> u32 {
    // SAFETY: it only reads.
    unsafe { bindings::rust_helper_num_online_cpus() }
}

/// Returns how many processors there can ever be.
#[must_use]
pub fn num_possible_cpus() -> u32 {
    // SAFETY: it only reads.
    unsafe { bindings::rust_helper_num_possible_cpus() }
}

/// Goes through the processors that are at work. Others may come and go meanwhile.
pub fn online_cpus() -> impl Iterator<Item = CpuId> {
    // SAFETY: it only reads, and the number is below `nr_cpu_ids`.
    ids(|cpu| unsafe { bindings::rust_helper_cpu_online(cpu) })
}

/// Goes through the processors that there can ever be.
pub fn possible_cpus() -> impl Iterator<Item = CpuId> {
    // SAFETY: it only reads, and the number is below `nr_cpu_ids`.
    ids(|cpu| unsafe { bindings::rust_helper_cpu_possible(cpu) })
}

fn ids(are: impl Fn(u32) -> bool) -> impl Iterator<Item = CpuId> {
    // INVARIANT: it is below `nr_cpu_ids`.
    (0..nr_cpu_ids()).filter(move |&cpu| are(cpu)).map(CpuId)
}

/// The number of a processor.
///
/// # Invariants
///
/// It is below [`nr_cpu_ids`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuId(u32);

impl CpuId {
    /// Makes one of a number, if a processor can have that.
    #[must_use]
    pub fn from_i32(id: i32) -> Option<Self> {
        Self::from_u32(u32::try_from(id).ok()?)
    }

    /// Makes one of a number, if a processor can have that.
    #[must_use]
    pub fn from_u32(id: u32) -> Option<Self> {
        // INVARIANT: it was just compared.
        (id < nr_cpu_ids()).then_some(Self(id))
    }

    /// Makes one of a number.
    ///
    /// # Safety
    ///
    /// It must be below [`nr_cpu_ids`].
    #[must_use]
    pub const unsafe fn from_u32_unchecked(id: u32) -> Self {
        // INVARIANT: the caller says so.
        Self(id)
    }

    /// Returns the number.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// Returns the processor that this runs on. It may be another at once: see [`get_cpu`].
    #[must_use]
    pub fn current() -> Self {
        // INVARIANT: it runs.
        // SAFETY: it only reads.
        Self(unsafe { bindings::rust_helper_raw_smp_processor_id() })
    }

    /// Tells whether it is at work now.
    #[must_use]
    pub fn is_online(self) -> bool {
        // SAFETY: it only reads, and by the invariant there is such a number.
        unsafe { bindings::rust_helper_cpu_online(self.0) }
    }
}

impl From<CpuId> for u32 {
    fn from(id: CpuId) -> Self {
        id.0
    }
}

impl From<CpuId> for i32 {
    fn from(id: CpuId) -> Self {
        // There are far fewer processors.
        id.0 as i32
    }
}

impl fmt::Display for CpuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Keeps this thread on its processor, and others off it, until the guard is dropped. Meanwhile it
/// must not sleep.
#[must_use = "the thread may go to another processor where the guard is not kept"]
pub fn get_cpu() -> CpuGuard {
    // SAFETY: it may be called in any context.
    unsafe { bindings::rust_helper_preempt_disable() };
    CpuGuard(CpuId::current(), NotThreadSafe)
}

/// Says that this thread stays on its processor.
///
/// # Invariants
///
/// Preemption is off.
pub struct CpuGuard(CpuId, NotThreadSafe);

impl Deref for CpuGuard {
    type Target = CpuId;

    fn deref(&self) -> &CpuId {
        &self.0
    }
}

impl Drop for CpuGuard {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is off.
        unsafe { bindings::rust_helper_preempt_enable() };
    }
}
