// SPDX-License-Identifier: GPL-2.0

//! Waiting until something becomes true of a lock's value.

use super::lock::{Backend, Guard};
use super::{LockClassKey, LockName};
use crate::ffi::{c_int, c_long};
use crate::str::CStrExt;
use crate::task::might_sleep_at;
use crate::time::Jiffies;
use crate::types::Opaque;
use core::pin::Pin;
use core::ptr;
use macros::{pin_data, pin_init};
use pin_init::PinInit;

const TASK_INTERRUPTIBLE: c_int = bindings::TASK_INTERRUPTIBLE as c_int;
const TASK_UNINTERRUPTIBLE: c_int = bindings::TASK_UNINTERRUPTIBLE as c_int;
const TASK_NORMAL: crate::ffi::c_uint =
    bindings::TASK_INTERRUPTIBLE | bindings::TASK_UNINTERRUPTIBLE;

/// Makes the initialiser of a [`CondVar`], with a name if there is an argument.
#[macro_export]
macro_rules! new_condvar {
    ($($name:literal)?) => {
        $crate::sync::CondVar::new(
            $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// A place where threads wait for others to change a lock's value.
///
/// ```
/// # use kernel::sync::{CondVar, Mutex};
/// # struct Me { value: Mutex<u32>, changed: CondVar }
/// # fn wait(me: &Me, wanted: u32) {
/// let mut value = me.value.lock();
/// while *value != wanted {
///     me.changed.wait(&mut value);
/// }
/// # }
/// ```
#[pin_data]
pub struct CondVar {
    #[pin]
    pub(super) wait_queue_head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: a wait queue has a lock of its own.
unsafe impl Send for CondVar {}
// SAFETY: as above.
unsafe impl Sync for CondVar {}

/// How a wait with a limit ended.
pub enum CondVarTimeoutResult {
    /// The time is up.
    Timeout,
    /// Somebody woke us.
    Woken {
        /// What was left of the time.
        jiffies: Jiffies,
    },
    /// A signal came.
    Signal {
        /// What was left of the time.
        jiffies: Jiffies,
    },
}

impl CondVar {
    /// Makes the initialiser. Use [`new_condvar!`](crate::new_condvar).
    pub fn new(name: LockName, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the slot is valid and pinned; name and key are static.
            wait_queue_head <- Opaque::ffi_init(move |slot| unsafe {
                bindings::__init_waitqueue_head(slot, name.as_char_ptr(), key.as_ptr());
            }),
        })
    }

    #[track_caller]
    fn wait_internal<T: ?Sized, B: Backend>(
        &self,
        state: c_int,
        guard: &mut Guard<'_, T, B>,
        timeout: c_long,
    ) -> c_long {
        let wait = Opaque::<bindings::wait_queue_entry>::uninit();
        // SAFETY: the entry is valid for writes and stays here until `finish_wait`.
        unsafe { bindings::init_wait_entry(wait.get(), 0) };
        // SAFETY: both are initialised.
        unsafe {
            bindings::prepare_to_wait_exclusive(self.wait_queue_head.get(), wait.get(), state);
        }
        let caller = core::panic::Location::caller();
        let left = guard.do_unlocked(|| {
            might_sleep_at(caller);
            // SAFETY: it may be called whenever a thread may sleep, with the lock given back.
            unsafe { bindings::schedule_timeout(timeout) }
        });
        // SAFETY: both are initialised.
        unsafe { bindings::finish_wait(self.wait_queue_head.get(), wait.get()) };
        left
    }

    /// Gives the lock back, waits, and takes the lock again.
    ///
    /// It may return without anything having happened: wait in a loop.
    #[track_caller]
    pub fn wait<T: ?Sized, B: Backend>(&self, guard: &mut Guard<'_, T, B>) {
        self.wait_internal(TASK_UNINTERRUPTIBLE, guard, c_long::MAX);
    }

    /// As [`wait`](Self::wait); a signal ends it too. Returns whether one is pending.
    #[must_use = "a wait that a signal ended is to be given up"]
    #[track_caller]
    pub fn wait_interruptible<T: ?Sized, B: Backend>(&self, guard: &mut Guard<'_, T, B>) -> bool {
        self.wait_internal(TASK_INTERRUPTIBLE, guard, c_long::MAX);
        crate::current!().signal_pending()
    }

    /// As [`wait_interruptible`](Self::wait_interruptible), for so long at most.
    #[must_use = "a wait that a signal ended is to be given up"]
    #[track_caller]
    pub fn wait_interruptible_timeout<T: ?Sized, B: Backend>(
        &self,
        guard: &mut Guard<'_, T, B>,
        jiffies: Jiffies,
    ) -> CondVarTimeoutResult {
        let limit = c_long::try_from(jiffies).unwrap_or(c_long::MAX);
        let left = self.wait_internal(TASK_INTERRUPTIBLE, guard, limit);
        let jiffies = Jiffies::try_from(left).unwrap_or(0);
        match (jiffies, crate::current!().signal_pending()) {
            (jiffies, true) => CondVarTimeoutResult::Signal { jiffies },
            (0, false) => CondVarTimeoutResult::Timeout,
            (jiffies, false) => CondVarTimeoutResult::Woken { jiffies },
        }
    }

    fn notify(&self, count: c_int) {
        // SAFETY: the queue is initialised.
        unsafe {
            bindings::__wake_up(
                self.wait_queue_head.get(),
                TASK_NORMAL,
                count,
                ptr::null_mut(),
            );
        }
    }

    /// Wakes one thread that waits.
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes all threads that wait.
    pub fn notify_all(&self) {
        self.notify(0);
    }

    /// Wakes one thread that waits; it is not put on another processor.
    pub fn notify_sync(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::__wake_up_sync(self.wait_queue_head.get(), TASK_NORMAL) };
    }
}
