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
    let source = source.iter();
    scope(
        runtime,
        quote! {
            #standard
            impl __p::Timer for #ident {
                const NAME: &'static str = #name;
                #(const SOURCE: &'static str = #source;)*
                const PLACE: __p::Place = __p::Place::here();
            }
        },
    )
}
