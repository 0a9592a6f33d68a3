//! `#[derive(DecisionModel)]`: what a decision reads, and the query that both reads and checks it.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::arguments::Arguments;
use crate::errors::Errors;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    syn::parse2(item).map_or_else(
        |error| error.to_compile_error(),
        |item: DeriveInput| {
            let mut errors = Errors::default();
            let arguments = Arguments::of("decision_model", &item.attrs, &mut errors);
            implement(item, arguments, errors)
        },
    )
}

pub(crate) fn implement(
    item: DeriveInput,
    arguments: Arguments,
    mut errors: Errors,
) -> TokenStream {
    let model = parse::parse(item, arguments, &mut errors);
    let implementation = model.map(|model| expand::expand(&model));
    quote!(#implementation #errors)
}
