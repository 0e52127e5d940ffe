// SPDX-License-Identifier: GPL-2.0

//! What can be queued after a while.

use super::{HasWork, Queue, RawWorkItem, Work, WorkItem, WorkItemPointer};
use crate::alloc::KBox;
use crate::str::CStrExt;
use crate::sync::{Arc, LockClassKey, LockName};
use crate::time::Jiffies;
use crate::types::Opaque;
use core::marker::PhantomData;
use core::pin::Pin;
use macros::{pin_data, pin_init, pinned_drop};
use pin_init::PinInit;

/// Makes the initialiser of a [`DelayedWork`], with a name if there is an argument.
#[macro_export]
macro_rules! new_delayed_work {
    ($($name:literal)?) => {
        $crate::workqueue::DelayedWork::new(
            $crate::optional_name!($($name)?),
            $crate::static_lock_class!(),
            $crate::c_str!(::core::concat!(::core::file!(), ":", ::core::line!(), "_timer")),
            $crate::static_lock_class!(),
        )
    };
}

/// The part of an item that is linked into a queue, with a timer.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::Arc;
/// use kernel::time::msecs_to_jiffies;
/// use kernel::workqueue::{self, DelayedWork, WorkItem};
/// use kernel::{impl_has_delayed_work, new_delayed_work};
///
/// # const __LOG_PREFIX: &[u8] = b"example\0";
/// # fn main() {}
/// # fn example() -> kernel::error::Result {
/// #[pin_data]
/// struct Job {
///     value: u32,
///     #[pin]
///     work: DelayedWork<Job>,
/// }
///
/// impl_has_delayed_work! {
///     impl HasDelayedWork<Self> for Job { self.work }
/// }
///
/// impl WorkItem for Job {
///     type Pointer = Arc<Job>;
///
///     fn run(this: Arc<Job>) {
///         pr_info!("{}\n", this.value);
///     }
/// }
///
/// let job = Arc::pin_init(pin_init!(Job { value: 7, work <- new_delayed_work!("job") }), GFP_KERNEL)?;
/// let _ = workqueue::system().enqueue_delayed(job, msecs_to_jiffies(100));
/// # Ok(())
/// # }
/// ```
#[pin_data(PinnedDrop)]
#[repr(transparent)]
pub struct DelayedWork<T: ?Sized, const ID: u64 = 0> {
    #[pin]
    work: Opaque<bindings::rkmbuild_delayed_work>,
    _inner: PhantomData<T>,
}

// SAFETY: queues have locks of their own.
unsafe impl<T: ?Sized, const ID: u64> Send for DelayedWork<T, ID> {}
// SAFETY: as above.
unsafe impl<T: ?Sized, const ID: u64> Sync for DelayedWork<T, ID> {}

#[pinned_drop]
impl<T: ?Sized, const ID: u64> PinnedDrop for DelayedWork<T, ID> {
    fn drop(self: Pin<&mut Self>) {
        if cfg!(any(CONFIG_DEBUG_OBJECTS_WORK, CONFIG_DEBUG_OBJECTS_TIMERS)) {
            // SAFETY: it is initialised, in no queue, and nobody uses it again.
            unsafe { bindings::rust_helper_destroy_delayed_work(self.work.get()) };
        }
    }
}

