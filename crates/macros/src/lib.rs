// SPDX-License-Identifier: GPL-2.0

//! The kernel crate's procedural macros, on `proc_macro` alone so that they build offline.

mod module;
mod parse;

use proc_macro::TokenStream;

/// Declares the crate to be a module.
///
/// ```ignore
/// module! {
///     type: Hello,
///     name: "hello",
///     authors: ["Jane Doe"],
///     description: "Says hello",
///     license: "GPL",
///     alias: ["char-major-10-200"],
///     firmware: ["hello/firmware.bin"],
/// }
/// ```
///
/// `type` (it implements `kernel::Module` or `kernel::InPlaceModule`), `name` and `license` are
/// required. What the keys say ends up in the module's `.modinfo`, as C's `MODULE_AUTHOR()` and its
/// like put it there.
#[proc_macro]
pub fn module(input: TokenStream) -> TokenStream {
    parse::expand(input, module::module)
}
