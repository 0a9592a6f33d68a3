//! The path by which generated code names the runtime.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;

/// `::eventsource_core`, or what `crate = …` says.
#[derive(Clone, Default)]
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
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
