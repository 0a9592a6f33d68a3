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
    } = timer;
    scope(
        runtime,
        quote! {
            #standard
            impl __p::Timer for #ident {
                const NAME: &'static str = #name;
            }
        },
    )
}
