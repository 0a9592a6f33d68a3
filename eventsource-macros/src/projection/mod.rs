//! `#[projection]` on an impl block: each method takes one event, and together they say which events the projection is
//! made of and where it writes to.

pub(crate) mod check;
pub(crate) mod expand;
pub(crate) mod model;
pub(crate) mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::parse(arguments, item.clone(), &mut errors) {
        Some(parsed) => {
            let block = &parsed.output;
            // What is only half understood would be reported once more where it is used.
            let implementation = parsed.projection.as_ref().map(expand::expand);
            quote!(#block #implementation #errors)
        }
        None => quote!(#item #errors),
    }
}
