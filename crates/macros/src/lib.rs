// SPDX-License-Identifier: GPL-2.0

//! The kernel crate's procedural macros, on `proc_macro` alone so that they build offline.

mod bpf;
mod export;
mod fill;
mod generics;
mod initializer;
mod item;
mod kunit;
mod module;
mod params;
mod parse;
mod pin_data;
mod pinned_drop;
mod vtable;
mod zeroable;

use proc_macro::TokenStream;

/// Declares the crate to be a module.
///
/// ```
/// # use kernel::prelude::*;
/// module! {
///     type: Hello,
///     name: "hello",
///     authors: ["Jane Doe"],
///     description: "Says hello",
///     license: "GPL",
///     alias: ["char-major-10-200"],
///     firmware: ["hello/firmware.bin"],
/// }
/// # struct Hello;
/// # impl kernel::Module for Hello {
/// #     fn init(_module: &'static ThisModule) -> Result<Self> {
/// #         Ok(Hello)
/// #     }
/// # }
/// # fn main() {}
/// ```
///
/// `type` (it implements `kernel::Module` or `kernel::InPlaceModule`), `name` and `license` are
/// required. What the keys say ends up in the module's `.modinfo`, as C's `MODULE_AUTHOR()` and its
/// like put it there.
///
/// `params: { name: type { default: 1, description: "…", permissions: 0o644 }, }` declares
/// parameters; `module_parameters::name.value()` is what one was loaded with. Types are `bool`, the
/// integers and `str`; without `permissions` there is no file in `/sys/module`.
#[proc_macro]
pub fn module(input: TokenStream) -> TokenStream {
    parse::expand(input, module::module)
}

/// Makes a function one that BPF programs call: a kfunc.
///
/// The words are the kinds of programs that may call it, at least one (`tracing`, which serves
/// `lsm`, `tracepoint` and `perf_event` as well, `syscall`, `kprobe`, `tc`, `xdp`, `struct_ops`), and the
/// kernel's flags:
///
/// | Flag | What the verifier makes of it |
/// |------|-------------------------------|
/// | `acquire` | What is given back is a reference, which the program has to release. |
/// | `release` | Takes such a reference; the program has it no longer. |
/// | `ret_null` | What is given back may be null, and the program looks. |
/// | `trusted_args` | Pointers are ones that the kernel gave to the program: valid, never null, as they were given. |
/// | `rcu` | Pointers may be ones that RCU protects. |
/// | `sleepable` | Programs that may sleep alone call it. |
/// | `destructive` | The program's loader has `CAP_SYS_BOOT`. |
///
/// Programs know it by the crate's name, `_`, and its own. What it may take and give back is said in
/// [`kernel::bpf`](../kernel/bpf/index.html); the function itself stays one that Rust calls.
///
/// ```
/// # use kernel::prelude::*;
/// # use kernel::task::Task;
/// #[bpf_kfunc(tracing, syscall, trusted_args)]
/// fn is_thread(task: &Task, number: i32) -> bool {
///     task.pid() == number
/// }
/// ```
#[proc_macro_attribute]
pub fn bpf_kfunc(args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, |input| bpf::kfunc(args, input))
}

/// Makes a type one that BPF programs hold references to, which kfuncs give them and take back.
///
/// Programs know it as a structure without members, by the crate's name, `_`, and its own name in
/// small letters: `Counter` of the crate `example` is a `struct example_counter`.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::Arc;
///
/// #[bpf_object]
/// struct Counter(u64);
///
/// #[bpf_kfunc(syscall, acquire, ret_null)]
/// fn counter_new(value: u64) -> Option<Arc<Counter>> {
///     Arc::new(Counter(value), GFP_ATOMIC).ok()
/// }
///
/// #[bpf_kfunc(syscall, trusted_args)]
/// fn counter_value(counter: &Counter) -> u64 {
///     counter.0
/// }
///
/// #[bpf_kfunc(syscall, release)]
/// fn counter_put(counter: Arc<Counter>) {
///     drop(counter);
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn bpf_object(args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, |input| bpf::object(args, input))
}

