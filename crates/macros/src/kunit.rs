// SPDX-License-Identifier: GPL-2.0

//! `#[kernel_test]` and `#[kunit_tests]`.

use crate::fill::{fill_open, ident, tokens};
use crate::parse::{error, Result, Tokens};
use proc_macro::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};

/// The cfg that `rkmbuild test` sets, and nobody else.
const CFG: &str = "#[cfg(kernel_test)]";

/// The tests of a build, for the kernel (a section) and for rkmbuild (.modinfo).
///
/// The section's entries are as large as they are aligned, so that no gap comes between them.
const REGISTERED: &str = r#"
    __CFGS
    const _: () = {
        #[used]
        #[link_section = ".rkmbuild_tests"]
        static TEST: ::kernel::kunit::Test =
            ::kernel::kunit::Test::new(__ID, || ::kernel::kunit::finish(__TEST()));
    };
    __CFGS
    ::core::arch::global_asm!(
        ".pushsection .modinfo, \"a\"",
        ::core::concat!(
            ".asciz \"kernel_test=", __ID, " ", ::core::line!(), " ", ::core::file!(), "\"",
        ),
        ".popsection",
        options(raw),
    );
"#;

/// Macros that stand before those of `core` in a test.
const ASSERTIONS: &str = "
    #[allow(unused_macros)]
    macro_rules! assert {
        ($($words:tt)*) => { ::kernel::kunit_assert!($($words)*) };
    }
    #[allow(unused_macros)]
    macro_rules! assert_eq {
        ($($words:tt)*) => { ::kernel::kunit_assert_eq!($($words)*) };
    }
    #[allow(unused_macros)]
    macro_rules! assert_ne {
        ($($words:tt)*) => { ::kernel::kunit_assert_ne!($($words)*) };
    }
";

pub(crate) fn kernel_test(args: TokenStream, input: TokenStream) -> Result<TokenStream> {
    if let Some(token) = args.into_iter().next() {
        return error(token.span(), "`#[kernel_test]` takes nothing");
    }
    match Item::parse(&mut Tokens::new(input))? {
        Item::Function(test) => {
            let name = test.name.to_string();
            let id = format!("::core::concat!(::core::module_path!(), \"::\", {name:?})");
            Ok(test.registered(&tokens(CFG), tokens(&id)))
        }
        Item::Other(_) => error(
            Span::call_site(),
            "`#[kernel_test]` is for a function, without `unsafe`, `const` or `extern`",
        ),
    }
}

pub(crate) fn kunit_tests(args: TokenStream, input: TokenStream) -> Result<TokenStream> {
    let suite = Tokens::new(args).ident("the suite's name: `#[kunit_tests(name)]`")?;
    let mut whole: Vec<TokenTree> = input.into_iter().collect();
    let body = match whole.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        _ => return error(suite.span(), "`#[kunit_tests]` is for `mod name { … }`"),
    };
    // What stands before a test's name everywhere else is the crate's name, which cargo tells.
    let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "crate".to_owned());
    let mut inner = TokenStream::new();
    let mut members = Tokens::new(body.stream());
    inner.extend(members.inner_attributes()?);
    while !members.is_empty() {
        inner.extend(match Item::parse(&mut members)? {
            Item::Function(test) if test.is_marked => {
                let id = format!("{krate}::{suite}::{}", test.name);
                let id = TokenTree::Literal(Literal::string(&id));
                test.registered(&TokenStream::new(), id.into())
            }
            Item::Function(other) => other.whole(TokenStream::new()),
            Item::Other(tokens) => tokens,
        });
    }
    let mut group = Group::new(Delimiter::Brace, inner);
    group.set_span(body.span());
    whole.push(TokenTree::Group(group));
    Ok(tokens(CFG).into_iter().chain(whole).collect())
}

/// What a module's body is made of, as far as it matters here.
enum Item {
    Function(Function),
    /// Attributes, visibility, and one more token.
    Other(TokenStream),
}

struct Function {
    /// Its attributes, but for `#[test]` and those that say when it is there.
    attributes: TokenStream,
    cfgs: TokenStream,
    /// Whether it has `#[test]`.
    is_marked: bool,
    name: Ident,
    /// From its visibility to what stands before its body.
    head: TokenStream,
    body: Group,
}

impl Item {
    fn parse(tokens: &mut Tokens) -> Result<Self> {
        let (mut attributes, mut cfgs) = (TokenStream::new(), TokenStream::new());
        let mut is_marked = false;
        while let Some((name, attribute)) = tokens.attribute()? {
            match name.as_str() {
                "test" => is_marked = true,
                "cfg" => cfgs.extend(attribute),
                _ => attributes.extend(attribute),
            }
        }
        let mut head = tokens.visibility();
        let keyword = tokens.next();
        head.extend(keyword.clone());
        if !matches!(&keyword, Some(TokenTree::Ident(word)) if word.to_string() == "fn") {
            if is_marked {
                return error(
                    tokens.last(),
                    "a test is a function without `unsafe`, `const` or `extern`",
                );
            }
            cfgs.extend(attributes);
            cfgs.extend(head);
            return Ok(Self::Other(cfgs));
        }
        let name = tokens.ident("the function's name")?;
        head.extend([TokenTree::Ident(name.clone())]);
        loop {
            match tokens.next() {
                Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
                    return Ok(Self::Function(Function {
                        attributes,
                        cfgs,
                        is_marked,
                        name,
                        head,
                        body,
                    }));
                }
                Some(token) => head.extend([token]),
                None => return error(tokens.last(), "expected the function's body after this"),
            }
        }
    }
}

impl Function {
    /// Returns the function; `before` goes to the beginning of its body.
    fn whole(self, before: TokenStream) -> TokenStream {
        let mut body = Group::new(
            Delimiter::Brace,
            before.into_iter().chain(self.body.stream()).collect(),
        );
        body.set_span(self.body.span());
        let mut all = self.cfgs;
        all.extend(self.attributes);
        all.extend(self.head);
        all.extend([TokenTree::Group(body)]);
        all
    }

    /// Returns the function as a test called `id`, there where `cfg` and its own cfgs hold.
    fn registered(self, cfg: &TokenStream, id: TokenStream) -> TokenStream {
        let mut cfgs = cfg.clone();
        cfgs.extend(self.cfgs.clone());
        let parts = [
            ("__CFGS", cfgs),
            ("__ID", id),
            ("__TEST", ident(&self.name.to_string(), self.name.span())),
        ];
        let mut all = cfg.clone();
        all.extend(self.whole(tokens(ASSERTIONS)));
        all.extend(fill_open(REGISTERED, &parts));
        all
    }
}
