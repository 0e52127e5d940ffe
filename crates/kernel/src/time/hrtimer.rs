// SPDX-License-Identifier: GPL-2.0

//! Timers of high resolution: a function that runs at a moment, to the nanosecond.
//!
//! A timer is a field of a struct. Starting it gives a handle; dropping that cancels the timer, and
//! waits for its function where that runs. The function runs in an interrupt: it must not sleep. Where
//! it drops a handle of its own timer, for which it cannot wait, the timer does not go on, and the
//! handle is leaked: the module is not unloaded any more, as [what lives](mod@crate::alive) tells.
//!
//! ```
//! use kernel::impl_has_hr_timer;
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//! use kernel::sync::{Arc, ArcBorrow};
//! use kernel::time::hrtimer::{
//!     HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer, HrTimerRestart, RelativeMode,
//! };
//! use kernel::time::{Delta, Monotonic};
//!
//! #[pin_data]
//! struct Beat {
//!     count: Atomic<u32>,
//!     #[pin]
//!     timer: HrTimer<Self>,
//! }
//!
//! impl_has_hr_timer! {
//!     impl HasHrTimer<Self> for Beat {
//!         mode: RelativeMode<Monotonic>, field: self.timer
//!     }
//! }
//!
//! impl HrTimerCallback for Beat {
//!     type Pointer<'a> = Arc<Self>;
//!
//!     fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
//!         this.count.add(1, Relaxed);
//!         ctx.forward_now(Delta::from_millis(10));
//!         HrTimerRestart::Restart
//!     }
//! }
//!
//! let beat = Arc::pin_init(
//!     pin_init!(Beat { count: Atomic::<u32>::new(0), timer <- HrTimer::new() }),
//!     GFP_KERNEL,
//! )?;
//! let handle = beat.clone().start(Delta::from_millis(10));
//! drop(handle); // it does not run any more
//! # Ok::<(), Error>(())
//! ```

mod mode;
mod pointer;

use super::{ClockSource, Delta, Instant};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::mem::transmute;
use core::pin::Pin;
use core::ptr::{self, NonNull};
use macros::{pin_data, pin_init, pinned_drop};
use pin_init::PinInit;

pub use crate::impl_has_hr_timer;
pub use mode::*;
pub use pointer::{
    ArcHrTimerHandle, BoxHrTimerHandle, HrTimerHandle, HrTimerPointer, PinHrTimerHandle,
    PinMutHrTimerHandle, RawHrTimerCallback, ScopedHrTimerPointer, UnsafeHrTimerPointer,
};

/// A moment by the clock of a struct's timer.
pub type HrTimerInstant<T> = Instant<<<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Clock>;

/// A timer, as a field of the struct `T`.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct HrTimer<T> {
    #[pin]
    timer: Opaque<bindings::rkmbuild_hrtimer>,
    _t: PhantomData<T>,
}

// SAFETY: a timer may be cancelled by another thread than the one that started it.
unsafe impl<T> Send for HrTimer<T> {}
// SAFETY: the kernel locks it.
unsafe impl<T> Sync for HrTimer<T> {}

impl<T> HrTimer<T> {
    /// Makes the initialiser.
    pub fn new() -> impl PinInit<Self>
    where
        T: HrTimerCallback + HasHrTimer<T>,
    {
        pin_init!(Self {
            // SAFETY: the slot is valid and pinned, and the function takes a timer of this kind. What
            // it returns is passed as the number that it is.
            timer <- Opaque::ffi_init(|slot| unsafe {
                let run: unsafe extern "C" fn(_) -> RawRestart = run::<T::Pointer<'_>>;
                bindings::rust_helper_hrtimer_setup(
                    slot,
                    Some(transmute::<
                        unsafe extern "C" fn(*mut bindings::hrtimer) -> RawRestart,
                        unsafe extern "C" fn(*mut bindings::hrtimer) -> bindings::hrtimer_restart,
                    >(run)),
                    <T::TimerMode as HrTimerMode>::Clock::ID,
                    <T::TimerMode as HrTimerMode>::C_MODE,
                );
            }),
            _t: PhantomData,
        })
    }

    /// Returns the timer as C's helpers have it, of a pointer to this.
    ///
    /// # Safety
    ///
    /// It must be a pointer into memory of that size, aligned.
    unsafe fn raw_get(this: *const Self) -> *mut bindings::rkmbuild_hrtimer {
        // SAFETY: the caller says so.
        Opaque::raw_get(unsafe { ptr::addr_of!((*this).timer) })
    }

