// SPDX-License-Identifier: GPL-2.0

//! File systems that can be mounted: small ones, read-only, whose contents are in memory.
//!
//! ```
//! use kernel::filesystem::{self, Directory, FileSystem};
//! use kernel::prelude::*;
//!
//! static HELLO: filesystem::Type<Hello> = filesystem::Type::new();
//!
//! struct Hello;
//!
//! impl FileSystem for Hello {
//!     const NAME: &'static CStr = c"hellofs";
//!     const MAGIC: u32 = 0x6865_6c6f;
//!
//!     fn fill(root: &mut Directory<'_>) -> Result {
//!         root.add_file("hello", 0o444, b"Hello!\n")?;
//!         root.add_directory("docs", 0o555)?.add_symlink("readme", c"../hello")
//!     }
//! }
//!
//! struct MyModule {
//!     _registration: filesystem::Registration,
//! }
//!
//! impl kernel::Module for MyModule {
//!     fn init(_module: &'static ThisModule) -> Result<Self> {
//!         // mount -t hellofs none /mnt
//!         Ok(MyModule { _registration: filesystem::Registration::register(&HELLO)? })
//!     }
//! }
//! ```

mod operations;
mod tree;

pub use tree::Directory;

use crate::alive::{alive, Alive};
use crate::error::{to_result, Result};
use crate::str::CStr;
use crate::types::Opaque;
use core::marker::PhantomData;

/// What is in a file system.
pub trait FileSystem: 'static {
    /// Its name, for `mount -t`. A dot in it is a compile error: the kernel would die of it.
    const NAME: &'static CStr;
    /// The number that `statfs(2)` tells it by.
    const MAGIC: u32;

    /// Puts the files in, each time that one is mounted. They do not change as long as it is.
    ///
    /// # Errors
    ///
    /// An error is what `mount(2)` fails with.
    fn fill(root: &mut Directory<'_>) -> Result;
}

/// A file system that can be registered. It is a static: the kernel refers to it for as long as one
/// is mounted, which keeps the module loaded.
///
/// ```compile_fail,E0080
/// use kernel::filesystem::{Directory, FileSystem, Type};
/// use kernel::prelude::*;
///
/// struct Dotted;
///
/// impl FileSystem for Dotted {
///     const NAME: &'static CStr = c"my.fs"; // a dot
///     const MAGIC: u32 = 1;
///
///     fn fill(_root: &mut Directory<'_>) -> Result {
///         Ok(())
///     }
/// }
///
/// static DOTTED: Type<Dotted> = Type::new();
/// ```
pub struct Type<T> {
    inner: Opaque<bindings::file_system_type>,
    _t: PhantomData<fn() -> T>,
}

// SAFETY: the kernel has a lock of its own for what it changes, and nothing here changes it.
unsafe impl<T> Sync for Type<T> {}

impl<T: FileSystem> Type<T> {
    /// `register_filesystem()` in fs/filesystems.c has a `BUG_ON` for it.
    const NAME_HAS_NO_DOT: () = {
        let mut name = T::NAME.to_bytes();
        while let [first, rest @ ..] = name {
            assert!(*first != b'.', "the name of a file system has a dot");
            name = rest;
        }
    };

    /// Makes one.
    #[must_use]
    #[allow(clippy::new_without_default)] // it is made for statics, which take no default
    pub const fn new() -> Self {
        let () = Self::NAME_HAS_NO_DOT;
        // SAFETY: all zeroes are a valid value of this C type.
        let mut inner: bindings::file_system_type = unsafe { core::mem::zeroed() };
        // The bytes of a `CStr` are C's.
        inner.name = T::NAME.as_ptr().cast();
        inner.owner = crate::module::this_module();
        inner.init_fs_context = Some(operations::init_context::<T>);
        inner.kill_sb = Some(operations::kill);
        Self {
            inner: Opaque::new(inner),
            _t: PhantomData,
        }
    }
}

/// A registered file system. Dropping it, no more can be mounted; those that are stay so.
pub struct Registration(*mut bindings::file_system_type, #[allow(dead_code)] Alive); // counts

// SAFETY: a file system may be taken back by another thread than the one that registered it.
unsafe impl Send for Registration {}
// SAFETY: a shared one is of no use.
unsafe impl Sync for Registration {}

impl Registration {
    /// Registers a file system.
    ///
    /// # Errors
    ///
    /// `EBUSY` where there is one of this name.
    pub fn register<T: FileSystem>(kind: &'static Type<T>) -> Result<Self> {
        let kind = kind.inner.get();
        let alive = alive!(Registration);
        // SAFETY: it is valid for good, and has all that must be set.
        to_result(unsafe { bindings::register_filesystem(kind) })?;
        Ok(Self(kind, alive))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: it is registered; the kernel says no more than that.
        unsafe { bindings::unregister_filesystem(self.0) };
    }
}
