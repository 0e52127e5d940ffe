// SPDX-License-Identifier: GPL-2.0

//! Templates of code, with places for tokens that come from the user.

use proc_macro::{Group, Ident, Span, TokenStream, TokenTree};

/// What to put in a place.
pub(crate) type Part<'a> = (&'a str, TokenStream);

/// Returns the tokens of `template` with each identifier that `parts` names replaced.
///
/// The user's tokens keep their spans, so that errors point at them. The template's own get the
/// span of the macro's definition: its local variables are invisible to the user's code.
pub(crate) fn fill(template: &str, parts: &[Part<'_>]) -> TokenStream {
    walk(tokens(template), parts, Span::mixed_site())
}

/// As [`fill`], with items that the user's code can name.
pub(crate) fn fill_open(template: &str, parts: &[Part<'_>]) -> TokenStream {
    walk(tokens(template), parts, Span::call_site())
}

fn walk(template: TokenStream, parts: &[Part<'_>], span: Span) -> TokenStream {
    template
        .into_iter()
        .flat_map(|token| place(token, parts, span))
        .collect()
}

fn place(token: TokenTree, parts: &[Part<'_>], span: Span) -> TokenStream {
    match token {
        TokenTree::Group(group) => {
            let mut filled = Group::new(group.delimiter(), walk(group.stream(), parts, span));
            filled.set_span(span);
            TokenTree::Group(filled).into()
        }
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            match parts.iter().find(|(place, _)| *place == name) {
                Some((_, tokens)) => tokens.clone(),
                None => TokenTree::Ident(respan(&ident, span)).into(),
            }
        }
        mut other => {
            other.set_span(span);
            other.into()
        }
    }
}

fn respan(ident: &Ident, span: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(span);
    ident
}

/// Makes an identifier.
pub(crate) fn ident(name: &str, span: Span) -> TokenStream {
    TokenTree::Ident(Ident::new(name, span)).into()
}

/// Makes tokens of text.
pub(crate) fn tokens(text: &str) -> TokenStream {
    text.parse().expect("generated text parses")
}
