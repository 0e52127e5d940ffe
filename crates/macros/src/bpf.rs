// SPDX-License-Identifier: GPL-2.0

//! `#[bpf_kfunc]` and `#[bpf_object]`.

use crate::fill::{fill_open, ident, tokens};
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};

/// Kinds of programs, and the hook under which the kernel looks for their kfuncs
/// (`bpf_prog_type_to_kfunc_hook` in kernel/bpf/btf.c).
const HOOKS: [(&str, &str); 9] = [
    ("tracing", "tracing"),
    ("lsm", "tracing"),
    ("tracepoint", "tracing"),
    ("perf_event", "tracing"),
    ("syscall", "syscall"),
    ("kprobe", "kprobe"),
    ("tc", "tc"),
    ("xdp", "xdp"),
    ("struct_ops", "struct_ops"),
];

/// The kernel's flags, `KF_…` in include/linux/btf.h.
const FLAGS: [&str; 7] = [
    "acquire",
    "release",
    "ret_null",
    "trusted_args",
    "sleepable",
    "destructive",
    "rcu",
];

/// The section that the build reads what is declared from, a line each.
const RECORD: &str = r#"
    #[used]
    #[link_section = ".discard.rkmbuild.kfuncs"]
    static RECORD: [u8; LEN] = ::kernel::bpf::join(TEXTS);
    const LEN: usize = ::kernel::bpf::len(TEXTS);
"#;

/// The function that programs call.
///
/// The address keeps the linker from leaving it out, to which nothing else refers.
const WRAPPER: &str = r#"
    const _: () = {
        ::kernel::bpf::check(
            &::kernel::bpf::Asked {
                acquire: __ACQUIRE,
                release: __RELEASE,
                ret_null: __RET_NULL,
                trusted: __TRUSTED,
                is_unsafe: __IS_UNSAFE,
            },
            &[__FACTS],
            <__RETURNED as ::kernel::bpf::Returned>::FACTS,
        );
        const TEXTS: &[&str] = &[
            __HEAD, <__RETURNED as ::kernel::bpf::Returned>::FACTS.type_, "\t", __TEXTS "\n",
        ];
        __RECORD

        #[export_name = __SYMBOL]
        unsafe extern "C" fn kfunc(__RAW) -> <__RETURNED as ::kernel::bpf::Returned>::Raw {
            let call = ::kernel::bpf::Call;
            // SAFETY: the verifier checked what is given against what the record says; of an
            // `unsafe fn`, whoever writes the program keeps its promises.
            #[allow(unused_unsafe)]
            let returned: __RETURNED = unsafe { __NAME(__TAKEN) };
            ::kernel::bpf::Returned::into_raw(returned)
        }

        #[used]
        #[link_section = ".discard.rkmbuild.exported"]
        static KEPT: unsafe extern "C" fn(
            __TYPES
        ) -> <__RETURNED as ::kernel::bpf::Returned>::Raw = kfunc;
    };
"#;

const OBJECT: &str = r#"
    // SAFETY: programs know no other structure of that name: two would be one symbol.
    unsafe impl ::kernel::bpf::Structure for __NAME {
        const POINTER: &'static str = __POINTER;
    }
    // SAFETY: as above.
    unsafe impl ::kernel::bpf::Object for __NAME {}

    const _: () = {
        #[export_name = __SYMBOL]
        static NAMED_ONCE: () = ();
        const DIGITS: [u8; 10] = ::kernel::bpf::digits(::core::mem::size_of::<__NAME>());
        const TEXTS: &[&str] = &[
            __HEAD,
            match ::core::str::from_utf8(&DIGITS) {
                Ok(digits) => digits,
                Err(_) => panic!(),
            },
            "\n",
        ];
        __RECORD
    };
"#;

/// What a kfunc is made of.
struct Function {
    name: Ident,
    is_unsafe: bool,
    arguments: Vec<(String, TokenStream)>,
    returned: TokenStream,
}

