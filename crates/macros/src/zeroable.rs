// SPDX-License-Identifier: GPL-2.0

//! `#[derive(Zeroable)]`.

use crate::fill::fill;
use crate::generics::Generics;
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

pub(crate) fn derive(input: TokenStream) -> Result<TokenStream> {
    let mut tokens = Tokens::new(input);
    tokens.attributes()?;
    tokens.visibility();
    let keyword = tokens.ident("a struct or a union")?;
    if !matches!(keyword.to_string().as_str(), "struct" | "union") {
        return error(
            keyword.span(),
            "`Zeroable` is derived for structs and unions",
        );
    }
    let name = tokens.ident("its name")?;
    let generics = Generics::parse(&mut tokens)?;
    let (fields, bounds) = body(&mut tokens)?;
    let mut asserts = TokenStream::new();
    for field in fields {
        asserts.extend(fill("zeroable::<__FIELD>();", &[("__FIELD", field)]));
    }
    let mut all = bounds;
    for type_ in &generics.types {
        let parts = [("__TYPE", TokenTree::Ident(type_.clone()).into())];
        all.extend(fill("__TYPE: ::kernel::pin_init::Zeroable,", &parts));
    }
    Ok(fill(
        WHOLE,
        &[
            ("__NAME", TokenTree::Ident(name).into()),
            ("__DECLARED", generics.declared),
            ("__NAMED", generics.named),
            ("__BOUNDS", all),
            ("__ASSERTS", asserts),
        ],
    ))
}

const WHOLE: &str = "
    #[automatically_derived]
    #[allow(clippy::multiple_bound_locations)]
    // SAFETY: each field may be all zeroes, as the function below has the compiler check.
    unsafe impl<__DECLARED> ::kernel::pin_init::Zeroable for __NAME<__NAMED> where __BOUNDS {}
    const _: () = {
        #[allow(dead_code)]
        fn zeroable<T: ::kernel::pin_init::Zeroable + ?::core::marker::Sized>() {}
        #[allow(
            dead_code,
            clippy::extra_unused_lifetimes,
            clippy::extra_unused_type_parameters,
            clippy::multiple_bound_locations,
        )]
        fn check<__DECLARED>(_: &__NAME<__NAMED>) where __BOUNDS { __ASSERTS }
    };
";

/// Reads all behind the generics; returns the types of the fields, and the bounds, which end in a
/// comma.
fn body(tokens: &mut Tokens) -> Result<(Vec<TokenStream>, TokenStream)> {
    let mut fields = Vec::new();
    let mut bounds = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                fields = types(&group, true)?;
            }
            // Parentheses behind `where` belong to a bound.
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Parenthesis && bounds.is_empty() =>
            {
                fields = types(&group, false)?;
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => {}
            TokenTree::Ident(ident) if bounds.is_empty() && ident.to_string() == "where" => {}
            other => bounds.push(other),
        }
    }
    let ends = matches!(bounds.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',');
    let mut all: TokenStream = bounds.iter().cloned().collect();
    if !bounds.is_empty() && !ends {
        all.extend(crate::fill::tokens(","));
    }
    Ok((fields, all))
}

fn types(body: &Group, named: bool) -> Result<Vec<TokenStream>> {
    let mut tokens = Tokens::new(body.stream());
    let mut types = Vec::new();
    while !tokens.is_empty() {
        tokens.attributes()?;
        tokens.visibility();
        if named {
            tokens.ident("a field")?;
            tokens.punct(':')?;
        }
        types.push(tokens.type_());
        tokens.comma()?;
    }
    Ok(types)
}
