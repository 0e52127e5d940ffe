// SPDX-License-Identifier: GPL-2.0

//! The generics of an item, in the forms that its definition and its implementations need.

use crate::parse::{error, Result, Tokens};
use proc_macro::{Ident, TokenStream, TokenTree};

/// `<'a, T: Bound = Default, const N: usize>`, taken apart. No form has the angle brackets; each
/// that is not empty ends in a comma.
#[derive(Default)]
pub(crate) struct Generics {
    /// With bounds, without defaults: after `impl`.
    pub(crate) declared: TokenStream,
    /// Names only: after a type.
    pub(crate) named: TokenStream,
    /// The parameters that are types.
    pub(crate) types: Vec<Ident>,
}

impl Generics {
    /// Reads generics, if the next token opens them.
    pub(crate) fn parse(tokens: &mut Tokens) -> Result<Self> {
        let mut generics = Self::default();
        if !tokens.eat('<') {
            return Ok(generics);
        }
        let mut depth = 1_usize;
        let mut parameter = Vec::new();
        loop {
            let Some(token) = tokens.next() else {
                return error(tokens.last(), "expected `>` after this");
            };
            if let TokenTree::Punct(punct) = &token {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' if !ends_with_minus(&parameter) => depth -= 1,
                    _ => {}
                }
                if depth == 0 || (depth == 1 && punct.as_char() == ',') {
                    generics.push(&std::mem::take(&mut parameter));
                    if depth == 0 {
                        return Ok(generics);
                    }
                    continue;
                }
            }
            parameter.push(token);
        }
    }

    fn push(&mut self, parameter: &[TokenTree]) {
        if parameter.is_empty() {
            return;
        }
        let is =
            |token: &TokenTree, sign| matches!(token, TokenTree::Punct(p) if p.as_char() == sign);
        // A default follows an `=` that is not inside brackets of any kind.
        let mut depth = 0_usize;
        let mut end = parameter.len();
        let mut bound = parameter.len();
        for (index, token) in parameter.iter().enumerate() {
            if is(token, '<') {
                depth += 1;
            } else if is(token, '>') {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && is(token, '=') {
                end = index;
                break;
            } else if depth == 0 && is(token, ':') && bound == parameter.len() {
                bound = index;
            }
        }
        if let Some(TokenTree::Ident(ident)) = parameter.first() {
            if ident.to_string() != "const" {
                self.types.push(ident.clone());
            }
        }
        let comma: TokenStream = crate::fill::tokens(",");
        self.declared.extend(parameter[..end].iter().cloned());
        self.declared.extend(comma.clone());
        let is_const =
            |token: &&TokenTree| matches!(token, TokenTree::Ident(i) if i.to_string() == "const");
        let skip = usize::from(parameter.first().as_ref().is_some_and(is_const));
        self.named
            .extend(parameter[skip..end.min(bound)].iter().cloned());
        self.named.extend(comma);
    }
}

fn ends_with_minus(tokens: &[TokenTree]) -> bool {
    matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '-')
}
