// SPDX-License-Identifier: GPL-2.0

//! `#[vtable]`.

use crate::fill::{fill, ident};
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

pub(crate) fn vtable(input: TokenStream) -> Result<TokenStream> {
    let mut tokens: Vec<TokenTree> = input.into_iter().collect();
    let body = match tokens.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        _ => return error(Span::call_site(), "`#[vtable]` is for a trait or an impl"),
    };
    let is_trait = tokens
        .iter()
        .any(|token| matches!(token, TokenTree::Ident(ident) if ident.to_string() == "trait"));
    let mut inner = body.stream();
    let (functions, constants) = members(body.stream())?;
    inner.extend(fill(
        if is_trait {
            "/// Says that an implementation is marked `#[vtable]`, as it must be.
            const USE_VTABLE_ATTR: ();"
        } else {
            "const USE_VTABLE_ATTR: () = ();"
        },
        &[],
    ));
    for (cfgs, function) in functions {
        let name = format!("HAS_{}", function.to_string().to_uppercase());
        if constants.contains(&name) {
            continue;
        }
        inner.extend(fill(
            if is_trait {
                "/// Whether the implementation has the method of this name.
                __CFG const __HAS: bool = false;"
            } else {
                "__CFG const __HAS: bool = true;"
            },
            &[("__CFG", cfgs), ("__HAS", ident(&name, function.span()))],
        ));
    }
    let mut group = Group::new(Delimiter::Brace, inner);
    group.set_span(body.span());
    tokens.push(TokenTree::Group(group));
    Ok(tokens.into_iter().collect())
}

type Functions = Vec<(TokenStream, Ident)>;

/// Returns the functions, with their `#[cfg]`s, and the names of the constants.
fn members(body: TokenStream) -> Result<(Functions, Vec<String>)> {
    let mut tokens = Tokens::new(body);
    let (mut functions, mut constants) = (Vec::new(), Vec::new());
    let mut cfgs = TokenStream::new();
    while !tokens.is_empty() {
        while let Some((name, attribute)) = tokens.attribute()? {
            if name == "cfg" {
                cfgs.extend(attribute);
            }
        }
        match tokens.next() {
            Some(TokenTree::Ident(keyword)) if keyword.to_string() == "fn" => {
                let function = tokens.ident("the function's name")?;
                functions.push((std::mem::take(&mut cfgs), function));
            }
            Some(TokenTree::Ident(keyword)) if keyword.to_string() == "const" => {
                if let Some(TokenTree::Ident(name)) = tokens.peek() {
                    constants.push(name.to_string());
                }
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == ';' => cfgs = TokenStream::new(),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                cfgs = TokenStream::new();
            }
            _ => {}
        }
    }
    Ok((functions, constants))
}
