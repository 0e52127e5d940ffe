// SPDX-License-Identifier: GPL-2.0

//! `#[export]`.

use crate::fill::fill_open;
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Ident, TokenStream, TokenTree};

pub(crate) fn export(args: TokenStream, input: TokenStream) -> Result<TokenStream> {
    if let Some(token) = args.into_iter().next() {
        return error(token.span(), "`#[export]` takes no arguments");
    }
    let Signature {
        name,
        types,
        returned,
    } = signature(input.clone())?;
    // The function of the header is unsafe, since C is. Both kinds of ours become that.
    Ok(fill_open(
        "
        #[no_mangle]
        __FUNCTION

        const _: unsafe extern \"C\" fn(__TYPES) __RETURNED = ::kernel::bindings::__NAME;
        ",
        &[
            ("__FUNCTION", input),
            ("__TYPES", types),
            ("__RETURNED", returned),
            ("__NAME", TokenTree::Ident(name).into()),
        ],
    ))
}

/// What a function is called with and gives back.
struct Signature {
    name: Ident,
    types: TokenStream,
    returned: TokenStream,
}

fn signature(input: TokenStream) -> Result<Signature> {
    let mut tokens = Tokens::new(input);
    tokens.attributes()?;
    tokens.visibility();
    let mut of_c = false;
    loop {
        let Some(word) = tokens.next() else {
            return error(tokens.last(), "`#[export]` is for functions");
        };
        match word.to_string().as_str() {
            "fn" => break,
            "\"C\"" => of_c = true,
            "unsafe" | "extern" => {}
            _ => return error(word.span(), "expected a function"),
        }
    }
    let name = tokens.ident("the function's name")?;
    if !of_c {
        return error(name.span(), "C calls a function that is `extern \"C\"`");
    }
    let arguments = tokens.group(Delimiter::Parenthesis, "the function's arguments")?;
    let mut types = TokenStream::new();
    let mut rest = Tokens::new(arguments.stream());
    while !rest.is_empty() {
        rest.attributes()?;
        while !rest.eat(':') {
            if rest.next().is_none() {
                return error(rest.last(), "expected an argument's type after this");
            }
        }
        types.extend(rest.type_());
        types.extend(crate::fill::tokens(","));
        rest.comma()?;
    }
    let mut returned = tokens.rest().into_iter().collect::<Vec<_>>();
    returned.pop();
    Ok(Signature {
        name,
        types,
        returned: returned.into_iter().collect(),
    })
}
