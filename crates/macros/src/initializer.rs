// SPDX-License-Identifier: GPL-2.0

//! `pin_init!` and its like: a struct literal, some of whose fields are initialisers.

mod parse;

use crate::fill::{fill, ident, tokens};
use crate::parse::Result;
use parse::{Step, Value};
use proc_macro::{Ident, Span, TokenStream, TokenTree};

/// Which macro is expanded.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// Whether the value is pinned.
    pub(crate) pinned: bool,
    /// The error's type where none is named.
    pub(crate) error: &'static str,
}

pub(crate) fn expand(input: TokenStream, kind: Kind) -> Result<TokenStream> {
    let initializer = parse::parse(input, kind)?;
    let mut body = TokenStream::new();
    if initializer.zeroed {
        body.extend(fill(ZEROED, &[]));
    }
    if let Some(this) = &initializer.this {
        let this = TokenTree::Ident(this.clone()).into();
        body.extend(fill(THIS, &[("__THIS", this)]));
    }
    let mut guards = TokenStream::new();
    let mut mentioned = TokenStream::new();
    for step in &initializer.steps {
        match step {
            Step::Code(code) => body.extend(fill(CODE, &[("__CODE", code.clone())])),
            Step::Field {
                attributes,
                name,
                value,
            } => {
                let parts = [
                    ("__ATTR", attributes.clone()),
                    ("__FIELD", TokenTree::Ident(name.clone()).into()),
                    ("__GUARD", mixed(&format!("__guard_{}", plain(name)))),
                    ("__PROJECT", mixed(&format!("__project_{}", plain(name)))),
                ];
                body.extend(field(value, &parts, kind.pinned));
                guards.extend(fill("__ATTR ::core::mem::forget(__GUARD);", &parts));
                mentioned.extend(fill("__ATTR __FIELD: ::core::panic!(),", &parts));
            }
        }
    }
    body.extend(guards);
    let check = if initializer.zeroed {
        CHECK_ZEROED
    } else {
        CHECK
    };
    body.extend(fill(
        check,
        &[
            ("__PATH", initializer.path.clone()),
            ("__MENTIONED", mentioned),
        ],
    ));
    let names = if kind.pinned {
        [
            "HasPinData",
            "PinData",
            "__pin_data",
            "pin_init_from_closure",
        ]
    } else {
        [
            "HasInitData",
            "InitData",
            "__init_data",
            "init_from_closure",
        ]
    };
    let [has_data, data, get_data, from_closure] = names.map(tokens);
    Ok(fill(
        WHOLE,
        &[
            ("__HAS_DATA", has_data),
            ("__DATA_TRAIT", data),
            ("__GET_DATA", get_data),
            ("__FROM_CLOSURE", from_closure),
            ("__PATH", initializer.path),
            ("__ERROR", initializer.error),
            ("__BODY", body),
        ],
    ))
}

/// All of it. `__InitOk` is out of the body's reach: it cannot return early as if all were done.
const WHOLE: &str = "{
    struct __InitOk;
    // SAFETY: what it returns only names the fields' types.
    let data = unsafe {
        use ::kernel::pin_init::__internal::__HAS_DATA;
        __PATH::__GET_DATA()
    };
    let init = ::kernel::pin_init::__internal::__DATA_TRAIT::make_closure::<_, __InitOk, __ERROR>(
        data,
        move |slot| {
            {
                struct __InitOk;
                __BODY
            }
            ::core::result::Result::Ok(__InitOk)
        },
    );
    let init = move |slot| -> ::core::result::Result<(), __ERROR> {
        init(slot).map(|__InitOk| ())
    };
    // SAFETY: each field was initialised, as the struct literal in the body checks; where one
    // failed, those before it were dropped.
    unsafe { ::kernel::pin_init::__FROM_CLOSURE::<_, __ERROR>(init) }
}";

