//! The path by which generated code names the runtime, and where generated tokens stand.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

/// `::eventsource_core`, or what `crate = …` says.
#[derive(Clone, Default)]
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// The same path at another place: what is wrong with a use of it is then reported there.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => respanned(path, span),
            None => quote_spanned!(span=> ::eventsource_core),
        }
    }

    /// The path of its serde, as serde's own attribute wants it.
    pub(crate) fn serde(&self) -> String {
        quote!(#self::private::serde).to_string().replace(' ', "")
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::eventsource_core)),
        }
    }
}

/// The lints that generated code is free of: they are about code that a person wrote.
pub(crate) fn quiet() -> TokenStream {
    quote! {
        #[allow(
            deprecated,
            unused_qualifications,
            unused_variables,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            clippy::restriction
        )]
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
