//! From a [`Timer`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Timer;
use crate::runtime::scope;

pub(super) fn expand(timer: &Timer, standard: Option<&TokenStream>) -> TokenStream {
    let Timer {
        runtime,
        ident,
        name,
        source,
    } = timer;
    let source = source.as_deref().unwrap_or_default();
    scope(
        runtime,
        quote! {
            #standard
            impl __p::Timer for #ident {
                const NAME: &'static str = #name;
                const SOURCE: __p::Source = __p::Source::here(#source);
            }
        },
    )
}