impl<T: ?Sized, const ID: u64> DelayedWork<T, ID> {
    /// Makes the initialiser. Use [`new_delayed_work!`](crate::new_delayed_work).
    pub fn new(
        work_name: LockName,
        work_key: Pin<&'static LockClassKey>,
        timer_name: LockName,
        timer_key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self>
    where
        T: WorkItem<ID>,
    {
        pin_init!(Self {
            // SAFETY: the slot is valid and pinned; names and keys are static.
            work <- Opaque::ffi_init(move |slot| unsafe {
                bindings::rust_helper_init_delayed_work(
                    slot,
                    Some(run::<T::Pointer, ID>),
                    work_name.as_char_ptr(),
                    work_key.as_ptr(),
                    timer_name.as_char_ptr(),
                    timer_key.as_ptr(),
                );
            }),
            _inner: PhantomData,
        })
    }

    /// Returns the work in it, of a pointer to this.
    ///
    /// # Safety
    ///
    /// It must be a pointer into memory of that size, aligned.
    pub unsafe fn raw_as_work(ptr: *const Self) -> *mut Work<T, ID> {
        // Work is the first field of C's struct.
        ptr.cast_mut().cast()
    }
}

/// Runs an item, once it is out of the list of those that wait.
///
/// # Safety
///
/// `work` must be that of a [`DelayedWork`], in an item which such a pointer queued.
unsafe extern "C" fn run<P: WorkItemPointer<ID>, const ID: u64>(work: *mut bindings::work_struct) {
    // SAFETY: the caller's promise.
    unsafe { bindings::rust_helper_delayed_work_begins(work.cast()) };
    // SAFETY: the caller's promise.
    unsafe { P::run(work) };
}

/// An item with a [`DelayedWork`] in it. Use
/// [`impl_has_delayed_work!`](crate::impl_has_delayed_work).
///
/// # Safety
///
/// The work that [`HasWork`] tells of is that of a [`DelayedWork`].
pub unsafe trait HasDelayedWork<T, const ID: u64 = 0>: HasWork<T, ID> {}

/// What can be queued after a while.
///
/// # Safety
///
/// The work that `__enqueue` gives is that of a [`DelayedWork`].
pub unsafe trait RawDelayedWorkItem<const ID: u64>: RawWorkItem<ID> {}

// SAFETY: the item says so.
unsafe impl<T, const ID: u64> RawDelayedWorkItem<ID> for Arc<T> where
    T: WorkItem<ID, Pointer = Self> + HasDelayedWork<T, ID>
{
}

// SAFETY: the item says so.
unsafe impl<T, const ID: u64> RawDelayedWorkItem<ID> for Pin<KBox<T>> where
    T: WorkItem<ID, Pointer = Self> + HasDelayedWork<T, ID>
{
}

impl Queue {
    /// Queues an item after so many ticks.
    ///
    /// On an [`OwnedQueue`](super::OwnedQueue) that is dropped before, it is done then.
    pub fn enqueue_delayed<W, const ID: u64>(&self, item: W, delay: Jiffies) -> W::EnqueueOutput
    where
        W: RawDelayedWorkItem<ID> + Send + 'static,
    {
        let queue = self.0.get();
        // SAFETY: the item sees to it that its work exists until it has run, and that it is that of
        // a `DelayedWork`.
        unsafe {
            item.__enqueue(|work| {
                bindings::rust_helper_queue_delayed_work(queue, work.cast(), delay)
            })
        }
    }
}

/// Says which field of a struct is its [`DelayedWork`](crate::workqueue::DelayedWork):
/// `impl_has_delayed_work! { impl HasDelayedWork<Self> for Job { self.work } }`.
#[macro_export]
macro_rules! impl_has_delayed_work {
    ($(impl$({$($generics:tt)*})?
        HasDelayedWork<$work_type:ty $(, $id:tt)?>
        for $self:ty
        { self.$field:ident }
    )*) => {$(
        // SAFETY: the field below is a `DelayedWork`.
        unsafe impl$(<$($generics)+>)? $crate::workqueue::HasDelayedWork<$work_type $(, $id)?>
            for $self {}

        // SAFETY: the field is where it is, and its work is its beginning.
        unsafe impl$(<$($generics)+>)? $crate::workqueue::HasWork<$work_type $(, $id)?> for $self {
            unsafe fn raw_get_work(
                ptr: *mut Self,
            ) -> *mut $crate::workqueue::Work<$work_type $(, $id)?> {
                // SAFETY: the caller says that it is an item.
                let field: *mut $crate::workqueue::DelayedWork<$work_type $(, $id)?> =
                    unsafe { ::core::ptr::addr_of_mut!((*ptr).$field) };
                // SAFETY: as above.
                unsafe { $crate::workqueue::DelayedWork::raw_as_work(field) }
            }

            unsafe fn work_container_of(
                ptr: *mut $crate::workqueue::Work<$work_type $(, $id)?>,
            ) -> *mut Self {
                // SAFETY: the caller says that it is the beginning of the field of an item.
                unsafe { ptr.byte_sub(::core::mem::offset_of!(Self, $field)).cast() }
            }
        }
    )*};
}