    /// Cancels the timer, and waits for its function. Tells whether it was started; `None`: the
    /// function itself asks, after which the timer does not go on.
    ///
    /// # Safety
    ///
    /// `this` must be a timer that was initialised.
    unsafe fn raw_cancel(this: *const Self) -> Option<bool> {
        // SAFETY: the caller says so.
        match unsafe { bindings::rust_helper_hrtimer_cancel(Self::raw_get(this)) } {
            -1 => None,
            started => Some(started != 0),
        }
    }

    /// Puts the end off by whole intervals until it lies after `now`; returns how many there were.
    // Few ask how many there were.
    #[allow(clippy::must_use_candidate)]
    // A moment is a number.
    #[allow(clippy::needless_pass_by_value)]
    pub fn forward(self: Pin<&mut Self>, now: HrTimerInstant<T>, interval: Delta) -> u64
    where
        T: HasHrTimer<T>,
    {
        // SAFETY: it is initialised; whoever has it for its own knows that it is not queued.
        unsafe {
            bindings::rust_helper_hrtimer_forward(
                self.timer.get(),
                now.as_nanos(),
                interval.as_nanos(),
            )
        }
    }

    /// Puts the end off by whole intervals until it lies after this moment.
    // Few ask how many there were.
    #[allow(clippy::must_use_candidate)]
    pub fn forward_now(self: Pin<&mut Self>, interval: Delta) -> u64
    where
        T: HasHrTimer<T>,
    {
        self.forward(HrTimerInstant::<T>::now(), interval)
    }
}

#[pinned_drop]
impl<T> PinnedDrop for HrTimer<T> {
    fn drop(self: Pin<&mut Self>) {
        if cfg!(CONFIG_DEBUG_OBJECTS_TIMERS) {
            // SAFETY: it is initialised, its handles are gone, and nobody uses it again.
            unsafe { bindings::rust_helper_hrtimer_destroy(self.timer.get()) };
        }
    }
}

/// What a timer does when its time has come.
pub trait HrTimerCallback {
    /// The pointer that the timer is started by: `Arc<Self>`, `Pin<KBox<Self>>`, `Pin<&'a Self>` or
    /// `Pin<&'a mut Self>`.
    type Pointer<'a>: RawHrTimerCallback;

    /// Runs when the time has come, in an interrupt: it must not sleep.
    fn run(
        this: <Self::Pointer<'_> as RawHrTimerCallback>::CallbackTarget<'_>,
        ctx: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart
    where
        Self: Sized + HasHrTimer<Self>;
}

/// What a timer's function may do with its timer.
///
/// # Invariants
///
/// The pointer is to the timer whose function runs.
pub struct HrTimerCallbackContext<'a, T: HasHrTimer<T>>(
    NonNull<HrTimer<T>>,
    PhantomData<&'a HrTimer<T>>,
);

impl<T: HasHrTimer<T>> HrTimerCallbackContext<'_, T> {
    /// # Safety
    ///
    /// The function of this timer must run, for as long as the result is used.
    unsafe fn from_raw(timer: *mut HrTimer<T>) -> Self {
        // SAFETY: a timer that runs is at no null pointer.
        Self(unsafe { NonNull::new_unchecked(timer) }, PhantomData)
    }

    /// Puts the end off by whole intervals until it lies after `now`; returns how many there were.
    /// Answer [`HrTimerRestart::Restart`] for the timer to go on.
    ///
    /// Where another thread started the timer anew meanwhile, that counts, and this returns 0.
    // A moment is a number.
    #[allow(clippy::needless_pass_by_value)]
    pub fn forward(&mut self, now: HrTimerInstant<T>, interval: Delta) -> u64 {
        // SAFETY: while its function runs, a timer may be put off.
        unsafe {
            bindings::rust_helper_hrtimer_forward(
                HrTimer::raw_get(self.0.as_ptr()),
                now.as_nanos(),
                interval.as_nanos(),
            )
        }
    }

    /// Puts the end off by whole intervals until it lies after this moment.
    pub fn forward_now(&mut self, interval: Delta) -> u64 {
        self.forward(HrTimerInstant::<T>::now(), interval)
    }
}

