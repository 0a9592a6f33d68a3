//! `#[process]` on an impl block: each method takes an event, a refusal or a timer, and says what comes next.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::parse(arguments, item.clone(), &mut errors) {
        Some((block, process)) => {
            let implementation = expand::expand(&process);
            quote!(#block #implementation #errors)
        }
        None => quote!(#item #errors),
    }
}