/// Makes a function one that C calls by its name.
///
/// A header of the project declares it (`headers` in Cargo.toml), and its type must be the one that
/// the header says.
///
/// ```ignore
/// // src/adder.h: int adder_add(int a, int b);
/// #[export]
/// extern "C" fn adder_add(a: c_int, b: c_int) -> c_int {
///     a + b
/// }
/// ```
///
/// `kernel::export_symbol!` then lets other modules link to it.
#[proc_macro_attribute]
pub fn export(args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, |input| export::export(args, input))
}

/// Makes an initialiser ([`PinInit`]) of something that looks like a struct literal.
///
/// A field is given as `name: value`, as `name`, or as `name <- initialiser`. `_: { … }` runs code
/// between fields. A field that is there already can be used by its name; `&this in` before the
/// struct's name gives a pointer to the whole. `..Zeroable::init_zeroed()` at the end fills the
/// rest. `? Error` after the braces says what it may fail with; without it, it cannot.
///
/// The struct carries [`#[pin_data]`](macro@pin_data).
///
/// ```
/// use kernel::new_mutex;
/// use kernel::prelude::*;
/// use kernel::sync::Mutex;
///
/// #[pin_data]
/// struct Counter {
///     #[pin]
///     value: Mutex<u64>,
///     name: KVec<u8>,
/// }
///
/// let counter = pin_init!(Counter {
///     value <- new_mutex!(0),
///     name: KVec::new(),
/// });
/// ```
///
/// What has a field's name does not outlive the initialisation:
///
/// ```compile_fail,E0505
/// # use kernel::prelude::*;
/// #[pin_data]
/// struct Pair {
///     first: u32,
///     second: &'static u32,
/// }
///
/// let pair = pin_init!(Pair { first: 1, second: first });
/// ```
///
/// [`PinInit`]: ../pin_init/trait.PinInit.html
#[proc_macro]
pub fn pin_init(input: TokenStream) -> TokenStream {
    let kind = initializer::Kind {
        pinned: true,
        error: "::core::convert::Infallible",
    };
    parse::expand(input, |input| initializer::expand(input, kind))
}

/// As [`pin_init!`](macro@pin_init), with the kernel's error where none is named.
#[proc_macro]
pub fn try_pin_init(input: TokenStream) -> TokenStream {
    let kind = initializer::Kind {
        pinned: true,
        error: "::kernel::error::Error",
    };
    parse::expand(input, |input| initializer::expand(input, kind))
}

/// As [`pin_init!`](macro@pin_init), for what may be moved afterwards.
#[proc_macro]
pub fn init(input: TokenStream) -> TokenStream {
    let kind = initializer::Kind {
        pinned: false,
        error: "::core::convert::Infallible",
    };
    parse::expand(input, |input| initializer::expand(input, kind))
}

/// As [`init!`](macro@init), with the kernel's error where none is named.
#[proc_macro]
pub fn try_init(input: TokenStream) -> TokenStream {
    let kind = initializer::Kind {
        pinned: false,
        error: "::kernel::error::Error",
    };
    parse::expand(input, |input| initializer::expand(input, kind))
}

/// Says of a struct which fields are pinned with it (`#[pin]`), so that
/// [`pin_init!`](macro@pin_init) can make it and `project()` can take it apart.
///
/// With `#[pin_data(PinnedDrop)]` the struct has a destructor, written with
/// [`#[pinned_drop]`](macro@pinned_drop); an ordinary `Drop` could move what is pinned, and is refused:
///
/// ```compile_fail,E0119
/// # use kernel::prelude::*;
/// #[pin_data]
/// struct Device {
///     #[pin]
///     lock: kernel::sync::Mutex<u32>,
/// }
///
/// impl Drop for Device {
///     fn drop(&mut self) {}
/// }
/// ```
#[proc_macro_attribute]
pub fn pin_data(args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, |input| pin_data::pin_data(&args, input))
}

