// SPDX-License-Identifier: GPL-2.0

//! `#[pinned_drop]`.

use crate::parse::{error, Result};
use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

/// `impl PinnedDrop for T { fn drop(self: Pin<&mut Self>) … }`: the trait is an unsafe one, and its
/// `drop` has a second parameter that only the generated `Drop` can make.
pub(crate) fn pinned_drop(input: TokenStream) -> Result<TokenStream> {
    let mut out = crate::fill::tokens("unsafe");
    let mut found = false;
    for token in input {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                found = true;
                out.extend([TokenTree::Group(Group::new(
                    Delimiter::Brace,
                    add_parameter(group.stream()),
                ))]);
            }
            TokenTree::Ident(ident) if ident.to_string() == "PinnedDrop" && !found => {
                out.extend(crate::fill::tokens("::kernel::pin_init::PinnedDrop"));
            }
            other => out.extend([other]),
        }
    }
    if !found {
        return error(Span::call_site(), "`#[pinned_drop]` is for an impl");
    }
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
                    parameters.extend(crate::fill::tokens(","));
                }
                parameters.extend(crate::fill::tokens(
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
