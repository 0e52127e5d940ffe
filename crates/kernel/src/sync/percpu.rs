// SPDX-License-Identifier: GPL-2.0

//! Values of which each processor has one, so that processors do not wait for each other.

use super::Place;
use crate::cpu::{self, CpuGuard, CpuId};
use crate::error::{code::ENOMEM, to_result, Error, Result};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::mem::{align_of, size_of};
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

/// The most that there is room for: the kernel's `PCPU_MIN_UNIT_SIZE`.
const MAX_SIZE: usize = 32 << 10;

/// A value for each processor.
///
/// An interrupt's handler, or whoever goes through all of them, may use a processor's value at the
/// same time, so it is shared: [`Atomic`](super::atomic::Atomic)s do.
///
/// ```
/// use kernel::sync::atomic::{Atomic, Relaxed};
/// use kernel::sync::percpu::PerCpu;
///
/// let packets = PerCpu::new(|_| Atomic::<u64>::new(0))?;
/// packets.get().add(1, Relaxed);
/// let all: u64 = packets.iter().map(|(_, count)| count.load(Relaxed)).sum();
/// # Ok::<(), kernel::error::Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is what the kernel gave for memory of that size, with a valid value for each possible
/// processor.
pub struct PerCpu<T>(NonNull<T>, PhantomData<T>);

// SAFETY: it can be sent if its values can.
unsafe impl<T: Send> Send for PerCpu<T> {}
// SAFETY: any processor gets a shared reference to any value.
unsafe impl<T: Sync> Sync for PerCpu<T> {}

impl<T> PerCpu<T> {
    /// Makes a value for each processor that there can ever be. It may sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory.
    pub fn new(mut make: impl FnMut(CpuId) -> T) -> Result<Self> {
        const { assert!(size_of::<T>() <= MAX_SIZE && align_of::<T>() <= bindings::PAGE_SIZE) };
        // SAFETY: neither is 0 nor more than there can be.
        let memory =
            unsafe { bindings::rust_helper_alloc_percpu(size_of::<T>().max(1), align_of::<T>()) };
        let memory = NonNull::new(memory.cast::<T>()).ok_or(ENOMEM)?;
        for cpu in cpu::possible_cpus() {
            // SAFETY: the memory was just got, and has room for each possible processor.
            unsafe { on(memory, cpu).write(make(cpu)) };
        }
        // INVARIANT: there is a value for each possible processor.
        Ok(Self(memory, PhantomData))
    }

    /// Returns the value of the processor that this runs on, on which it stays until the result is
    /// dropped. Meanwhile it must not sleep.
    pub fn get(&self) -> PerCpuGuard<'_, T> {
        let cpu = cpu::get_cpu();
        // SAFETY: by the invariant there is a value.
        let value = unsafe { &*on(self.0, *cpu) };
        PerCpuGuard { value, _cpu: cpu }
    }

    /// Goes through the values of all processors that there can ever be.
    pub fn iter(&self) -> impl Iterator<Item = (CpuId, &T)> {
        // SAFETY: by the invariant there is a value.
        cpu::possible_cpus().map(|cpu| (cpu, unsafe { &*on(self.0, cpu) }))
    }
}

/// Returns where the value of a processor is.
///
/// # Safety
///
/// `memory` must be what the kernel gave for memory of such values, `cpu` be possible.
unsafe fn on<T>(memory: NonNull<T>, cpu: CpuId) -> *mut T {
    // SAFETY: the caller says so.
    unsafe { bindings::rust_helper_per_cpu_ptr(memory.as_ptr().cast(), cpu.as_u32()) }.cast()
}

impl<T> Drop for PerCpu<T> {
    fn drop(&mut self) {
        for cpu in cpu::possible_cpus() {
            // SAFETY: by the invariant there is a value, which nobody uses again.
            unsafe { on(self.0, cpu).drop_in_place() };
        }
        // SAFETY: it is the kernel's memory, and nobody uses it again.
        unsafe { bindings::rust_helper_free_percpu(self.0.as_ptr().cast()) };
    }
}

/// The value of the processor that this runs on.
#[must_use = "the thread may go to another processor where the guard is not kept"]
pub struct PerCpuGuard<'a, T> {
    value: &'a T,
    _cpu: CpuGuard,
}

impl<T> Deref for PerCpuGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

/// The kernel's `struct percpu_counter`: a number that is cheap to change, and dear to know exactly.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::percpu::PerCpuCounter;
///
/// # const __LOG_PREFIX: &[u8] = b"example\0";
/// # fn main() {}
/// # fn example() -> kernel::error::Result {
/// let users = KBox::pin_init(PerCpuCounter::new(0), GFP_KERNEL)?;
/// users.add(1);
/// pr_info!("about {}, to be exact {}\n", users.read(), users.sum());
/// # Ok(())
/// # }
/// ```
#[pin_data(PinnedDrop)]
pub struct PerCpuCounter {
    #[pin]
    counter: Opaque<bindings::percpu_counter>,
}

// SAFETY: a counter has a lock of its own.
unsafe impl Send for PerCpuCounter {}
// SAFETY: as above.
unsafe impl Sync for PerCpuCounter {}

impl PerCpuCounter {
    /// Makes the initialiser of a counter. It fails with `ENOMEM` where there is no memory.
    #[track_caller]
    pub fn new(amount: i64) -> impl PinInit<Self, Error> {
        let place = Place::of_caller();
        try_pin_init!(Self {
            // SAFETY: the slot is valid and pinned; the key is static.
            counter <- Opaque::try_ffi_init(move |slot| to_result(unsafe {
                bindings::rust_helper_percpu_counter_init(slot, amount, place.key())
            })),
        })
    }

    /// Adds to it.
    pub fn add(&self, amount: i64) {
        // SAFETY: what exists is initialised.
        unsafe { bindings::rust_helper_percpu_counter_add(self.counter.get(), amount) };
    }

    /// Returns about what it is, at once.
    pub fn read(&self) -> i64 {
        // SAFETY: what exists is initialised.
        unsafe { bindings::rust_helper_percpu_counter_read(self.counter.get()) }
    }

    /// Returns what it is, by asking all processors.
    pub fn sum(&self) -> i64 {
        // SAFETY: what exists is initialised.
        unsafe { bindings::rust_helper_percpu_counter_sum(self.counter.get()) }
    }
}

#[pinned_drop]
impl PinnedDrop for PerCpuCounter {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: what exists is initialised, and nobody uses it again.
        unsafe { bindings::rust_helper_percpu_counter_destroy(self.counter.get()) };
    }
}
