// SPDX-License-Identifier: GPL-2.0

//! `#[pin_data]`.

use crate::fill::{fill, ident};
use crate::initializer::plain;
use crate::item::{self, Field, Struct};
use crate::parse::{error, Result};
use proc_macro::{Span, TokenStream, TokenTree};

pub(crate) fn pin_data(args: &TokenStream, input: TokenStream) -> Result<TokenStream> {
    let pinned_drop = match args.to_string().as_str() {
        "" => false,
        "PinnedDrop" => true,
        other => {
            return error(
                Span::call_site(),
                format!("expected `PinnedDrop` or nothing, found `{other}`"),
            )
        }
    };
    let item = item::parse(input)?;
    let parts = item.parts();
    let mut out = item.definition();
    let mut inner = fill(DATA, &parts);
    let mut methods = TokenStream::new();
    let mut pinned = TokenStream::new();
    let mut projected = TokenStream::new();
    let mut projections = TokenStream::new();
    for field in &item.fields {
        if !field.pinned && last_word(&field.type_) == "PhantomPinned" {
            let name = &field.name;
            return error(
                name.span(),
                format!("`{name}` pins nothing: a field of type `PhantomPinned` needs `#[pin]`"),
            );
        }
        let parts = field.parts();
        let (init, access, projection) = if field.pinned {
            pinned.extend(fill("__CFG __FIELD: __TYPE,", &parts));
            (PINNED_INIT, PINNED_ACCESS, PINNED_PROJECTION)
        } else {
            (PLAIN_INIT, PLAIN_ACCESS, PLAIN_PROJECTION)
        };
        methods.extend(fill(init, &parts));
        methods.extend(fill(access, &parts));
        projected.extend(fill(projection.0, &parts));
        projections.extend(fill(projection.1, &parts));
    }
    let mut all = parts.clone();
    all.push(("__METHODS", methods));
    all.push(("__PINNED", pinned));
    inner.extend(fill(IMPLS, &all));
    inner.extend(fill(
        if pinned_drop { PINNED_DROP } else { NO_DROP },
        &parts,
    ));
    out.extend(fill("const _: () = { __INNER };", &[("__INNER", inner)]));
    all.push(("__PROJECTED", projected));
    all.push(("__PROJECTIONS", projections));
    let name = format!("{}Projection", item.name);
    all.push(("__PROJECTION", ident(&name, item.name.span())));
    out.extend(fill(PROJECTION, &all));
    Ok(out)
}

fn last_word(type_: &TokenStream) -> String {
    let last = type_.clone().into_iter().last();
    last.map_or_else(String::new, |token| token.to_string())
}

const DATA: &str = "
    #[doc(hidden)]
    __VIS struct __PinData<__DECLARED> __BOUNDS {
        whose: ::core::marker::PhantomData<fn(__NAME<__NAMED>) -> __NAME<__NAMED>>,
    }
    #[allow(clippy::expl_impl_clone_on_copy)]
    impl<__DECLARED> ::core::clone::Clone for __PinData<__NAMED> __BOUNDS {
        fn clone(&self) -> Self { *self }
    }
    impl<__DECLARED> ::core::marker::Copy for __PinData<__NAMED> __BOUNDS {}
";

const IMPLS: &str = "
    #[allow(dead_code, clippy::missing_safety_doc, clippy::missing_errors_doc)]
    impl<__DECLARED> __PinData<__NAMED> __BOUNDS { __METHODS }
    // SAFETY: the data has a method for each field, which demands what the field needs.
    unsafe impl<__DECLARED> ::kernel::pin_init::__internal::HasPinData for __NAME<__NAMED> __BOUNDS
    {
        type PinData = __PinData<__NAMED>;
        unsafe fn __pin_data() -> Self::PinData {
            __PinData { whose: ::core::marker::PhantomData }
        }
    }
    // SAFETY: this is the struct that the data is of.
    unsafe impl<__DECLARED> ::kernel::pin_init::__internal::PinData for __PinData<__NAMED> __BOUNDS
    {
        type Datee = __NAME<__NAMED>;
    }
    // The struct may be moved once pinned if all that is pinned in it may.
    #[allow(dead_code)]
    struct __Unpin<'__pin, __DECLARED> __BOUNDS {
        __phantom_pin: ::core::marker::PhantomData<fn(&'__pin ()) -> &'__pin ()>,
        __phantom: ::core::marker::PhantomData<fn(__NAME<__NAMED>) -> __NAME<__NAMED>>,
        __PINNED
    }
    impl<'__pin, __DECLARED> ::core::marker::Unpin for __NAME<__NAMED>
    __WHERE __Unpin<'__pin, __NAMED>: ::core::marker::Unpin {}
";

/// What has pinned fields cannot have a `drop(&mut self)`, which could move them.
const NO_DROP: &str = "
    #[allow(drop_bounds)]
    trait MustNotImplDrop {}
    #[allow(drop_bounds)]
    impl<T: ::core::ops::Drop + ?::core::marker::Sized> MustNotImplDrop for T {}
    impl<__DECLARED> MustNotImplDrop for __NAME<__NAMED> __BOUNDS {}
    // Nobody would call it.
    trait MustSayPinDataOfPinnedDrop {}
    impl<T: ::kernel::pin_init::PinnedDrop + ?::core::marker::Sized> MustSayPinDataOfPinnedDrop
    for T {}
    impl<__DECLARED> MustSayPinDataOfPinnedDrop for __NAME<__NAMED> __BOUNDS {}
";

