// SPDX-License-Identifier: GPL-2.0

//! What a timer is started by, and the handles that this gives.

use super::{HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerMode};
use crate::alive::{alive, Alive};
use crate::alloc::{Allocator, Box};
use crate::pr_err;
use crate::sync::{Arc, ArcBorrow};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::ptr::NonNull;

/// When the timer of a struct ends.
type Expires<T> = <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Expires;

/// A pointer to a struct with a timer, which keeps the struct as long as the handle is there.
///
/// A timer may be started several times: that gives several handles, each of which cancels it.
pub trait HrTimerPointer: Sync + Sized {
    /// How the timer counts.
    type TimerMode: HrTimerMode;
    /// What starting it gives.
    type TimerHandle: HrTimerHandle;

    /// Starts the timer, or starts it anew.
    fn start(self, expires: <Self::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle;
}

/// A pointer to a struct with a timer, which only borrows the struct.
///
/// # Safety
///
/// What is pointed to must live as long as the handle can.
pub unsafe trait UnsafeHrTimerPointer: Sync + Sized {
    /// How the timer counts.
    type TimerMode: HrTimerMode;
    /// What starting it gives.
    type TimerHandle: HrTimerHandle;

    /// Starts the timer, or starts it anew.
    ///
    /// # Safety
    ///
    /// The handle must be dropped, not leaked.
    unsafe fn start(self, expires: <Self::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle;
}

/// A pointer to a struct with a timer that runs during a function at most.
///
/// # Safety
///
/// The timer must be cancelled, and its function have ended, when `start_scoped` returns.
pub unsafe trait ScopedHrTimerPointer {
    /// How the timer counts.
    type TimerMode: HrTimerMode;

    /// Starts the timer, runs `f`, and cancels the timer.
    fn start_scoped<T, F>(self, expires: <Self::TimerMode as HrTimerMode>::Expires, f: F) -> T
    where
        F: FnOnce() -> T;
}

// SAFETY: dropping the handle cancels the timer and waits for its function.
unsafe impl<P: UnsafeHrTimerPointer> ScopedHrTimerPointer for P {
    type TimerMode = P::TimerMode;

    fn start_scoped<T, F>(self, expires: <Self::TimerMode as HrTimerMode>::Expires, f: F) -> T
    where
        F: FnOnce() -> T,
    {
        // SAFETY: it is dropped when this returns; a panic does not unwind.
        let _handle = unsafe { UnsafeHrTimerPointer::start(self, expires) };
        f()
    }
}

/// A timer that was started.
///
/// # Safety
///
/// Dropping it must cancel the timer, and wait for its function where that runs.
pub unsafe trait HrTimerHandle {
    /// Cancels the timer, and waits for its function where that runs. Tells whether it was started.
    ///
    /// Where the function itself calls this, the timer does not go on, unless it was started anew.
    fn cancel(&mut self) -> bool;
}

/// A pointer that the kernel can run the function of.
pub trait RawHrTimerCallback {
    /// What the function is given.
    type CallbackTarget<'a>;

    /// Runs the function.
    ///
    /// # Safety
    ///
    /// Only the kernel may call it, for a timer that this pointer started.
    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart;
}

/// A timer that was started, by any pointer: `K` keeps the struct.
///
/// # Invariants
///
/// The pointer is to a struct that is there for as long as this.
pub struct Handle<T: HasHrTimer<T>, K> {
    this: NonNull<T>,
    keeps: ManuallyDrop<(K, Alive)>,
}

/// The handle of a timer that was started by an `Arc`.
pub type ArcHrTimerHandle<T> = Handle<T, Arc<T>>;
/// The handle of a timer that was started by a box.
pub type BoxHrTimerHandle<T, A> = Handle<T, Pin<Box<T, A>>>;
/// The handle of a timer that was started by a reference.
pub type PinHrTimerHandle<'a, T> = Handle<T, PhantomData<&'a T>>;
/// The handle of a timer that was started by an exclusive reference.
pub type PinMutHrTimerHandle<'a, T> = Handle<T, PhantomData<&'a mut T>>;

// SAFETY: a timer may be cancelled by any thread; what keeps the struct can be sent.
unsafe impl<T: HasHrTimer<T>, K: Send> Send for Handle<T, K> {}
// SAFETY: a shared one gives nothing.
unsafe impl<T: HasHrTimer<T>, K> Sync for Handle<T, K> {}

impl<T: HasHrTimer<T>, K> Handle<T, K> {
    /// # Safety
    ///
    /// `keeps` must keep the struct there, and nobody move out of it, for as long as the handle.
    unsafe fn start(this: NonNull<T>, keeps: K, expires: Expires<T>) -> Self {
        let alive = alive!(HrTimerHandle);
        // SAFETY: the handle cancels it before the struct goes.
        unsafe { T::start(this.as_ptr(), expires) };
        // INVARIANT: the caller says so.
        Self {
            this,
            keeps: ManuallyDrop::new((keeps, alive)),
        }
    }
}

// SAFETY: the drop below cancels it.
unsafe impl<T: HasHrTimer<T>, K> HrTimerHandle for Handle<T, K> {
    fn cancel(&mut self) -> bool {
        // SAFETY: by the invariant the struct is there, and its timer was started.
        unsafe { HrTimer::raw_cancel(T::raw_get_timer(self.this.as_ptr())) }.unwrap_or_default()
    }
}

impl<T: HasHrTimer<T>, K> Drop for Handle<T, K> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the struct is there, and its timer was started.
        let cancelled = unsafe { HrTimer::raw_cancel(T::raw_get_timer(self.this.as_ptr())) };
        if cancelled.is_some() {
            // SAFETY: it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.keeps) };
        } else {
            // The function still uses the struct, and may have started the timer anew.
            pr_err!("a timer's own function dropped the handle: it is leaked\n");
        }
    }
}

