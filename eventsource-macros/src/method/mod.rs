//! `#[apply]` and `#[handle]` on an impl block: each method becomes the implementation of a trait, and stays a method.

pub(crate) mod block;
pub(crate) mod check;
mod correct;
mod declare;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
pub(crate) use model::Role;

pub(crate) fn expand(role: Role, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::parse(role, arguments, item.clone(), &mut errors) {
        Some(parsed) => {
            let block = &parsed.output;
            let implementations = expand::expand(&parsed.methods);
            quote!(#block #implementations #errors)
        }
        None => quote!(#item #errors),
    }
}