const PINNED_DROP: &str = "
    impl<__DECLARED> ::core::ops::Drop for __NAME<__NAMED> __BOUNDS {
        fn drop(&mut self) {
            // SAFETY: a value that is dropped is not moved any more, and nobody sees it again.
            let pinned = unsafe { ::core::pin::Pin::new_unchecked(self) };
            // SAFETY: this is the one call, from `drop`.
            let only_drop = unsafe { ::kernel::pin_init::__internal::OnlyCallFromDrop::new() };
            ::kernel::pin_init::PinnedDrop::drop(pinned, only_drop);
        }
    }
";

const PROJECTION: &str = "
    #[doc(hidden)]
    #[allow(dead_code)]
    __VIS struct __PROJECTION<'__pin, __DECLARED> __BOUNDS {
        __PROJECTED
        ___pin_phantom_data: ::core::marker::PhantomData<&'__pin mut __NAME<__NAMED>>,
    }
    #[allow(dead_code)]
    impl<__DECLARED> __NAME<__NAMED> __BOUNDS {
        /// Gives out the fields: those that are pinned as pinned references.
        #[inline]
        __VIS fn project<'__pin>(
            self: ::core::pin::Pin<&'__pin mut Self>,
        ) -> __PROJECTION<'__pin, __NAMED> {
            // SAFETY: the reference is only used to make those to the fields.
            let this = unsafe { ::core::pin::Pin::get_unchecked_mut(self) };
            __PROJECTION {
                __PROJECTIONS
                ___pin_phantom_data: ::core::marker::PhantomData,
            }
        }
    }
";

const PINNED_INIT: &str = "
    __CFG
    __FVIS unsafe fn __FIELD<E>(
        self, slot: *mut __TYPE, init: impl ::kernel::pin_init::PinInit<__TYPE, E>,
    ) -> ::core::result::Result<(), E> {
        // SAFETY: the caller's promise is the same.
        unsafe { ::kernel::pin_init::PinInit::__pinned_init(init, slot) }
    }
";

const PLAIN_INIT: &str = "
    __CFG
    __FVIS unsafe fn __FIELD<E>(
        self, slot: *mut __TYPE, init: impl ::kernel::pin_init::Init<__TYPE, E>,
    ) -> ::core::result::Result<(), E> {
        // SAFETY: the caller's promise is the same.
        unsafe { ::kernel::pin_init::Init::__init(init, slot) }
    }
";

const PINNED_ACCESS: &str = "
    __CFG
    __FVIS unsafe fn __PROJECT<'__slot>(
        self, slot: &'__slot mut __TYPE,
    ) -> ::core::pin::Pin<&'__slot mut __TYPE> {
        // SAFETY: the caller says that the field stays where it is.
        unsafe { ::core::pin::Pin::new_unchecked(slot) }
    }
";

const PLAIN_ACCESS: &str = "
    __CFG
    __FVIS unsafe fn __PROJECT<'__slot>(self, slot: &'__slot mut __TYPE) -> &'__slot mut __TYPE {
        slot
    }
";

const PINNED_PROJECTION: (&str, &str) = (
    "__CFG __FVIS __FIELD: ::core::pin::Pin<&'__pin mut __TYPE>,",
    "__CFG
    // SAFETY: a pinned struct's pinned field stays where it is.
    __FIELD: unsafe { ::core::pin::Pin::new_unchecked(&mut this.__FIELD) },",
);

const PLAIN_PROJECTION: (&str, &str) = (
    "__CFG __FVIS __FIELD: &'__pin mut __TYPE,",
    "__CFG __FIELD: &mut this.__FIELD,",
);

impl Struct {
    fn parts(&self) -> Vec<(&'static str, TokenStream)> {
        let bounds = self.bounds.clone();
        let where_ = if bounds.is_empty() {
            crate::fill::tokens("where")
        } else {
            bounds.clone()
        };
        vec![
            ("__VIS", self.visibility.clone()),
            ("__NAME", TokenTree::Ident(self.name.clone()).into()),
            ("__DECLARED", self.generics.declared.clone()),
            ("__NAMED", self.generics.named.clone()),
            ("__BOUNDS", bounds),
            ("__WHERE", where_),
        ]
    }

    /// The struct as it was written, less the `#[pin]`s.
    fn definition(&self) -> TokenStream {
        let mut fields = TokenStream::new();
        for field in &self.fields {
            let mut parts = field.parts();
            parts.push(("__ATTRIBUTES", field.attributes.clone()));
            parts.push(("__TYPE", field.type_.clone()));
            fields.extend(fill("__ATTRIBUTES __FVIS __FIELD: __TYPE,", &parts));
        }
        let mut out = self.head.clone();
        out.extend(self.visibility.clone());
        out.extend(fill(
            "struct __NAME __WRITTEN __BOUNDS { __FIELDS }",
            &[
                ("__NAME", TokenTree::Ident(self.name.clone()).into()),
                ("__WRITTEN", self.written.clone()),
                ("__BOUNDS", self.bounds.clone()),
                ("__FIELDS", fields),
            ],
        ));
        out
    }
}

impl Field {
    fn parts(&self) -> Vec<(&'static str, TokenStream)> {
        let project = format!("__project_{}", plain(&self.name));
        vec![
            ("__CFG", self.cfgs.clone()),
            ("__FVIS", self.visibility.clone()),
            ("__FIELD", TokenTree::Ident(self.name.clone()).into()),
            ("__TYPE", self.type_.clone()),
            ("__PROJECT", ident(&project, Span::mixed_site())),
        ]
    }
}
