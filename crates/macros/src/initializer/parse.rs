// SPDX-License-Identifier: GPL-2.0

//! What stands in the call of `pin_init!` and its like.

use super::Kind;
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Ident, TokenStream, TokenTree};

/// What a field is given.
pub(super) enum Value {
    /// `name: value` or `name`.
    Plain(TokenStream),
    /// `name <- initialiser`.
    Init(TokenStream),
}

/// A step of the initialisation.
pub(super) enum Step {
    Field {
        attributes: TokenStream,
        name: Ident,
        value: Value,
    },
    /// `_: { … }`: code that runs between the fields.
    Code(TokenStream),
}

/// All that stands in the macro's call.
pub(super) struct Initializer {
    pub(super) this: Option<Ident>,
    pub(super) path: TokenStream,
    pub(super) steps: Vec<Step>,
    pub(super) zeroed: bool,
    pub(super) error: TokenStream,
}

/// Reads what stands in the macro's call.
pub(super) fn parse(input: TokenStream, kind: Kind) -> Result<Initializer> {
    let mut tokens = Tokens::new(input);
    let this = parse_this(&mut tokens)?;
    let mut path = TokenStream::new();
    let body = loop {
        match tokens.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => break group,
            Some(token) => path.extend([token]),
            None => return error(tokens.last(), "expected the fields in braces after this"),
        }
    };
    let (steps, zeroed) = parse_steps(body.stream())?;
    let error = if tokens.is_empty() {
        crate::fill::tokens(kind.error)
    } else {
        tokens.punct('?')?;
        tokens.rest()
    };
    Ok(Initializer {
        this,
        path,
        steps,
        zeroed,
        error,
    })
}

fn parse_this(tokens: &mut Tokens) -> Result<Option<Ident>> {
    if !tokens.eat('&') {
        return Ok(None);
    }
    let this = tokens.ident("a name for the slot")?;
    let keyword = tokens.ident("`in`")?;
    if keyword.to_string() != "in" {
        return error(keyword.span(), "expected `in`");
    }
    Ok(Some(this))
}

fn parse_steps(body: TokenStream) -> Result<(Vec<Step>, bool)> {
    let mut tokens = Tokens::new(body);
    let mut steps = Vec::new();
    let mut zeroed = false;
    while !tokens.is_empty() {
        if tokens.eat('.') {
            tokens.punct('.')?;
            let rest = tokens.rest().to_string().replace(char::is_whitespace, "");
            if !rest.ends_with("zeroed()") {
                return error(tokens.last(), "expected `..Zeroable::init_zeroed()`");
            }
            zeroed = true;
            break;
        }
        steps.push(parse_step(&mut tokens)?);
        tokens.comma()?;
    }
    Ok((steps, zeroed))
}

fn parse_step(tokens: &mut Tokens) -> Result<Step> {
    let attributes = tokens.attributes()?;
    let name = tokens.ident("a field")?;
    if name.to_string() == "_" {
        tokens.punct(':')?;
        return Ok(Step::Code(tokens.expression()));
    }
    let value = if tokens.eat(':') {
        Value::Plain(tokens.expression())
    } else if tokens.eat('<') {
        tokens.punct('-')?;
        Value::Init(tokens.expression())
    } else {
        Value::Plain(TokenTree::Ident(name.clone()).into())
    };
    Ok(Step::Field {
        attributes,
        name,
        value,
    })
}
