// SPDX-License-Identifier: GPL-2.0

//! Functions that BPF programs call: kfuncs.
//!
//! ```
//! use kernel::bpf::Memory;
//! use kernel::prelude::*;
//! use kernel::task::Task;
//!
//! /// Returns the number of a thread.
//! #[bpf_kfunc(tracing, syscall, trusted_args)]
//! fn thread(task: &Task) -> i32 {
//!     task.pid()
//! }
//!
//! /// Fills a program's memory with a byte, and says how much of it there was.
//! #[bpf_kfunc(syscall)]
//! fn fill(memory: Memory<'_>, byte: u8) -> Result<u32> {
//!     if memory.is_empty() {
//!         return Err(EINVAL);
//!     }
//!     memory.fill(byte);
//!     u32::try_from(memory.len()).map_err(|_| E2BIG)
//! }
//! # fn main() {}
//! ```
//!
//! [`#[bpf_kfunc]`](macro@crate::macros::bpf_kfunc) has the words. In a crate called `example`, programs
//! know the two as `example_thread` and `example_fill`; the second takes a pointer and a size.
//!
//! What a function takes and gives back are types of which the verifier, or a wrapper around the
//! function, makes sure that they are what they say:
//!
//! | Rust | C | |
//! |------|---|-|
//! | integers, `bool` | the same | The wrapper reads no more than the type holds, whatever lies in the rest of the register. |
//! | [`Memory`] | `u8 *x, u32 x__sz` | Memory of the program's. |
//! | `&T` | `struct … *` | `T` is a structure of the kernel's such as [`Task`](crate::task::Task), or an [`Object`]. Asks for `trusted_args`. |
//! | [`Arc<T>`](crate::sync::Arc) of an [`Object`], [`ARef<T>`](crate::types::ARef) | `struct … *` | Taken: the program's reference ends (`release`). Given back: it gets one (`acquire`). |
//! | `Option` of these, given back | `struct … *` | Null for `None` (`ret_null`). |
//! | `Result`, of nothing or of an integer of at most 32 bits without sign | `int`, `s64` | A negative errno for `Err`. |
//! | `&[u8]`, `&mut [u8]`, raw pointers | as they say | In an `unsafe fn` alone: whoever writes the program sees to it that nobody else uses the memory. |
//!
//! The verifier counts a program's references: one that does not release what it acquired is not
//! loaded. What it knows of memory is that it is there and how long it is; another program may write to a
//! map's value at the same time, and two arguments may be the same memory. So [`Memory`] is
//! read and written, and never borrowed.

mod arguments;
mod memory;
mod record;
mod returned;

#[doc(hidden)]
pub use arguments::{Argument, Call, Kind};
pub use memory::Memory;
#[doc(hidden)]
pub use record::{check, digits, join, len, size, Asked, Facts};
#[doc(hidden)]
pub use returned::Returned;

/// A structure that programs have pointers to, under the name that it has in BTF.
///
/// # Safety
///
/// A pointer to the structure of that name is one to `Self`, and every thread may share it.
pub unsafe trait Structure: Sync {
    /// `*mut struct` and its name.
    #[doc(hidden)]
    const POINTER: &'static str;
}

/// A type of the module's own that programs hold references to. Use
/// [`#[bpf_object]`](macro@crate::macros::bpf_object).
///
/// # Safety
///
/// No other type has the name.
pub unsafe trait Object: Structure + Send + 'static {}

// SAFETY: that is what it is.
unsafe impl Structure for crate::task::Task {
    const POINTER: &'static str = "*mut struct task_struct";
}

// SAFETY: that is what it is.
unsafe impl Structure for crate::cred::Credential {
    const POINTER: &'static str = "*mut struct cred";
}