pub(crate) fn kfunc(args: TokenStream, input: TokenStream) -> Result<TokenStream> {
    let (hooks, flags) = words(args)?;
    let function = signature(input.clone())?;
    let symbol = prefixed(&function.name.to_string());
    let flag = |name: &str| {
        ident(
            &flags.iter().any(|flag| flag == name).to_string(),
            Span::call_site(),
        )
    };
    let trusted = flags.iter().any(|f| f == "trusted_args") && !flags.iter().any(|f| f == "rcu");
    let written = if flags.is_empty() {
        "-".to_owned()
    } else {
        flags.join("|")
    };
    let head = format!("kfunc\t{symbol}\t{written}\t{}\t", hooks.join("|"));
    let (mut facts, mut texts) = (TokenStream::new(), TokenStream::new());
    let (mut raw, mut raw_types, mut taken) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new());
    for (index, (name, type_)) in function.arguments.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let parts = [
            ("__TYPE", type_.clone()),
            ("__BEFORE", text(&format!("{comma}{name}:"))),
            ("__SIZE", text(&format!(",{name}__sz:u32"))),
            (
                "__ARGUMENT",
                ident(&format!("argument{index}"), Span::call_site()),
            ),
        ];
        facts.extend(fill_open("<__TYPE as ::kernel::bpf::Kind>::FACTS,", &parts));
        texts.extend(fill_open(
            "__BEFORE,
            <__TYPE as ::kernel::bpf::Kind>::FACTS.type_,
            ::kernel::bpf::size(<__TYPE as ::kernel::bpf::Kind>::FACTS, __SIZE),",
            &parts,
        ));
        raw_types.extend(fill_open("<__TYPE as ::kernel::bpf::Kind>::Raw,", &parts));
        raw.extend(fill_open(
            "__ARGUMENT: <__TYPE as ::kernel::bpf::Kind>::Raw,",
            &parts,
        ));
        taken.extend(fill_open(
            "::kernel::bpf::Argument::from_raw(__ARGUMENT, &call),",
            &parts,
        ));
    }
    let is_unsafe = ident(&function.is_unsafe.to_string(), Span::call_site());
    let mut all = input;
    all.extend(fill_open(
        WRAPPER,
        &[
            ("__ACQUIRE", flag("acquire")),
            ("__RELEASE", flag("release")),
            ("__RET_NULL", flag("ret_null")),
            ("__TRUSTED", ident(&trusted.to_string(), Span::call_site())),
            ("__IS_UNSAFE", is_unsafe),
            ("__FACTS", facts),
            ("__RETURNED", function.returned),
            ("__HEAD", text(&head)),
            ("__TEXTS", texts),
            ("__RECORD", tokens(RECORD)),
            ("__SYMBOL", text(&symbol)),
            ("__RAW", raw),
            ("__TYPES", raw_types),
            ("__NAME", TokenTree::Ident(function.name).into()),
            ("__TAKEN", taken),
        ],
    ));
    Ok(all)
}

pub(crate) fn object(args: TokenStream, input: TokenStream) -> Result<TokenStream> {
    if let Some(token) = args.into_iter().next() {
        return error(token.span(), "`#[bpf_object]` takes no arguments");
    }
    let mut tokens_ = Tokens::new(input.clone());
    tokens_.attributes()?;
    tokens_.visibility();
    let keyword = tokens_.ident("a struct")?;
    if !matches!(keyword.to_string().as_str(), "struct" | "enum" | "union") {
        return error(keyword.span(), "`#[bpf_object]` is for types");
    }
    let name = tokens_.ident("the type's name")?;
    if tokens_.eat('<') {
        return error(name.span(), "a type that programs know cannot be generic");
    }
    let known = prefixed(&snake(&name.to_string()));
    let mut all = input;
    all.extend(fill_open(
        OBJECT,
        &[
            ("__NAME", TokenTree::Ident(name).into()),
            ("__POINTER", text(&format!("*mut struct {known}"))),
            ("__SYMBOL", text(&format!("__rkmbuild_bpf_object_{known}"))),
            ("__HEAD", text(&format!("type\t{known}\t"))),
            ("__RECORD", tokens(RECORD)),
        ],
    ));
    Ok(all)
}