/// What C's `enum hrtimer_restart` is where the types of calls are checked: clang tells an enum by
/// its name (kCFI takes the types of the Itanium C++ ABI's mangling), and bindings have a number.
#[repr(transparent)]
#[cfg_attr(any(CONFIG_CFI, CONFIG_CFI_CLANG), cfi_encoding = "15hrtimer_restart")]
struct RawRestart(bindings::hrtimer_restart);

/// # Safety
///
/// As [`RawHrTimerCallback::run`].
unsafe extern "C" fn run<P: RawHrTimerCallback>(timer: *mut bindings::hrtimer) -> RawRestart {
    // Every timer of ours is the first field of this.
    let ours = timer.cast::<bindings::rkmbuild_hrtimer>();
    // SAFETY: the caller's promise.
    unsafe { bindings::rust_helper_hrtimer_begins(ours) };
    // SAFETY: the caller's promise.
    let restart = unsafe { P::run(timer) };
    // SAFETY: who cancels the timer waits until this returns, unless it was the function itself, and
    // then the timer stays.
    let stopped = unsafe { bindings::rust_helper_hrtimer_ends(ours) };
    RawRestart(if stopped {
        HrTimerRestart::NoRestart.into_c()
    } else {
        restart
    })
}

/// Whether a timer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HrTimerRestart {
    /// It has ended.
    NoRestart,
    /// It goes on. It was put off, or it would run again at once.
    Restart,
}

impl HrTimerRestart {
    const fn into_c(self) -> bindings::hrtimer_restart {
        match self {
            Self::NoRestart => bindings::HRTIMER_NORESTART,
            Self::Restart => bindings::HRTIMER_RESTART,
        }
    }
}

/// A struct with an [`HrTimer`] in it. Use [`impl_has_hr_timer!`](crate::impl_has_hr_timer).
///
/// # Safety
///
/// The first two functions are each other's inverse.
pub unsafe trait HasHrTimer<T> {
    /// How the timer counts.
    type TimerMode: HrTimerMode;

    /// Returns the timer of a struct.
    ///
    /// # Safety
    ///
    /// `this` must be a pointer to such a struct.
    unsafe fn raw_get_timer(this: *const Self) -> *const HrTimer<T>;

    /// Returns the struct of a timer.
    ///
    /// # Safety
    ///
    /// `ptr` must be a pointer to the timer in such a struct.
    unsafe fn timer_container_of(ptr: *mut HrTimer<T>) -> *mut Self
    where
        Self: Sized;

    /// Starts the timer, or starts it anew.
    ///
    /// # Safety
    ///
    /// The struct must stay until the timer has run or is cancelled.
    unsafe fn start(this: *const Self, expires: <Self::TimerMode as HrTimerMode>::Expires) {
        // SAFETY: the caller says that it is there, and that it stays.
        unsafe {
            bindings::rust_helper_hrtimer_start(
                HrTimer::raw_get(Self::raw_get_timer(this)),
                expires.as_nanos(),
                Self::TimerMode::C_MODE,
            );
        }
    }
}

/// Says which field of a struct is its [`HrTimer`](crate::time::hrtimer::HrTimer), and how that
/// counts:
/// `impl_has_hr_timer! { impl HasHrTimer<Self> for Beat { mode: RelativeMode<Monotonic>, field: self.timer } }`.
#[macro_export]
macro_rules! impl_has_hr_timer {
    (
        impl$({$($generics:tt)*})?
            HasHrTimer<$timer_type:ty>
            for $self:ty
        { mode: $mode:ty, field: self.$field:ident $(,)? }
    ) => {
        // SAFETY: the field is where it is.
        unsafe impl$(<$($generics)*>)? $crate::time::hrtimer::HasHrTimer<$timer_type> for $self {
            type TimerMode = $mode;

            unsafe fn raw_get_timer(
                this: *const Self,
            ) -> *const $crate::time::hrtimer::HrTimer<$timer_type> {
                // SAFETY: the caller says that it is such a struct.
                unsafe { ::core::ptr::addr_of!((*this).$field) }
            }

            unsafe fn timer_container_of(
                ptr: *mut $crate::time::hrtimer::HrTimer<$timer_type>,
            ) -> *mut Self {
                // SAFETY: the caller says that it is the field of such a struct.
                unsafe { ptr.byte_sub(::core::mem::offset_of!(Self, $field)).cast() }
            }
        }
    };
}