/// Returns the struct of a timer that expired, and the function's context.
///
/// # Safety
///
/// `timer` must be in such a struct, and its function run for as long as `'a`.
unsafe fn expired<'a, T: HasHrTimer<T>>(
    timer: *mut bindings::hrtimer,
) -> (*mut T, HrTimerCallbackContext<'a, T>) {
    let timer = timer.cast::<HrTimer<T>>();
    // SAFETY: the caller says so; the timer of C's is the first field of ours.
    unsafe {
        (
            T::timer_container_of(timer),
            HrTimerCallbackContext::from_raw(timer),
        )
    }
}

impl<T> HrTimerPointer for Arc<T>
where
    T: Send + Sync + HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
{
    type TimerMode = T::TimerMode;
    type TimerHandle = ArcHrTimerHandle<T>;

    fn start(self, expires: Expires<T>) -> Self::TimerHandle {
        // SAFETY: a value is at no null pointer.
        let this = unsafe { NonNull::new_unchecked(Arc::as_ptr(&self).cast_mut()) };
        // SAFETY: the reference keeps it.
        unsafe { Handle::start(this, self, expires) }
    }
}

impl<T> RawHrTimerCallback for Arc<T>
where
    T: HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
{
    type CallbackTarget<'a> = ArcBorrow<'a, T>;

    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: the kernel runs it; the handle keeps a reference until this has returned.
        let (this, ctx) = unsafe { expired::<T>(timer) };
        // SAFETY: as above.
        T::run(unsafe { ArcBorrow::from_raw(this) }, ctx).into_c()
    }
}

impl<T, A> HrTimerPointer for Pin<Box<T, A>>
where
    T: Send + Sync + HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
    A: Allocator,
{
    type TimerMode = T::TimerMode;
    type TimerHandle = BoxHrTimerHandle<T, A>;

    fn start(mut self, expires: Expires<T>) -> Self::TimerHandle {
        // SAFETY: it is not moved. The function changes it, so this is no shared reference.
        let this = NonNull::from(unsafe { self.as_mut().get_unchecked_mut() });
        // SAFETY: the box keeps it, and does not use it before it drops it.
        unsafe { Handle::start(this, self, expires) }
    }
}

impl<T, A> RawHrTimerCallback for Pin<Box<T, A>>
where
    T: HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
    A: Allocator,
{
    type CallbackTarget<'a> = Pin<&'a mut T>;

    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: the kernel runs it; the handle keeps the box until this has returned.
        let (this, ctx) = unsafe { expired::<T>(timer) };
        // SAFETY: as above. Nobody else uses what is in the box, and it does not move.
        T::run(unsafe { Pin::new_unchecked(&mut *this) }, ctx).into_c()
    }
}

// SAFETY: the handle borrows the struct.
unsafe impl<'a, T> UnsafeHrTimerPointer for Pin<&'a T>
where
    T: Send + Sync + HasHrTimer<T> + HrTimerCallback<Pointer<'a> = Self>,
{
    type TimerMode = T::TimerMode;
    type TimerHandle = PinHrTimerHandle<'a, T>;

    unsafe fn start(self, expires: Expires<T>) -> Self::TimerHandle {
        // SAFETY: it is borrowed for as long as the handle.
        unsafe { Handle::start(NonNull::from(self.get_ref()), PhantomData, expires) }
    }
}

impl<'a, T> RawHrTimerCallback for Pin<&'a T>
where
    T: HasHrTimer<T> + HrTimerCallback<Pointer<'a> = Self>,
{
    type CallbackTarget<'b> = Self;

    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: the kernel runs it; the struct is borrowed until this has returned.
        let (this, ctx) = unsafe { expired::<T>(timer) };
        // SAFETY: as above, and it is pinned.
        T::run(unsafe { Pin::new_unchecked(&*this) }, ctx).into_c()
    }
}

// SAFETY: the handle borrows the struct.
unsafe impl<'a, T> UnsafeHrTimerPointer for Pin<&'a mut T>
where
    T: Send + Sync + HasHrTimer<T> + HrTimerCallback<Pointer<'a> = Self>,
{
    type TimerMode = T::TimerMode;
    type TimerHandle = PinMutHrTimerHandle<'a, T>;

    unsafe fn start(self, expires: Expires<T>) -> Self::TimerHandle {
        // SAFETY: it is not moved.
        let this = NonNull::from(unsafe { self.get_unchecked_mut() });
        // SAFETY: it is borrowed for as long as the handle.
        unsafe { Handle::start(this, PhantomData, expires) }
    }
}

impl<'a, T> RawHrTimerCallback for Pin<&'a mut T>
where
    T: HasHrTimer<T> + HrTimerCallback<Pointer<'a> = Self>,
{
    type CallbackTarget<'b> = Self;

    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: the kernel runs it; the struct is borrowed until this has returned.
        let (this, ctx) = unsafe { expired::<T>(timer) };
        // SAFETY: as above. It is borrowed exclusively, and pinned.
        T::run(unsafe { Pin::new_unchecked(&mut *this) }, ctx).into_c()
    }
}
