// SPDX-License-Identifier: GPL-2.0

//! Work that a thread of the kernel does later.
//!
//! What is queued on an [`OwnedQueue`] is done when the queue is dropped. What is left on queues of the
//! kernel's own, as [`system`], is done before the module is unloaded, which waits for it; work that
//! queues itself anew for ever is to be told to end by the module's own drop.
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::sync::Arc;
//! use kernel::workqueue::{self, Work, WorkItem};
//! use kernel::{impl_has_work, new_work};
//!
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! #[pin_data]
//! struct Job {
//!     value: u32,
//!     #[pin]
//!     work: Work<Job>,
//! }
//!
//! impl_has_work! {
//!     impl HasWork<Self> for Job { self.work }
//! }
//!
//! impl WorkItem for Job {
//!     type Pointer = Arc<Job>;
//!
//!     fn run(this: Arc<Job>) {
//!         pr_info!("{}\n", this.value);
//!     }
//! }
//!
//! let job = Arc::pin_init(pin_init!(Job { value: 7, work <- new_work!("job") }), GFP_KERNEL)?;
//! let _ = workqueue::system().enqueue(job);
//! # Ok(())
//! # }
//! ```

mod delayed;
mod item;

use crate::alive::{alive, Alive, End, Kind};
use crate::alloc::{AllocError, Flags, KBox};
use crate::error::{code::ENOMEM, Result};
use crate::str::{CStr, CStrExt};
use crate::types::Opaque;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;
use macros::{pin_data, pin_init};

pub use crate::{impl_has_delayed_work, impl_has_work, new_delayed_work, new_work};
pub use delayed::{DelayedWork, HasDelayedWork, RawDelayedWorkItem};
pub use item::{HasWork, RawWorkItem, Work, WorkItem, WorkItemPointer};

/// A queue of work.
#[repr(transparent)]
pub struct Queue(Opaque<bindings::workqueue_struct>);

// SAFETY: a queue has locks of its own.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be to a queue that exists for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(ptr: *const bindings::workqueue_struct) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }

    /// Queues an item. For an [`Arc`](crate::sync::Arc) that is queued already, gives it back as an
    /// error.
    pub fn enqueue<W, const ID: u64>(&self, item: W) -> W::EnqueueOutput
    where
        W: RawWorkItem<ID> + Send + 'static,
    {
        let queue = self.0.get();
        // SAFETY: the item sees to it that its work exists until it has run.
        unsafe { item.__enqueue(|work| bindings::rust_helper_queue_work(queue, work)) }
    }

    /// Queues a closure.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn try_spawn<T: FnOnce() + Send + 'static>(
        &self,
        flags: Flags,
        f: T,
    ) -> Result<(), AllocError> {
        let init = pin_init!(Closure {
            work <- new_work!("Queue::try_spawn"),
            f: Some(f),
        });
        let item = <KBox<Closure<T>> as crate::init::InPlaceInit<_>>::pin_init(init, flags)
            .map_err(|_| AllocError)?;
        self.enqueue(item);
        Ok(())
    }
}

#[pin_data]
struct Closure<T> {
    #[pin]
    work: Work<Closure<T>>,
    f: Option<T>,
}

impl_has_work! {
    impl{T} HasWork<Self> for Closure<T> { self.work }
}

impl<T: FnOnce()> WorkItem for Closure<T> {
    type Pointer = Pin<KBox<Self>>;

    fn run(mut this: Pin<KBox<Self>>) {
        let closure = this.as_mut().project().f.take();
        // What the closure holds may be freed before it runs, so that it can wait for that.
        drop(this);
        if let Some(closure) = closure {
            closure();
        }
    }
}

/// A queue of the module's own. Dropping it waits until all that is in it has been done; what waits
/// for its time is done at once.
pub struct OwnedQueue {
    queue: NonNull<bindings::workqueue_struct>,
    _alive: Alive,
}

// SAFETY: a queue may be destroyed by another thread than the one that made it.
unsafe impl Send for OwnedQueue {}
// SAFETY: a queue has locks of its own.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Makes a queue.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory.
    pub fn new(name: &CStr) -> Result<Self> {
        // SAFETY: the name is a string.
        let queue = unsafe { bindings::rust_helper_alloc_workqueue(name.as_char_ptr()) };
        Ok(Self {
            queue: NonNull::new(queue).ok_or(ENOMEM)?,
            _alive: alive!(OwnedQueue),
        })
    }

    /// Waits until all that is in it now has been done.
    #[track_caller]
    pub fn flush(&self) {
        crate::task::might_sleep();
        // SAFETY: the queue exists.
        unsafe { bindings::rust_helper_flush_workqueue(self.queue.as_ptr()) };
    }
}

impl Deref for OwnedQueue {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        // SAFETY: it exists for as long as this.
        unsafe { Queue::from_raw(self.queue.as_ptr()) }
    }
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        crate::task::might_sleep();
        // SAFETY: the queue exists.
        unsafe { bindings::rust_helper_hasten_delayed_work(self.queue.as_ptr()) };
        // SAFETY: the queue exists, and nobody uses it after this.
        unsafe { bindings::destroy_workqueue(self.queue.as_ptr()) };
    }
}

#[cfg(kernel_has = "system_dfl_wq")]
use bindings::{system_dfl_wq, system_percpu_wq};
// What they were called before: Linux 7.2 has both, and warns of the older.
use bindings::{system_freezable_wq, system_highpri_wq, system_long_wq, system_power_efficient_wq};
#[cfg(not(kernel_has = "system_dfl_wq"))]
use bindings::{system_unbound_wq as system_dfl_wq, system_wq as system_percpu_wq};

/// What is queued, on whatever queue, and has not run yet: from an item's `__enqueue` to the end of its
/// function.
static QUEUED: Kind = Kind::with_end("kernel::workqueue::Work", |end| {
    if end == End::Hasten {
        // SAFETY: nobody waits for it, and a thread that unloads a module has no lock.
        unsafe { bindings::rust_helper_hasten_delayed_work(core::ptr::null_mut()) };
    }
});

/// Listed where a queue of the kernel's own is used, which nobody empties when the module ends.
static SYSTEM: Kind = Kind::with_end("kernel::workqueue::system", |end| {
    if end == End::Leave {
        // SAFETY: the thread may sleep.
        unsafe { bindings::rust_helper_leave_system_queues() };
    }
});

macro_rules! system_queues {
    ($($(#[$doc:meta])* $name:ident: $queue:ident;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name() -> &'static Queue {
                SYSTEM.list();
                // SAFETY: the kernel makes it at boot, and it stays.
                unsafe { Queue::from_raw($queue) }
            }
        )*
    };
}

system_queues! {
    /// The queue for usual work, which does not take long.
    system: system_percpu_wq;
    /// The queue for work that is urgent.
    system_highpri: system_highpri_wq;
    /// The queue for work that takes long.
    system_long: system_long_wq;
    /// The queue for work that any processor may do.
    system_unbound: system_dfl_wq;
    /// The queue for work that rests while the machine sleeps.
    system_freezable: system_freezable_wq;
    /// The queue for work that need not wake a processor.
    system_power_efficient: system_power_efficient_wq;
}
