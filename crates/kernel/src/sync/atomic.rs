// SPDX-License-Identifier: GPL-2.0

//! Numbers that several threads change without a lock.
//!
//! The orderings are types, as in Rust for Linux: `counter.fetch_add(1, Relaxed)`.

use core::fmt;
use core::mem::ManuallyDrop;
use core::sync::atomic as core_atomic;

/// How an access is ordered with those around it.
pub mod ordering {
    use core::sync::atomic::Ordering as Core;

    /// Not at all.
    pub struct Relaxed;
    /// No later one comes before it.
    pub struct Acquire;
    /// No earlier one comes after it.
    pub struct Release;
    /// None passes it in either direction.
    pub struct Full;

    /// Any ordering, for what reads and writes.
    pub trait Ordering {
        /// The same as `core` has it.
        const CORE: Core;
    }

    /// An ordering for what reads.
    pub trait AcquireOrRelaxed: Ordering {}
    /// An ordering for what writes.
    pub trait ReleaseOrRelaxed: Ordering {}

    impl Ordering for Relaxed {
        const CORE: Core = Core::Relaxed;
    }
    impl Ordering for Acquire {
        const CORE: Core = Core::Acquire;
    }
    impl Ordering for Release {
        const CORE: Core = Core::Release;
    }
    impl Ordering for Full {
        const CORE: Core = Core::SeqCst;
    }
    impl AcquireOrRelaxed for Relaxed {}
    impl AcquireOrRelaxed for Acquire {}
    impl ReleaseOrRelaxed for Relaxed {}
    impl ReleaseOrRelaxed for Release {}
}

pub use ordering::{Acquire, Full, Relaxed, Release};

/// A type that has an atomic form.
///
/// # Safety
///
/// [`Repr`](Self::Repr) must have the same size as the type, and the same bytes for each value.
pub unsafe trait AtomicType: Copy {
    /// `core`'s atomic.
    type Repr;
    #[doc(hidden)]
    fn get(repr: &Self::Repr, ordering: core_atomic::Ordering) -> Self;
    #[doc(hidden)]
    fn set(repr: &Self::Repr, value: Self, ordering: core_atomic::Ordering);
    #[doc(hidden)]
    fn swap(repr: &Self::Repr, value: Self, ordering: core_atomic::Ordering) -> Self;
    #[doc(hidden)]
    fn exchange(
        repr: &Self::Repr,
        old: Self,
        new: Self,
        ordering: core_atomic::Ordering,
    ) -> Result<Self, Self>;
}

/// An [`AtomicType`] that can be added to.
pub trait AtomicAdd: AtomicType {
    #[doc(hidden)]
    fn fetch_add(repr: &Self::Repr, value: Self, ordering: core_atomic::Ordering) -> Self;
}

macro_rules! atomic {
    ($($type:ty: $core:ident;)*) => {
        $(
        // SAFETY: `core` says that its atomic has the same size and values.
        unsafe impl AtomicType for $type {
            type Repr = core_atomic::$core;
            #[inline]
            fn get(repr: &Self::Repr, ordering: core_atomic::Ordering) -> Self {
                repr.load(ordering)
            }
            #[inline]
            fn set(repr: &Self::Repr, value: Self, ordering: core_atomic::Ordering) {
                repr.store(value, ordering);
            }
            #[inline]
            fn swap(repr: &Self::Repr, value: Self, ordering: core_atomic::Ordering) -> Self {
                repr.swap(value, ordering)
            }
            #[inline]
            fn exchange(
                repr: &Self::Repr,
                old: Self,
                new: Self,
                ordering: core_atomic::Ordering,
            ) -> Result<Self, Self> {
                let failure = match ordering {
                    core_atomic::Ordering::Release => core_atomic::Ordering::Relaxed,
                    other => other,
                };
                repr.compare_exchange(old, new, ordering, failure)
            }
        }
)*
    };
}

macro_rules! atomic_add {
    ($($type:ty)*) => {
        $(impl AtomicAdd for $type {
            #[inline]
            fn fetch_add(
                repr: &Self::Repr,
                value: Self,
                ordering: core_atomic::Ordering,
            ) -> Self {
                repr.fetch_add(value, ordering)
            }
        })*
    };
}

atomic! {
    bool: AtomicBool;
    i8: AtomicI8;
    u8: AtomicU8;
    i16: AtomicI16;
    u16: AtomicU16;
    i32: AtomicI32;
    u32: AtomicU32;
    i64: AtomicI64;
    u64: AtomicU64;
    isize: AtomicIsize;
    usize: AtomicUsize;
}
atomic_add! { i8 u8 i16 u16 i32 u32 i64 u64 isize usize }

/// A number, or a truth value, that several threads change without a lock.
pub struct Atomic<T: AtomicType>(T::Repr);

impl<T: AtomicType> Atomic<T> {
    /// Makes one.
    #[must_use]
    pub const fn new(value: T) -> Self {
        // What a trait has cannot be called in a constant.
        union Bits<T: AtomicType> {
            value: T,
            atomic: ManuallyDrop<T::Repr>,
        }
        let bits = Bits { value };
        // SAFETY: the trait says that the atomic has the same bytes.
        Self(ManuallyDrop::into_inner(unsafe { bits.atomic }))
    }

    /// Reads it.
    pub fn load<O: ordering::AcquireOrRelaxed>(&self, _: O) -> T {
        T::get(&self.0, O::CORE)
    }

    /// Writes it.
    pub fn store<O: ordering::ReleaseOrRelaxed>(&self, value: T, _: O) {
        T::set(&self.0, value, O::CORE);
    }

    /// Writes it and returns what was there.
    pub fn xchg<O: ordering::Ordering>(&self, value: T, _: O) -> T {
        T::swap(&self.0, value, O::CORE)
    }

    /// Writes `new` if `old` is there.
    ///
    /// # Errors
    ///
    /// What is there instead.
    pub fn cmpxchg<O: ordering::Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        T::exchange(&self.0, old, new, O::CORE)
    }
}

impl<T: AtomicType + fmt::Debug> fmt::Debug for Atomic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load(Relaxed).fmt(f)
    }
}

impl<T: AtomicAdd> Atomic<T> {
    /// Adds to it.
    pub fn add<O: ordering::Ordering>(&self, value: T, _: O) {
        T::fetch_add(&self.0, value, O::CORE);
    }

    /// Adds to it and returns what was there.
    pub fn fetch_add<O: ordering::Ordering>(&self, value: T, _: O) -> T {
        T::fetch_add(&self.0, value, O::CORE)
    }
}
