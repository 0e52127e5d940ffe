// SPDX-License-Identifier: GPL-2.0

//! Safe Rust for Linux kernel modules.
//!
//! The names and the shapes are those of Rust for Linux, so that a module moves between this crate
//! and the kernel's own tree with little or no change; but this crate compiles from one source
//! for every kernel from 6.1 on, whether or not that kernel was built with `CONFIG_RUST`.
//!
//! # Example
//!
//! ```
//! #![no_std]
//!
//! use kernel::prelude::*;
//!
//! module! {
//!     type: Hello,
//!     name: "hello",
//!     authors: ["Jane Doe"],
//!     description: "Says hello",
//!     license: "GPL",
//! }
//!
//! struct Hello;
//!
//! impl kernel::Module for Hello {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         pr_info!("Hello!\n");
//!         Ok(Hello)
//!     }
//! }
//!
//! impl Drop for Hello {
//!     fn drop(&mut self) {
//!         pr_info!("Goodbye!\n");
//!     }
//! }
//! # fn main() {}
//! ```

#![no_std]
// rustc's own shim for a failed allocation ends in a tail call, after which objtool finds no
// instruction and says "unexpected end of section". A handler of ours takes its place.
#![cfg_attr(not(rkmbuild_host), feature(alloc_error_handler))]
// C's enums have types of their own where the types of calls are checked.
#![cfg_attr(any(CONFIG_CFI, CONFIG_CFI_CLANG), feature(cfi_encoding))]
// A `KBox<T>` becomes a `KBox<dyn Trait>`, and `self` can be an `Arc<Self>`.
#![feature(coerce_unsized, dispatch_from_dyn, unsize)]

extern crate alloc as rust_alloc;
// The macros name `::kernel`, inside this crate too.
extern crate self as kernel;

pub use bindings;
pub use bindings::ffi;
pub use macros;
pub use pin_init;

pub mod alive;
pub mod alloc;
pub mod attribute;
pub mod bpf;
pub mod chrdev;
mod constructors;
pub mod cpu;
pub mod cred;
pub mod debugfs;
pub mod device;
pub mod error;
pub mod export;
pub mod filesystem;
pub mod fs;
#[cfg(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)]
pub mod ftrace;
pub mod init;
pub mod ioctl;
pub mod iov;
pub mod kobject;
#[cfg(CONFIG_KPROBES)]
pub mod kprobe;
pub mod kthread;
pub mod kunit;
pub mod miscdevice;
pub mod mm;
mod module;
pub mod module_param;
#[cfg(CONFIG_NET)]
pub mod net;
pub mod notifier;
#[cfg(not(rkmbuild_host))]
mod panic;
pub mod prelude;
pub mod print;
#[cfg(CONFIG_PROC_FS)]
pub mod proc_fs;
pub mod ptrace;
pub mod random;
pub mod seq_file;
mod std_vendor;
pub mod str;
pub mod sync;
#[cfg(CONFIG_SYSCTL)]
pub mod sysctl;
pub mod sysfs;
pub mod task;
pub mod time;
#[cfg(CONFIG_TRACEPOINTS)]
pub mod tracepoint;
pub mod transmute;
pub mod types;
pub mod uaccess;
mod value_text;
pub mod version;
pub mod workqueue;

pub use constructors::run_constructors;
pub use module::{InPlaceModule, Module, ModuleMetadata, ThisModule};

/// What stands before the messages that this crate itself prints.
const __LOG_PREFIX: &[u8] = b"rust_kernel\0";
