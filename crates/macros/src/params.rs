// SPDX-License-Identifier: GPL-2.0

//! The `params` of `module!`.

use crate::fill::{fill, tokens};
use crate::initializer::plain;
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Ident, Literal, TokenStream, TokenTree};

/// The types of numbers, and truth values.
const PLAIN: [&str; 11] = [
    "bool", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "isize", "usize",
];

/// One parameter.
pub(crate) struct Param {
    pub(crate) name: Ident,
    type_: Ident,
    default: TokenStream,
    pub(crate) description: String,
    permissions: TokenStream,
}

impl Param {
    /// The name as `insmod` is told it: `type` where the module's code says `r#type`.
    pub(crate) fn plain_name(&self) -> String {
        plain(&self.name)
    }

    /// The type's name, for `parmtype`.
    pub(crate) fn type_name(&self) -> String {
        match self.type_.to_string().as_str() {
            // What `modinfo` and other tools know of C's parameters.
            "str" => "charp".to_owned(),
            other => other.to_owned(),
        }
    }
}

/// Reads `name: type { default: …, description: "…", permissions: 0o…, }, …`.
pub(crate) fn parse(input: TokenStream) -> Result<Vec<Param>> {
    let mut tokens = Tokens::new(input);
    let mut params: Vec<Param> = Vec::new();
    while !tokens.is_empty() {
        let name = tokens.ident("a parameter's name")?;
        if params
            .iter()
            .any(|p| p.name.to_string() == name.to_string())
        {
            return error(name.span(), format!("`{name}` is there twice"));
        }
        tokens.punct(':')?;
        let type_ = tokens.ident("a parameter's type")?;
        let known = type_.to_string();
        if known != "str" && !PLAIN.contains(&known.as_str()) {
            return error(
                type_.span(),
                format!("a parameter is a `str` or one of `{}`", PLAIN.join("`, `")),
            );
        }
        let body = tokens.group(Delimiter::Brace, "the parameter's keys in braces")?;
        params.push(parse_body(name, type_, body.stream())?);
        tokens.comma()?;
    }
    Ok(params)
}

fn parse_body(name: Ident, type_: Ident, body: TokenStream) -> Result<Param> {
    let mut tokens = Tokens::new(body);
    let (mut default, mut description) = (None, None);
    let mut permissions = crate::fill::tokens("0");
    while !tokens.is_empty() {
        let key = tokens.ident("a key")?;
        tokens.punct(':')?;
        match key.to_string().as_str() {
            "default" => default = Some(tokens.expression()),
            "description" => description = Some(tokens.string("the description")?),
            "permissions" => permissions = tokens.expression(),
            other => {
                return error(
                    key.span(),
                    format!(
                        "unknown key `{other}`; there are `default`, `description`, `permissions`"
                    ),
                )
            }
        }
        tokens.comma()?;
    }
    let (Some(default), Some(description)) = (default, description) else {
        return error(
            name.span(),
            "a parameter has a `default` and a `description`",
        );
    };
    Ok(Param {
        name,
        type_,
        default,
        description,
        permissions,
    })
}

/// Makes what the module's code sees: `module_parameters::<name>`.
pub(crate) fn accesses(params: &[Param]) -> TokenStream {
    let mut out = TokenStream::new();
    for param in params {
        let is_text = param.type_.to_string() == "str";
        out.extend(fill(
            "#[allow(non_upper_case_globals, missing_docs)]
            pub(crate) static __NAME: __ACCESS = <__ACCESS>::new(__DEFAULT);",
            &[
                ("__NAME", TokenTree::Ident(param.name.clone()).into()),
                ("__ACCESS", access(param, is_text)),
                ("__DEFAULT", param.default.clone()),
            ],
        ));
    }
    out
}

fn access(param: &Param, is_text: bool) -> TokenStream {
    if is_text {
        return tokens("::kernel::module_param::StringParam");
    }
    fill(
        "::kernel::module_param::ModuleParamAccess<__TYPE>",
        &[("__TYPE", TokenTree::Ident(param.type_.clone()).into())],
    )
}

/// Makes what the kernel reads: the entries of the section `__param`.
pub(crate) fn entries(params: &[Param]) -> TokenStream {
    let mut checks = TokenStream::new();
    let mut entries = TokenStream::new();
    for param in params {
        let is_text = param.type_.to_string() == "str";
        let ops = if is_text {
            tokens("::kernel::module_param::string_ops()")
        } else {
            fill(
                "::kernel::module_param::ops::<__TYPE>()",
                &[("__TYPE", TokenTree::Ident(param.type_.clone()).into())],
            )
        };
        let text = Literal::string(&format!("{}\0", param.plain_name()));
        // Text that could be written while it is read would have to be locked.
        let forbidden = if is_text { "0o7333" } else { "0o7133" };
        let parts = [
            ("__NAME", TokenTree::Ident(param.name.clone()).into()),
            ("__TEXT", TokenTree::Literal(text).into()),
            ("__OPS", ops),
            ("__PERMISSIONS", param.permissions.clone()),
            ("__FORBIDDEN", tokens(forbidden)),
        ];
        checks.extend(fill(CHECK, &parts));
        entries.extend(fill(ENTRY, &parts));
    }
    let count = TokenTree::Literal(Literal::usize_unsuffixed(params.len())).into();
    let cfg = if params.is_empty() {
        "#[cfg(kernel_test)]"
    } else {
        ""
    };
    let all = [
        ("__CFG", tokens(cfg)),
        ("__COUNT", count),
        ("__ENTRIES", entries),
    ];
    checks.extend(fill(ALL, &all));
    checks
}

const CHECK: &str = "
    const _: () = ::core::assert!(
        (__PERMISSIONS) & __FORBIDDEN == 0,
        \"permissions: 0o444 to read, 0o200 for root to write too; text is never written\"
    );
";

const ENTRY: &str = "
    ::kernel::module_param::Entry::new(
        __TEXT,
        super::super::THIS_MODULE.as_ptr(),
        __OPS,
        __PERMISSIONS,
        super::super::module_parameters::__NAME.as_void_ptr(),
    ),
";

// One array: the compiler may align each static as it likes, but the kernel counts on no gap.
// Exported rather than `#[used]`: the linker script keeps the section, and a section with the flag
// that `#[used]` sets would not be merged with that of the module's C files.
//
// A build for tests has one more, through which they are run.
const ALL: &str = "
    __CFG
    #[export_name = \"__rkmbuild_params\"]
    #[link_section = \"__param\"]
    static PARAMS: [::kernel::module_param::Entry; __COUNT + ::core::cfg!(kernel_test) as usize] = [
        __ENTRIES
        #[cfg(kernel_test)]
        ::kernel::kunit::entry(super::super::THIS_MODULE.as_ptr()),
    ];

    // A build for tests that has none would have an empty section.
    #[cfg(kernel_test)]
    #[used]
    #[link_section = \".rkmbuild_tests\"]
    static NO_TEST: ::kernel::kunit::Test = ::kernel::kunit::Test::new(\"\", || {});
";
