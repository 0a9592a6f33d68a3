//! `#[derive(DecisionModel)]`: what a decision reads, and the query that both reads and checks it.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::errors::Errors;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    syn::parse2(item).map_or_else(|error| error.to_compile_error(), implement)
}

pub(crate) fn implement(item: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let model = parse::parse(item, &mut errors);
    let implementation = model.map(|model| expand::expand(&model));
    quote!(#implementation #errors)
}
