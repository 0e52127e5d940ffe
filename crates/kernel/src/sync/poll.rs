// SPDX-License-Identifier: GPL-2.0

//! Waiting for several files at once: `poll(2)`, `select(2)`, `epoll(7)`.

use super::{CondVar, LockClassKey, LockName};
use crate::fs::File;
use core::marker::PhantomData;
use core::ops::Deref;
use core::pin::Pin;
use macros::{pin_data, pin_init, pinned_drop};
use pin_init::PinInit;

/// There is something to read.
pub const POLLIN: u32 = bindings::POLLIN;
/// There is room to write.
pub const POLLOUT: u32 = bindings::POLLOUT;
/// There is an error.
pub const POLLERR: u32 = bindings::POLLERR;
/// The other side is gone.
pub const POLLHUP: u32 = bindings::POLLHUP;

/// Makes the initialiser of a [`PollCondVar`], with a name if there is an argument.
#[macro_export]
macro_rules! new_poll_condvar {
    ($($name:literal)?) => {
        $crate::sync::poll::PollCondVar::new(
            $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// Where a call of `poll(2)` notes what to wait for.
pub struct PollTable<'a> {
    file: &'a File,
    table: *mut bindings::poll_table_struct,
    _call: PhantomData<&'a ()>,
}

impl<'a> PollTable<'a> {
    /// Takes pointers of C's.
    ///
    /// # Safety
    ///
    /// `table` must be null or valid for as long as `'a`, and be for `file`.
    #[must_use]
    pub unsafe fn from_raw(file: &'a File, table: *mut bindings::poll_table_struct) -> Self {
        Self {
            file,
            table,
            _call: PhantomData,
        }
    }

    /// Waits for `cv` too.
    pub fn register_wait(&self, cv: &PollCondVar) {
        // SAFETY: the file is open, the table valid, and the queue outlives whoever waits: its drop
        // waits until they went.
        unsafe {
            bindings::rust_helper_poll_wait(
                self.file.as_ptr(),
                cv.inner.wait_queue_head.get(),
                self.table,
            );
        }
    }
}

/// A [`CondVar`] that `poll(2)` can wait for.
///
/// Dropping it waits until nobody does: best it goes with the file that is polled, which nobody polls
/// any more then. Otherwise the file's `poll` is to say that it is ready: `POLLHUP`, and `POLLERR` for
/// who waits in `select(2)` to write. Until then, or until their time is up, those who wait are waited
/// for.
#[pin_data(PinnedDrop)]
pub struct PollCondVar {
    #[pin]
    inner: CondVar,
}

impl PollCondVar {
    /// Makes the initialiser. Use [`new_poll_condvar!`](crate::new_poll_condvar).
    pub fn new(name: LockName, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- CondVar::new(name, key),
        })
    }
}

impl Deref for PollCondVar {
    type Target = CondVar;

    fn deref(&self) -> &CondVar {
        &self.inner
    }
}

#[pinned_drop]
impl PinnedDrop for PollCondVar {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the queue is initialised, and where this is dropped, threads may sleep.
        unsafe { bindings::rust_helper_poll_free(self.inner.wait_queue_head.get()) };
        // epoll reads the queue under RCU: wait until none does any more.
        super::rcu::synchronize_rcu();
    }
}
