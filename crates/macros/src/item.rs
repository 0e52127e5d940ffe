// SPDX-License-Identifier: GPL-2.0

//! Structs that macros read.

use crate::fill::fill;
use crate::generics::Generics;
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// A field.
pub(crate) struct Field {
    /// Attributes but `#[pin]`.
    pub(crate) attributes: TokenStream,
    /// Those of them that are `#[cfg(…)]`.
    pub(crate) cfgs: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    pub(crate) type_: TokenStream,
    pub(crate) pinned: bool,
}

/// A struct with named fields.
pub(crate) struct Struct {
    pub(crate) head: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    /// The generics as they were written, for the definition.
    pub(crate) written: TokenStream,
    pub(crate) bounds: TokenStream,
    pub(crate) fields: Vec<Field>,
}

/// Reads a struct.
pub(crate) fn parse(input: TokenStream) -> Result<Struct> {
    let mut tokens = Tokens::new(input);
    let head = tokens.attributes()?;
    let visibility = tokens.visibility();
    let keyword = tokens.ident("a struct")?;
    if keyword.to_string() != "struct" {
        return error(keyword.span(), "`#[pin_data]` is for structs");
    }
    let name = tokens.ident("the struct's name")?;
    let mut written = TokenStream::new();
    let mut rest = Vec::new();
    while let Some(token) = tokens.next() {
        rest.push(token);
    }
    let body = match rest.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        _ => {
            return error(
                name.span(),
                "`#[pin_data]` is for structs with named fields",
            )
        }
    };
    let whole: TokenStream = rest.iter().cloned().collect();
    let mut tokens = Tokens::new(whole);
    let generics = Generics::parse(&mut tokens)?;
    let bounds = tokens.rest();
    let generics_len = rest.len() - bounds.clone().into_iter().count();
    written.extend(rest.into_iter().take(generics_len));
    let self_type = self_type(&name, &generics);
    let fields = parse_fields(body.stream(), &self_type)?;
    Ok(Struct {
        head,
        visibility,
        name,
        generics,
        written,
        bounds: with_comma(bounds),
        fields,
    })
}

/// Ends a where clause in a comma, so that more can follow.
fn with_comma(bounds: TokenStream) -> TokenStream {
    let ends = matches!(
        bounds.clone().into_iter().last(),
        Some(TokenTree::Punct(punct)) if punct.as_char() == ','
    );
    let mut bounds = bounds;
    if !bounds.is_empty() && !ends {
        bounds.extend(crate::fill::tokens(","));
    }
    bounds
}

fn self_type(name: &Ident, generics: &Generics) -> TokenStream {
    fill(
        "__NAME::<__NAMED>",
        &[
            ("__NAME", TokenTree::Ident(name.clone()).into()),
            ("__NAMED", generics.named.clone()),
        ],
    )
}

fn parse_fields(body: TokenStream, self_type: &TokenStream) -> Result<Vec<Field>> {
    let mut tokens = Tokens::new(body);
    let mut fields = Vec::new();
    while !tokens.is_empty() {
        let mut attributes = TokenStream::new();
        let mut cfgs = TokenStream::new();
        let mut pinned = false;
        while let Some((name, attribute)) = tokens.attribute()? {
            match name.as_str() {
                "pin" => pinned = true,
                "cfg" => {
                    cfgs.extend(attribute.clone());
                    attributes.extend(attribute);
                }
                _ => attributes.extend(attribute),
            }
        }
        let visibility = tokens.visibility();
        let name = tokens.ident("a field")?;
        tokens.punct(':')?;
        // The generated types have no `Self` that is the struct.
        let type_ = replace_self(tokens.type_(), self_type);
        tokens.comma()?;
        fields.push(Field {
            attributes,
            cfgs,
            visibility,
            name,
            type_,
            pinned,
        });
    }
    Ok(fields)
}

fn replace_self(tokens: TokenStream, with: &TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| -> TokenStream {
            match token {
                TokenTree::Ident(ident) if ident.to_string() == "Self" => with.clone(),
                TokenTree::Group(group) => {
                    let inner = replace_self(group.stream(), with);
                    let mut replaced = Group::new(group.delimiter(), inner);
                    replaced.set_span(group.span());
                    TokenTree::Group(replaced).into()
                }
                other => other.into(),
            }
        })
        .collect()
}
