// SPDX-License-Identifier: GPL-2.0

//! Reading tokens, and errors that point at the one that is wrong.

use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use std::iter::Peekable;

/// What is wrong with the input, and where.
pub(crate) struct Error {
    pub(crate) span: Span,
    pub(crate) message: String,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Makes an error that points at `span`.
pub(crate) fn error<T>(span: Span, message: impl Into<String>) -> Result<T> {
    Err(Error {
        span,
        message: message.into(),
    })
}

/// Runs a macro; what it fails with becomes a `compile_error!` at the right place.
pub(crate) fn expand(
    input: TokenStream,
    f: impl FnOnce(TokenStream) -> Result<TokenStream>,
) -> TokenStream {
    f(input).unwrap_or_else(|Error { span, message }| {
        let error: TokenStream = format!("::core::compile_error! {{ {message:?} }}")
            .parse()
            .expect("a string literal in a macro call parses");
        error
            .into_iter()
            .map(|mut token| {
                token.set_span(span);
                token
            })
            .collect()
    })
}

/// Tokens, one after the other.
pub(crate) struct Tokens {
    tokens: Peekable<proc_macro::token_stream::IntoIter>,
    last: Span,
}

impl Tokens {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        Self {
            tokens: tokens.into_iter().peekable(),
            last: Span::call_site(),
        }
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.next()?;
        self.last = token.span();
        Some(token)
    }

    pub(crate) fn peek(&mut self) -> Option<&TokenTree> {
        self.tokens.peek()
    }

    pub(crate) fn is_empty(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    /// The span of the token that was read last.
    pub(crate) fn last(&self) -> Span {
        self.last
    }

    pub(crate) fn ident(&mut self, what: &str) -> Result<Ident> {
        match self.next() {
            Some(TokenTree::Ident(ident)) => Ok(ident),
            Some(other) => error(other.span(), format!("expected {what}, found `{other}`")),
            None => error(self.last, format!("expected {what} after this")),
        }
    }

    pub(crate) fn punct(&mut self, wanted: char) -> Result<()> {
        match self.next() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == wanted => Ok(()),
            Some(other) => error(
                other.span(),
                format!("expected `{wanted}`, found `{other}`"),
            ),
            None => error(self.last, format!("expected `{wanted}` after this")),
        }
    }

    /// Takes the punctuation if it comes next.
    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let found =
            matches!(self.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
        if found {
            self.next();
        }
        found
    }

    /// Takes all that is left.
    pub(crate) fn rest(&mut self) -> TokenStream {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Takes one attribute, if one comes next; returns its name too.
    pub(crate) fn attribute(&mut self) -> Result<Option<(String, TokenStream)>> {
        let Some(TokenTree::Punct(punct)) = self.peek() else {
            return Ok(None);
        };
        if punct.as_char() != '#' {
            return Ok(None);
        }
        let hash = self.next();
        let group = self.group(Delimiter::Bracket, "an attribute")?;
        let name = match group.stream().into_iter().next() {
            Some(token) => token.to_string(),
            None => String::new(),
        };
        let tokens = hash.into_iter().chain([TokenTree::Group(group)]);
        Ok(Some((name, tokens.collect())))
    }

    /// Takes attributes, as many as come.
    pub(crate) fn attributes(&mut self) -> Result<TokenStream> {
        let mut all = TokenStream::new();
        while let Some((_, attribute)) = self.attribute()? {
            all.extend(attribute);
        }
        Ok(all)
    }

    /// Takes inner attributes (`#![…]`), as many as come.
    pub(crate) fn inner_attributes(&mut self) -> Result<TokenStream> {
        let mut all = TokenStream::new();
        while let [Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang))] = self.first_two() {
            if (hash.as_char(), bang.as_char()) != ('#', '!') {
                break;
            }
            all.extend([self.next(), self.next()].into_iter().flatten());
            let group = self.group(Delimiter::Bracket, "an attribute")?;
            all.extend([TokenTree::Group(group)]);
        }
        Ok(all)
    }

    fn first_two(&self) -> [Option<TokenTree>; 2] {
        let mut ahead = self.tokens.clone();
        [ahead.next(), ahead.next()]
    }

    /// Takes `pub` or `pub(…)`, if it comes next.
    pub(crate) fn visibility(&mut self) -> TokenStream {
        let mut taken = TokenStream::new();
        if matches!(self.peek(), Some(TokenTree::Ident(ident)) if ident.to_string() == "pub") {
            taken.extend(self.next());
            let is_parenthesis = |token: &TokenTree| matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis);
            if self.peek().is_some_and(is_parenthesis) {
                taken.extend(self.next());
            }
        }
        taken
    }

    /// Takes a comma, which the last item may leave out.
    pub(crate) fn comma(&mut self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        self.punct(',')
    }

    pub(crate) fn group(&mut self, delimiter: Delimiter, what: &str) -> Result<Group> {
        match self.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Ok(group),
            // What another macro passed on comes in an invisible group.
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                Tokens::new(group.stream()).group(delimiter, what)
            }
            Some(other) => error(other.span(), format!("expected {what}, found `{other}`")),
            None => error(self.last, format!("expected {what} after this")),
        }
    }

    /// Reads a string literal and returns what it stands for.
    pub(crate) fn string(&mut self, what: &str) -> Result<String> {
        match self.next() {
            Some(TokenTree::Literal(literal)) => match unquote(&literal.to_string()) {
                Some(text) => Ok(text),
                None => error(
                    literal.span(),
                    format!("expected {what}, a string, found `{literal}`"),
                ),
            },
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                Tokens::new(group.stream()).string(what)
            }
            Some(other) => error(
                other.span(),
                format!("expected {what}, a string, found `{other}`"),
            ),
            None => error(self.last, format!("expected {what}, a string, after this")),
        }
    }

    /// Reads a type: tokens up to a comma that is not inside `<…>`, or to the end.
    pub(crate) fn type_(&mut self) -> TokenStream {
        self.until_comma(|_| true)
    }

    /// Reads an expression: tokens up to a comma that is not inside `::<…>`, or to the end.
    pub(crate) fn expression(&mut self) -> TokenStream {
        // After an operand, `<` is an operator.
        self.until_comma(|before| match before {
            Some(TokenTree::Punct(punct)) => punct.as_char() != '<',
            Some(_) => false,
            None => true,
        })
    }

    fn until_comma(&mut self, opens: impl Fn(Option<&TokenTree>) -> bool) -> TokenStream {
        let mut depth = 0_usize;
        let mut taken: Vec<TokenTree> = Vec::new();
        while let Some(token) = self.peek() {
            if let TokenTree::Punct(punct) = token {
                let before = taken.last();
                // The `>` of `->` and `=>` closes nothing.
                let is_arrow = matches!(
                    before, Some(TokenTree::Punct(p)) if matches!(p.as_char(), '-' | '='));
                match punct.as_char() {
                    ',' if depth == 0 => break,
                    '<' if depth > 0 || opens(before) => depth += 1,
                    '>' if !is_arrow => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            taken.extend(self.next());
        }
        taken.into_iter().collect()
    }
}

/// Returns what a string literal stands for, or None where it is none.
fn unquote(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let inner = raw.trim_matches('#');
        return Some(inner.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            '\\' => text.push('\\'),
            '"' => text.push('"'),
            '\'' => text.push('\''),
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                text.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
            }
            'u' => {
                let digits: String = chars
                    .by_ref()
                    .take_while(|c| *c != '}')
                    .filter(|c| !matches!(c, '{' | '_'))
                    .collect();
                text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            '\n' => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            _ => return None,
        }
    }
    Some(text)
}