/// Sorts the attribute's words into hooks, under the kernel's names for them, and flags.
fn words(args: TokenStream) -> Result<(Vec<&'static str>, Vec<String>)> {
    let (mut hooks, mut flags) = (Vec::new(), Vec::new());
    let mut rest = Tokens::new(args);
    while !rest.is_empty() {
        let word = rest.ident("a kind of program, or a flag")?;
        let name = word.to_string();
        if let Some((_, hook)) = HOOKS.iter().find(|(kind, _)| *kind == name) {
            if !hooks.contains(hook) {
                hooks.push(*hook);
            }
        } else if FLAGS.contains(&name.as_str()) {
            flags.push(name);
        } else {
            let kinds: Vec<_> = HOOKS.iter().map(|(kind, _)| *kind).collect();
            return error(
                word.span(),
                format!(
                    "no kind of program and no flag is called `{name}`; programs are `{}`, flags `{}`",
                    kinds.join("`, `"),
                    FLAGS.join("`, `"),
                ),
            );
        }
        rest.comma()?;
    }
    if hooks.is_empty() {
        return error(
            rest.last(),
            "say which programs may call it: `#[bpf_kfunc(tracing, syscall)]`",
        );
    }
    Ok((hooks, flags))
}

fn signature(input: TokenStream) -> Result<Function> {
    let mut tokens_ = Tokens::new(input);
    tokens_.attributes()?;
    tokens_.visibility();
    let mut is_unsafe = false;
    loop {
        let Some(word) = tokens_.next() else {
            return error(tokens_.last(), "`#[bpf_kfunc]` is for functions");
        };
        match word.to_string().as_str() {
            "fn" => break,
            "unsafe" => is_unsafe = true,
            "const" => {}
            _ => return error(word.span(), "a kfunc is a plain `fn`, or an `unsafe fn`"),
        }
    }
    let name = tokens_.ident("the function's name")?;
    if tokens_.eat('<') {
        return error(name.span(), "a kfunc cannot be generic");
    }
    let listed = tokens_.group(Delimiter::Parenthesis, "the function's arguments")?;
    let mut rest = Tokens::new(listed.stream());
    let mut arguments = Vec::new();
    while !rest.is_empty() {
        rest.attributes()?;
        let mut argument = rest.ident("an argument's name")?;
        if argument.to_string() == "mut" {
            argument = rest.ident("an argument's name")?;
        }
        let known = match argument.to_string().as_str() {
            "_" => format!("argument{}", arguments.len()),
            other => other
                .trim_start_matches("r#")
                .trim_start_matches('_')
                .to_owned(),
        };
        if known.contains("__") {
            return error(
                argument.span(),
                "two underscores in an argument's name mean something to the verifier",
            );
        }
        rest.punct(':')?;
        arguments.push((known, rest.type_()));
        rest.comma()?;
    }
    let mut returned: Vec<_> = tokens_.rest().into_iter().collect();
    returned.pop();
    let mut returned = Tokens::new(returned.into_iter().collect());
    let mut type_ = tokens("()");
    if returned.eat('-') {
        returned.punct('>')?;
        type_ = returned.rest();
    }
    Ok(Function {
        name,
        is_unsafe,
        arguments,
        returned: type_,
    })
}

/// Puts the crate's name, which cargo tells, before a name that does not begin with it.
fn prefixed(name: &str) -> String {
    let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "crate".to_owned());
    if name.starts_with(&format!("{krate}_")) {
        name.to_owned()
    } else {
        format!("{krate}_{name}")
    }
}

/// Writes a type's name as C does.
fn snake(name: &str) -> String {
    let mut written = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !written.is_empty() {
            written.push('_');
        }
        written.extend(character.to_lowercase());
    }
    written
}

fn text(value: &str) -> TokenStream {
    TokenTree::Literal(Literal::string(value)).into()
}
