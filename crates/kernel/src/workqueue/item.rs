// SPDX-License-Identifier: GPL-2.0

//! What can be queued.

use super::QUEUED;
use crate::alive::Alive;
use crate::alloc::KBox;
use crate::str::CStrExt;
use crate::sync::{Arc, LockClassKey, LockName};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr;
use macros::{pin_data, pin_init, pinned_drop};
use pin_init::PinInit;

/// Makes the initialiser of a [`Work`], with a name if there is an argument.
#[macro_export]
macro_rules! new_work {
    ($($name:literal)?) => {
        $crate::workqueue::Work::new(
            $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// What can be queued.
///
/// # Safety
///
/// `__enqueue` gives the closure work that exists until its function has run.
pub unsafe trait RawWorkItem<const ID: u64> {
    /// What queueing returns.
    type EnqueueOutput;

    /// Queues the work with the closure, which tells whether it did.
    ///
    /// # Safety
    ///
    /// The closure must queue the work once, or tell that it did not.
    unsafe fn __enqueue<F>(self, queue_work_on: F) -> Self::EnqueueOutput
    where
        F: FnOnce(*mut bindings::work_struct) -> bool;
}

/// A pointer to an item, of which its function makes one again.
///
/// # Safety
///
/// `run` takes over what `__enqueue` gave up.
pub unsafe trait WorkItemPointer<const ID: u64>: RawWorkItem<ID> {
    /// Runs the item.
    ///
    /// # Safety
    ///
    /// `ptr` must have come from this pointer's `__enqueue`, and be run once for it.
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct);
}

/// An item of work: what it does.
pub trait WorkItem<const ID: u64 = 0> {
    /// The pointer to it that is queued: `Arc<Self>` or `Pin<KBox<Self>>`.
    type Pointer: WorkItemPointer<ID>;

    /// Does the work.
    fn run(this: Self::Pointer);
}

/// The part of an item that is linked into a queue.
#[pin_data(PinnedDrop)]
#[repr(transparent)]
pub struct Work<T: ?Sized, const ID: u64 = 0> {
    #[pin]
    work: Opaque<bindings::work_struct>,
    _inner: PhantomData<T>,
}

// SAFETY: queues have locks of their own.
unsafe impl<T: ?Sized, const ID: u64> Send for Work<T, ID> {}
// SAFETY: as above.
unsafe impl<T: ?Sized, const ID: u64> Sync for Work<T, ID> {}

#[pinned_drop]
impl<T: ?Sized, const ID: u64> PinnedDrop for Work<T, ID> {
    fn drop(self: Pin<&mut Self>) {
        if cfg!(CONFIG_DEBUG_OBJECTS_WORK) {
            // SAFETY: it is initialised, in no queue, and nobody uses it again.
            unsafe { bindings::rust_helper_destroy_work(self.work.get()) };
        }
    }
}

impl<T: ?Sized, const ID: u64> Work<T, ID> {
    /// Makes the initialiser. Use [`new_work!`](crate::new_work).
    pub fn new(name: LockName, key: Pin<&'static LockClassKey>) -> impl PinInit<Self>
    where
        T: WorkItem<ID>,
    {
        pin_init!(Self {
            // SAFETY: the slot is valid and pinned; name and key are static.
            work <- Opaque::ffi_init(move |slot| unsafe {
                bindings::rust_helper_init_work(
                    slot,
                    Some(<T::Pointer as WorkItemPointer<ID>>::run),
                    name.as_char_ptr(),
                    key.as_ptr(),
                );
            }),
            _inner: PhantomData,
        })
    }

    /// Returns the work as C has it, of a pointer to this.
    ///
    /// # Safety
    ///
    /// It must be a pointer into memory of that size, aligned.
    pub unsafe fn raw_get(ptr: *const Self) -> *mut bindings::work_struct {
        // SAFETY: the caller says so.
        Opaque::raw_get(unsafe { ptr::addr_of!((*ptr).work) })
    }
}

/// An item with a [`Work`] in it. Use [`impl_has_work!`](crate::impl_has_work).
///
/// # Safety
///
/// The two functions are each other's inverse.
pub unsafe trait HasWork<T, const ID: u64 = 0> {
    /// Returns the work of an item.
    ///
    /// # Safety
    ///
    /// `ptr` must be a pointer to an item.
    unsafe fn raw_get_work(ptr: *mut Self) -> *mut Work<T, ID>;

    /// Returns the item of a work.
    ///
    /// # Safety
    ///
    /// `ptr` must be a pointer to the work in an item.
    unsafe fn work_container_of(ptr: *mut Work<T, ID>) -> *mut Self;
}

/// Says which field of a struct is its [`Work`]:
/// `impl_has_work! { impl HasWork<Self> for Job { self.work } }`.
#[macro_export]
macro_rules! impl_has_work {
    ($(impl$({$($generics:tt)*})?
        HasWork<$work_type:ty $(, $id:tt)?>
        for $self:ty
        { self.$field:ident }
    )*) => {$(
        // SAFETY: the field is where it is.
        unsafe impl$(<$($generics)+>)? $crate::workqueue::HasWork<$work_type $(, $id)?> for $self {
            unsafe fn raw_get_work(
                ptr: *mut Self,
            ) -> *mut $crate::workqueue::Work<$work_type $(, $id)?> {
                // SAFETY: the caller says that it is an item.
                unsafe { ::core::ptr::addr_of_mut!((*ptr).$field) }
            }

            unsafe fn work_container_of(
                ptr: *mut $crate::workqueue::Work<$work_type $(, $id)?>,
            ) -> *mut Self {
                // SAFETY: the caller says that it is the field of an item.
                unsafe { ptr.byte_sub(::core::mem::offset_of!(Self, $field)).cast() }
            }
        }
    )*};
}

// SAFETY: the item is counted once more until it has run.
unsafe impl<T, const ID: u64> RawWorkItem<ID> for Arc<T>
where
    T: WorkItem<ID, Pointer = Self> + HasWork<T, ID>,
{
    type EnqueueOutput = Result<(), Self>;

    unsafe fn __enqueue<F>(self, queue_work_on: F) -> Self::EnqueueOutput
    where
        F: FnOnce(*mut bindings::work_struct) -> bool,
    {
        let item = Arc::into_raw(self).cast_mut();
        // SAFETY: it is an item.
        let work = unsafe { Work::raw_get(T::raw_get_work(item)) };
        let alive = Alive::new(&QUEUED);
        if queue_work_on(work) {
            alive.keep();
            return Ok(());
        }
        // SAFETY: it was given up above, and nobody took it over.
        Err(unsafe { Arc::from_raw(item) })
    }
}

// SAFETY: it takes over the reference that `__enqueue` gave up.
unsafe impl<T, const ID: u64> WorkItemPointer<ID> for Arc<T>
where
    T: WorkItem<ID, Pointer = Self> + HasWork<T, ID>,
{
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct) {
        // SAFETY: the caller says that it is the work in an item that was queued.
        let item = unsafe { Arc::from_raw(T::work_container_of(ptr.cast())) };
        T::run(item);
        Alive::end(&QUEUED);
    }
}

// SAFETY: the item is nobody else's until it has run.
unsafe impl<T, const ID: u64> RawWorkItem<ID> for Pin<KBox<T>>
where
    T: WorkItem<ID, Pointer = Self> + HasWork<T, ID>,
{
    type EnqueueOutput = ();

    unsafe fn __enqueue<F>(self, queue_work_on: F)
    where
        F: FnOnce(*mut bindings::work_struct) -> bool,
    {
        // SAFETY: it is not moved.
        let item = KBox::into_raw(unsafe { Pin::into_inner_unchecked(self) });
        // SAFETY: it is an item.
        let work = unsafe { Work::raw_get(T::raw_get_work(item)) };
        let alive = Alive::new(&QUEUED);
        if queue_work_on(work) {
            alive.keep();
        } else {
            // Whoever owns an item has the only pointer, so it cannot be queued.
            // SAFETY: it was given up above, and nobody took it over.
            drop(unsafe { KBox::from_raw(item) });
        }
    }
}

// SAFETY: it takes over the item that `__enqueue` gave up.
unsafe impl<T, const ID: u64> WorkItemPointer<ID> for Pin<KBox<T>>
where
    T: WorkItem<ID, Pointer = Self> + HasWork<T, ID>,
{
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct) {
        // SAFETY: the caller says that it is the work in an item that was queued.
        let item = unsafe { KBox::from_raw(T::work_container_of(ptr.cast())) };
        T::run(KBox::into_pin(item));
        Alive::end(&QUEUED);
    }
}