const ZEROED: &str = "
    fn assert_zeroable<T: ::kernel::pin_init::Zeroable>(_: *mut T) {}
    assert_zeroable(slot);
    // SAFETY: the slot is valid for writes and zeroes are a valid value.
    unsafe { ::core::ptr::write_bytes(slot, 0, 1) };
";

const THIS: &str = "
    // SAFETY: the slot is valid for writes, so it is not null.
    let __THIS = unsafe { ::core::ptr::NonNull::new_unchecked(slot) };
";

/// Never run: the compiler checks that each field is mentioned once.
const CHECK: &str = "
    #[allow(unreachable_code, clippy::diverging_sub_expression)]
    // SAFETY: never run.
    let _ = || unsafe { ::core::ptr::write(slot, __PATH { __MENTIONED }) };
";

const CHECK_ZEROED: &str = "
    #[allow(unreachable_code, unused_assignments, clippy::diverging_sub_expression)]
    // SAFETY: never run.
    let _ = || unsafe {
        let mut zeroed = ::core::mem::zeroed();
        ::core::ptr::write(slot, zeroed);
        zeroed = ::core::mem::zeroed();
        #[allow(clippy::needless_update)]
        ::core::ptr::write(slot, __PATH { __MENTIONED ..zeroed })
    };
";

const CODE: &str = "
    #[allow(unused_braces, clippy::let_unit_value)]
    let () = __CODE;
";

const PLAIN: &str = "
    __ATTR
    {
        let value = __VALUE;
        // SAFETY: the slot is valid for writes.
        unsafe { ::core::ptr::write(::core::ptr::addr_of_mut!((*slot).__FIELD), value) };
    }
";

const INIT: &str = "
    __ATTR
    {
        let init = __VALUE;
        // SAFETY: the slot is valid for writes; what fails is not taken for a value.
        unsafe { ::kernel::pin_init::Init::__init(
            init, ::core::ptr::addr_of_mut!((*slot).__FIELD))? };
    }
";

const PIN_INIT: &str = "
    __ATTR
    {
        let init = __VALUE;
        // SAFETY: the slot is valid for writes, what fails is not taken for a value, and the data
        // demands the trait that the field needs.
        unsafe { data.__FIELD(::core::ptr::addr_of_mut!((*slot).__FIELD), init)? };
    }
";

/// What is made of the guard lives no longer than that: whoever kept it would have the field once
/// more, when the struct is there.
const ACCESS: &str = "
    __ATTR
    #[allow(unused_variables)]
    let __FIELD = __GUARD.field();
";

const PIN_ACCESS: &str = "
    __ATTR
    #[allow(unused_variables)]
    // SAFETY: the field was just initialised, and stays where it is if it is pinned.
    let __FIELD = unsafe { data.__PROJECT(__GUARD.field()) };
";

/// The closure never runs: a field of a packed struct has no place that may be referred to, and is
/// refused there.
const GUARD: &str = "
    __ATTR
    // SAFETY: never run.
    let _ = || unsafe { let _ = &(*slot).__FIELD; };
    __ATTR
    // SAFETY: the field was just initialised; the guard is forgotten once all fields are.
    let mut __GUARD = unsafe {
        ::kernel::pin_init::__internal::DropGuard::new(::core::ptr::addr_of_mut!((*slot).__FIELD))
    };
";

fn field(value: &Value, parts: &[(&str, TokenStream)], pinned: bool) -> TokenStream {
    let (template, value) = match value {
        Value::Plain(value) => (PLAIN, value),
        Value::Init(value) if pinned => (PIN_INIT, value),
        Value::Init(value) => (INIT, value),
    };
    let mut parts = parts.to_vec();
    parts.push(("__VALUE", value.clone()));
    let access = if pinned { PIN_ACCESS } else { ACCESS };
    let mut out = fill(template, &parts);
    out.extend(fill(GUARD, &parts));
    out.extend(fill(access, &parts));
    out
}

fn mixed(name: &str) -> TokenStream {
    ident(name, Span::mixed_site())
}

/// A field's name as part of another.
pub(crate) fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}
