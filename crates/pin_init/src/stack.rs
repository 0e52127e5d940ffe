// SPDX-License-Identifier: GPL-2.0

//! Values that are initialised, and stay, on the stack.

use crate::PinInit;
use core::mem::MaybeUninit;
use core::pin::Pin;

/// Makes a value on the stack, pinned: `let value` becomes a `Pin<&mut T>`.
///
/// ```
/// use kernel::new_mutex;
/// use kernel::pin_init::stack_pin_init;
///
/// stack_pin_init!(let counter = new_mutex!(0));
/// *counter.lock() += 1;
/// ```
///
/// The type can be said, as in `let counter: Mutex<u64> = …`. The initialiser must not be able to
/// fail; for one that is, there is [`stack_try_pin_init!`](crate::stack_try_pin_init).
#[macro_export]
macro_rules! stack_pin_init {
    (let $var:ident $(: $type:ty)? = $init:expr) => {
        let init = $init;
        let $var = ::core::pin::pin!($crate::__internal::StackInit$(::<$type>)?::uninit());
        let mut $var = match $crate::__internal::StackInit::init($var, init) {
            ::core::result::Result::Ok(value) => value,
            ::core::result::Result::Err(never) => {
                let never: ::core::convert::Infallible = never;
                match never {}
            }
        };
        // Not every user changes it.
        let _ = &mut $var;
    };
}

/// Makes a value on the stack, pinned, of an initialiser that may fail.
///
/// `let value = init` gives a `Result<Pin<&mut T>, E>`; `let value =? init` returns the error from the
/// function that it stands in.
///
/// ```
/// use kernel::pin_init::stack_try_pin_init;
/// use kernel::prelude::*;
///
/// #[pin_data]
/// struct List {
///     items: KVec<u32>,
/// }
///
/// stack_try_pin_init!(let list: List =? try_pin_init!(List {
///     items: KVec::with_capacity(16, GFP_KERNEL)?,
/// }));
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! stack_try_pin_init {
    (let $var:ident $(: $type:ty)? = $init:expr) => {
        let init = $init;
        let $var = ::core::pin::pin!($crate::__internal::StackInit$(::<$type>)?::uninit());
        let mut $var = $crate::__internal::StackInit::init($var, init);
        let _ = &mut $var;
    };
    (let $var:ident $(: $type:ty)? =? $init:expr) => {
        let init = $init;
        let $var = ::core::pin::pin!($crate::__internal::StackInit$(::<$type>)?::uninit());
        let mut $var = $crate::__internal::StackInit::init($var, init)?;
        let _ = &mut $var;
    };
}

/// Room on the stack for a value, which drops it if it is there.
pub struct StackInit<T> {
    value: MaybeUninit<T>,
    is_there: bool,
}

impl<T> StackInit<T> {
    /// Makes the room alone.
    #[must_use]
    pub const fn uninit() -> Self {
        Self {
            value: MaybeUninit::uninit(),
            is_there: false,
        }
    }

    /// Makes the value; one that was there before is dropped.
    ///
    /// # Errors
    ///
    /// What the initialiser fails with.
    pub fn init<E>(self: Pin<&mut Self>, init: impl PinInit<T, E>) -> Result<Pin<&mut T>, E> {
        // SAFETY: what is in the room is not moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        this.clear();
        // SAFETY: the room is valid for writes, and pinned.
        unsafe { init.__pinned_init(this.value.as_mut_ptr()) }?;
        this.is_there = true;
        // SAFETY: it was just made, and stays until the room is dropped.
        Ok(unsafe { Pin::new_unchecked(this.value.assume_init_mut()) })
    }

    fn clear(&mut self) {
        if core::mem::take(&mut self.is_there) {
            // SAFETY: it was there, and is not any more.
            unsafe { self.value.assume_init_drop() };
        }
    }
}

impl<T> Drop for StackInit<T> {
    fn drop(&mut self) {
        self.clear();
    }
}
