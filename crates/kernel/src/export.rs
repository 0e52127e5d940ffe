// SPDX-License-Identifier: GPL-2.0

//! Functions and statics of a module that other modules link to.
//!
//! A module says what it has for others in a header, as one in C does. It names that header in its
//! Cargo.toml, so that its Rust code is held against it, and exports what the header declares:
//!
//! ```toml
//! [package.metadata.rkmbuild]
//! headers = ["src/greeter.h"]
//! ```
//!
//! ```c
//! /* src/greeter.h */
//! int greeter_greet(const char *name);
//! ```
//!
//! ```ignore
//! use kernel::prelude::*;
//! use kernel::str::BStr;
//!
//! #[export]
//! unsafe extern "C" fn greeter_greet(name: *const c_char) -> c_int {
//!     // SAFETY: the header demands a string.
//!     let name = unsafe { CStr::from_char_ptr(name) };
//!     pr_info!("Hello, {}!\n", BStr::from_bytes(name.to_bytes()));
//!     0
//! }
//!
//! kernel::export_symbol_gpl!(greeter_greet);
//! ```
//!
//! kbuild then treats it as it does a symbol that a C file exports: it stands in the module's
//! `.symvers` file, with a CRC of the header's declaration where the kernel has `CONFIG_MODVERSIONS`,
//! and modules in C and in Rust that include the header link to it. `KBUILD_EXTRA_SYMBOLS` tells a
//! build, of either, where that file is.

/// Exports a function or a static to all modules, as C's `EXPORT_SYMBOL()`.
///
/// The symbol is declared in a header of the project and not mangled: a function carries
/// [`#[export]`](macro@crate::macros::export), a static `#[no_mangle]`. A second argument is the
/// namespace, which a module then has to import.
///
/// ```ignore
/// #[export]
/// extern "C" fn greeter_count() -> c_int {
///     3
/// }
///
/// kernel::export_symbol!(greeter_count);
/// ```
#[macro_export]
macro_rules! export_symbol {
    ($name:ident) => {
        $crate::__export_symbol!($name, concat!("EXPORT_SYMBOL(", stringify!($name), ")"));
    };
    ($name:ident, $namespace:literal) => {
        $crate::__export_symbol!(
            $name,
            concat!(
                "RKMBUILD_EXPORT_NS(",
                stringify!($name),
                ", ",
                $namespace,
                ")"
            )
        );
    };
}

/// Exports a function or a static to modules with a license that is compatible with the GPL, as C's
/// `EXPORT_SYMBOL_GPL()`.
///
/// As [`export_symbol!`](crate::export_symbol) otherwise.
///
/// ```ignore
/// kernel::export_symbol_gpl!(greeter_greet);
/// kernel::export_symbol_gpl!(greeter_reset, "GREETER_INTERNAL");
/// ```
#[macro_export]
macro_rules! export_symbol_gpl {
    ($name:ident) => {
        $crate::__export_symbol!($name, concat!("EXPORT_SYMBOL_GPL(", stringify!($name), ")"));
    };
    ($name:ident, $namespace:literal) => {
        $crate::__export_symbol!(
            $name,
            concat!(
                "RKMBUILD_EXPORT_NS_GPL(",
                stringify!($name),
                ", ",
                $namespace,
                ")"
            )
        );
    };
}

// The build makes a C file of the lines, with the project's headers before them, and has kbuild
// compile it: the format of an export differs from one kernel to the next, and its CRC comes from a
// prototype in C. The address keeps the linker from leaving the symbol out, which nothing else may
// refer to. Both sections are gone from the finished module.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_symbol {
    ($name:ident, $line:expr) => {
        const _: () = {
            // The header is where other modules, and the CRC, have the type from.
            #[allow(unused_imports)]
            use $crate::bindings::$name as _;
        };
        ::core::arch::global_asm!(
            ".pushsection .discard.rkmbuild.exports, \"a\"",
            concat!(".ascii \"", $line, ";\\n\""),
            ".popsection",
            ".pushsection .discard.rkmbuild.exported, \"a\"",
            ".balign 8",
            ".quad {}",
            ".popsection",
            sym $name,
        );
    };
}
