// SPDX-License-Identifier: GPL-2.0

//! `module!`.

use crate::fill::fill_open;
use crate::params::{self, Param};
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Ident, Span, TokenStream};
use std::fmt::Write;

/// The longest name: `MODULE_NAME_LEN` is 64 - sizeof(unsigned long), with a NUL
/// (include/linux/moduleparam.h).
const LONGEST_NAME: usize = 55;

/// What `module!` was given.
#[derive(Default)]
struct Info {
    type_: TokenStream,
    name: String,
    modinfo: Vec<(&'static str, String)>,
    params: Vec<Param>,
}

/// The keys that may be there; the first column's are required.
const REQUIRED: [&str; 3] = ["type", "name", "license"];
const KEYS: [&str; 11] = [
    "type",
    "name",
    "authors",
    "author",
    "description",
    "license",
    "alias",
    "firmware",
    "softdep",
    "imports_ns",
    "params",
];

#[allow(clippy::too_many_lines)] // most of them are the text that it makes
pub(crate) fn module(input: TokenStream) -> Result<TokenStream> {
    let info = parse(input)?;
    let prefix = format!("{}\0", info.name);
    let mut modinfo = String::new();
    for (key, value) in &info.modinfo {
        let _ = write!(modinfo, "{:?},", asciz(&format!("{key}={value}")));
    }
    let text = format!(
        r#"
        #[doc(hidden)]
        const __LOG_PREFIX: &[u8] = {prefix:?}.as_bytes();

        // SAFETY: kbuild defines `__this_module` for each module; it lives as long as the module.
        #[allow(dead_code)]
        static THIS_MODULE: ::kernel::ThisModule = unsafe {{
            extern "C" {{
                #[allow(improper_ctypes)] // only its address is taken
                static __this_module: ::core::cell::UnsafeCell<::kernel::bindings::module>;
            }}
            ::kernel::ThisModule::from_ptr(::core::cell::UnsafeCell::raw_get(
                ::core::ptr::addr_of!(__this_module),
            ))
        }};

        #[allow(dead_code)]
        mod module_parameters {{
            use super::*;
            __PARAMETERS
        }}

        impl ::kernel::ModuleMetadata for __TYPE {{
            const NAME: &'static ::core::ffi::CStr =
                match ::core::ffi::CStr::from_bytes_with_nul({prefix:?}.as_bytes()) {{
                    Ok(name) => name,
                    Err(_) => panic!(),
                }};
        }}

        // Two modules deep, so that nothing in it can be reached from the crate.
        #[doc(hidden)]
        mod __module_init {{
            mod __module_init {{
                use super::super::*;

                // Under a name that the crate's own module will not have.
                type __Module = __TYPE;

                static mut MODULE: ::core::mem::MaybeUninit<__Module> =
                    ::core::mem::MaybeUninit::uninit();
                static mut MADE: bool = false;

                #[no_mangle]
                #[link_section = ".init.text"]
                unsafe extern "C" fn init_module() -> ::core::ffi::c_int {{
                    // SAFETY: the kernel calls this once, before anything else of the module.
                    unsafe {{ ::kernel::run_constructors() }};
                    if cfg!(any(debug_assertions, kernel_test)) {{
                        ::kernel::task::look_for_sleep();
                    }}
                    let init = <__Module as ::kernel::InPlaceModule>::init(
                        &super::super::THIS_MODULE,
                    );
                    // SAFETY: the kernel calls this once, before anything else of the module; what
                    // is made stays in its place until `cleanup_module` drops it.
                    let made = unsafe {{
                        ::kernel::pin_init::PinInit::__pinned_init(
                            init,
                            ::core::ptr::addr_of_mut!(MODULE).cast::<__Module>(),
                        )
                    }};
                    match made {{
                        Ok(()) => {{
                            // SAFETY: nobody else looks before this returns.
                            unsafe {{ MADE = true }};
                            0
                        }}
                        Err(error) => super::super::THIS_MODULE
                            .init_failed(::kernel::error::Error::to_errno(error)),
                    }}
                }}

                #[no_mangle]
                #[link_section = ".exit.text"]
                unsafe extern "C" fn cleanup_module() {{
                    // SAFETY: the kernel calls this once, after `init_module`, which says whether it
                    // made the value.
                    unsafe {{
                        if MADE {{
                            ::core::ptr::drop_in_place(
                                ::core::ptr::addr_of_mut!(MODULE).cast::<__Module>(),
                            );
                        }}
                    }}
                    super::super::THIS_MODULE.end();
                }}

                // The kernel calls the two through pointers that no object of ours holds: objtool
                // would take their landing pads away on kernels with IBT. rkmbuild's linker script
                // keeps these sections.
                ::core::arch::global_asm!(
                    ".pushsection .init.data.rkmbuild, \"aw\"",
                    ".balign 8",
                    ".quad {{}}",
                    ".popsection",
                    ".pushsection .exit.data.rkmbuild, \"aw\"",
                    ".balign 8",
                    ".quad {{}}",
                    ".popsection",
                    sym init_module,
                    sym cleanup_module,
                );

                __ENTRIES

                // Not statics with `#[used]`: those get a flag that keeps the linker from merging
                // them with the C side's .modinfo.
                ::core::arch::global_asm!(
                    ".pushsection .modinfo, \"a\"",
                    {modinfo}
                    ".popsection",
                    options(raw),
                );
            }}
        }}
        "#
    );
    Ok(fill_open(
        &text,
        &[
            ("__TYPE", info.type_),
            ("__PARAMETERS", params::accesses(&info.params)),
            ("__ENTRIES", params::entries(&info.params)),
        ],
    ))
}

/// Writes `.asciz` for the assembler, all but the plainest characters as octal escapes.
fn asciz(text: &str) -> String {
    let mut out = String::from(".asciz \"");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b" =-_.,:*/+()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "\\{byte:03o}");
        }
    }
    out.push('"');
    out
}