/// Marks the destructor of a struct with `#[pin_data(PinnedDrop)]`.
///
/// ```
/// # const __LOG_PREFIX: &[u8] = b"example\0";
/// # fn main() {}
/// # use kernel::prelude::*;
/// # #[pin_data(PinnedDrop)]
/// # struct Device {}
/// #[pinned_drop]
/// impl PinnedDrop for Device {
///     fn drop(self: Pin<&mut Self>) {
///         pr_info!("gone\n");
///     }
/// }
/// ```
///
/// It is for that trait alone, whose contract it keeps; another unsafe one is not implemented without
/// saying so:
///
/// ```compile_fail,E0277
/// # use kernel::prelude::*;
/// struct Pointer(*mut u8);
///
/// #[pinned_drop]
/// impl Send for Pointer {}
///
/// fn send<T: Send>() {}
/// send::<Pointer>();
/// ```
#[proc_macro_attribute]
pub fn pinned_drop(_args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, pinned_drop::pinned_drop)
}

/// Makes a trait into a table of functions some of which an implementation may leave out, and says
/// of an implementation which it has: `HAS_<NAME>`.
///
/// Both the trait and each implementation carry it.
#[proc_macro_attribute]
pub fn vtable(_args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, vtable::vtable)
}

/// Makes a function a test that runs inside the kernel, in the module.
///
/// Only `rkmbuild test` compiles it: an ordinary build has nothing of it. In it, `assert!`,
/// `assert_eq!` and `assert_ne!` do not panic: they report what failed, with file and line, and
/// return. It returns nothing or a `Result`, whose `Err` is a failure too.
///
/// ```
/// # use kernel::prelude::*;
/// #[cfg(kernel_test)]
/// mod tests {
///     use super::*;
///
///     #[kernel_test]
///     fn a_ring_gives_back_what_it_was_given() -> Result {
///         let mut ring = Ring::new(4)?;
///         ring.push(7)?;
///         assert_eq!(ring.pop(), Some(7));
///         Ok(())
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn kernel_test(args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, |input| kunit::kernel_test(args, input))
}

/// Makes the `#[test]` functions of a module tests that run inside the kernel, as
/// [`#[kernel_test]`](macro@kernel_test) does for each; the module is there for tests alone.
///
/// This is the form that the kernel's own tree has. The argument is the name of the suite.
///
/// ```
/// # use kernel::prelude::*;
/// #[kunit_tests(my_driver)]
/// mod tests {
///     #[test]
///     fn two_and_two() {
///         assert_eq!(2 + 2, 4);
///     }
/// }
/// ```
// The macro is for such functions.
#[allow(clippy::test_attr_in_doctest)]
#[proc_macro_attribute]
pub fn kunit_tests(args: TokenStream, input: TokenStream) -> TokenStream {
    parse::expand(input, |input| kunit::kunit_tests(args, input))
}

/// Says that a struct or a union may be all zeroes, which each of its fields has to allow.
///
/// ```
/// use kernel::prelude::*;
/// use core::ptr::NonNull;
/// # struct Packet;
///
/// #[derive(Zeroable)]
/// struct Statistics {
///     packets: u64,
///     errors: [u32; 4],
///     last: Option<NonNull<Packet>>,
/// }
///
/// let statistics = KBox::init(Statistics::init_zeroed(), GFP_KERNEL)?;
/// # Ok::<(), Error>(())
/// ```
///
/// A field that may not be, such as a reference, is a compile error:
///
/// ```compile_fail,E0277
/// # use kernel::prelude::*;
/// #[derive(Zeroable)]
/// struct Packet<'a> {
///     contents: &'a [u8],
/// }
/// ```
#[proc_macro_derive(Zeroable)]
pub fn derive_zeroable(input: TokenStream) -> TokenStream {
    parse::expand(input, zeroable::derive)
}
