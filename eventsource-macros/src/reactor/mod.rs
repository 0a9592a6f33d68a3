//! `#[reactor]` on an impl block: each method reacts to one event, and together they say which events come.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
pub(crate) use parse::from_start;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::parse(arguments, item.clone(), &mut errors) {
        Some((block, reactor)) => {
            let implementation = expand::expand(&reactor);
            quote!(#block #implementation #errors)
        }
        None => quote!(#item #errors),
    }
}
