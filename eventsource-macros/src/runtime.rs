//! The path by which generated code names the runtime, and where generated tokens stand.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::{Path, Token, Type};

/// `::eventsource_core`, or what `crate = …` says.
#[derive(Clone, Default)]
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// Whether `crate = …` says it.
    pub(crate) fn is_named(&self) -> bool {
        self.0.is_some()
    }

    /// The path of its serde, as serde's own attribute wants it.
    pub(crate) fn serde(&self) -> String {
        match &self.0 {
            Some(path) => quote!(#path::private::serde).to_string().replace(' ', ""),
            None => "::eventsource_core::private::serde".to_owned(),
        }
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => {
                <Token![::]>::default().to_tokens(tokens);
                tokens.append(Ident::new("eventsource_core", Span::call_site()));
            }
        }
    }
}

/// Switches lints of clippy off. Nobody else reads the attribute, and the compiler copies it to every derive, so it is
/// there only for clippy.
pub(crate) fn lints_off(lints: TokenStream) -> TokenStream {
    quote!(#[cfg_attr(clippy, allow(#lints))])
}

/// Generated items, in a scope of their own: `__p` is the runtime there, and the lints that are about what a person
/// wrote are off.
pub(crate) fn scope(runtime: &Runtime, items: TokenStream) -> TokenStream {
    let quiet = quiet();
    quote! {
        #quiet
        const _: () = {
            use #runtime::private as __p;
            #items
        };
    }
}

/// What switches the lints off that are about what a person wrote.
pub(crate) fn quiet() -> TokenStream {
    quote! {
        #[allow(deprecated, unused_qualifications)]
        #[cfg_attr(clippy, allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction))]
    }
}

/// The same word at another place.
pub(crate) fn moved(word: &Ident, span: Span) -> Ident {
    let mut word = word.clone();
    word.set_span(span);
    word
}

/// The name of a variable, or `self`, at this place, and as the code around it means it: where the place is a token of the
/// user's that has come out of a macro of theirs, its variables would be others of the same name.
pub(crate) fn variable(name: &str, span: Span) -> Ident {
    Ident::new(name, span.resolved_at(Span::call_site()))
}

/// The type of this name.
pub(crate) fn ident_type(ident: &Ident) -> Type {
    Type::Path(syn::TypePath {
        attrs: Vec::new(),
        qself: None,
        path: ident.clone().into(),
    })
}

/// The same type at another place.
pub(crate) fn moved_type(ty: &Type, span: Span) -> Type {
    match ty {
        Type::Path(path) if path.path.get_ident().is_some() => {
            let mut path = path.clone();
            for segment in &mut path.path.segments {
                segment.ident.set_span(span);
            }
            Type::Path(path)
        }
        other => Type::Verbatim(respanned(other, span)),
    }
}

/// The same tokens at another place.
pub(crate) fn respanned(tokens: &impl ToTokens, span: Span) -> TokenStream {
    let moved = tokens.to_token_stream().into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = TokenTree::Group(Group::new(
                group.delimiter(),
                respanned(&group.stream(), span),
            ));
        }
        token.set_span(span);
        token
    });
    moved.collect()
}
