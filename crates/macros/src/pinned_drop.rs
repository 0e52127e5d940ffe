// SPDX-License-Identifier: GPL-2.0

//! `#[pinned_drop]`.

use crate::fill::tokens;
use crate::generics::Generics;
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// `impl PinnedDrop for T { fn drop(self: Pin<&mut Self>) … }`: the trait is an unsafe one, and its
/// `drop` has a second parameter that only the generated `Drop` can make.
pub(crate) fn pinned_drop(input: TokenStream) -> Result<TokenStream> {
    let mut input = Tokens::new(input);
    let mut out = input.attributes()?;
    let keyword = input.ident("an impl")?;
    if keyword.to_string() != "impl" {
        return error(keyword.span(), "`#[pinned_drop]` is for an impl");
    }
    let mut generics: Vec<TokenTree> = input.rest().into_iter().collect();
    let mut rest = Tokens::new(generics.iter().cloned().collect());
    Generics::parse(&mut rest)?;
    let mut rest: Vec<TokenTree> = rest.rest().into_iter().collect();
    generics.truncate(generics.len() - rest.len());
    // No other trait: the `unsafe` below is the user's to say for those.
    let names: Vec<String> = rest.iter().take(2).map(ToString::to_string).collect();
    if names != ["PinnedDrop", "for"] {
        let span = rest.first().map_or(keyword.span(), TokenTree::span);
        return error(span, "`#[pinned_drop]` is for an impl of `PinnedDrop`");
    }
    let body = match rest.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        _ => return error(input.last(), "expected the body of the impl"),
    };
    out.extend(tokens("unsafe"));
    out.extend([TokenTree::Ident(keyword)]);
    out.extend(generics);
    out.extend(tokens("::kernel::pin_init::PinnedDrop"));
    out.extend(rest.into_iter().skip(1));
    let body = Group::new(Delimiter::Brace, add_parameter(body.stream()));
    out.extend([TokenTree::Group(body)]);
    Ok(out)
}

fn add_parameter(body: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut after_drop = false;
    for token in body {
        match token {
            TokenTree::Group(group)
                if after_drop && group.delimiter() == Delimiter::Parenthesis =>
            {
                after_drop = false;
                let mut parameters = group.stream();
                let text = parameters.to_string();
                if !text.trim_end().ends_with(',') {
                    parameters.extend(tokens(","));
                }
                parameters.extend(tokens(
                    "_: ::kernel::pin_init::__internal::OnlyCallFromDrop",
                ));
                out.extend([TokenTree::Group(Group::new(
                    Delimiter::Parenthesis,
                    parameters,
                ))]);
            }
            TokenTree::Ident(ident) => {
                after_drop = ident.to_string() == "drop" || after_drop;
                out.extend([TokenTree::Ident(ident)]);
            }
            other => out.extend([other]),
        }
    }
    out
}