fn parse(input: TokenStream) -> Result<Info> {
    let mut tokens = Tokens::new(input);
    let mut info = Info::default();
    let mut seen: Vec<String> = Vec::new();
    while !tokens.is_empty() {
        let key = tokens.ident("a key")?;
        let name = key.to_string();
        if seen.contains(&name) {
            return error(key.span(), format!("`{name}` is given twice"));
        }
        tokens.punct(':')?;
        value(&mut tokens, &key, &mut info)?;
        tokens.comma()?;
        seen.push(name);
    }
    for required in REQUIRED {
        if !seen.iter().any(|key| key == required) {
            return error(Span::call_site(), format!("`{required}` is missing"));
        }
    }
    Ok(info)
}

fn value(tokens: &mut Tokens, key: &Ident, info: &mut Info) -> Result<()> {
    match key.to_string().as_str() {
        "type" => {
            info.type_ = tokens.type_();
            if info.type_.is_empty() {
                return error(key.span(), "expected the module's type after this");
            }
        }
        "name" => {
            info.name = tokens.string("the module's name")?;
            check_name(&info.name, tokens.last())?;
        }
        "author" => text(tokens, "author", info)?,
        "description" => text(tokens, "description", info)?,
        "license" => text(tokens, "license", info)?,
        "authors" => list(tokens, "author", info)?,
        "alias" => list(tokens, "alias", info)?,
        "firmware" => list(tokens, "firmware", info)?,
        "softdep" => list(tokens, "softdep", info)?,
        "params" => {
            let group = tokens.group(Delimiter::Brace, "the parameters in braces")?;
            info.params = params::parse(group.stream())?;
            for param in &info.params {
                let (name, type_) = (param.plain_name(), param.type_name());
                info.modinfo.push(("parmtype", format!("{name}:{type_}")));
                let description = format!("{name}:{}", param.description);
                info.modinfo.push(("parm", description));
            }
        }
        "imports_ns" => list(tokens, "import_ns", info)?,
        other => {
            let known = KEYS.join("`, `");
            return error(
                key.span(),
                format!("unknown key `{other}`; there are `{known}`"),
            );
        }
    }
    Ok(())
}

fn text(tokens: &mut Tokens, field: &'static str, info: &mut Info) -> Result<()> {
    let value = tokens.string(field)?;
    if value.contains('\0') {
        return error(tokens.last(), "a NUL cannot stand in .modinfo");
    }
    info.modinfo.push((field, value));
    Ok(())
}

fn list(tokens: &mut Tokens, field: &'static str, info: &mut Info) -> Result<()> {
    let group = tokens.group(Delimiter::Bracket, "a list of strings in brackets")?;
    let mut items = Tokens::new(group.stream());
    while !items.is_empty() {
        text(&mut items, field, info)?;
        items.comma()?;
    }
    Ok(())
}

fn check_name(name: &str, span: Span) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return error(span, "a module's name is made of letters, digits and `_`");
    }
    if name.len() > LONGEST_NAME {
        return error(
            span,
            format!("a module's name has at most {LONGEST_NAME} characters"),
        );
    }
    Ok(())
}
