//! `#[timer]` and `#[derive(Timer)]`: what a process asks to be told later.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::arguments::Arguments;
use crate::errors::Errors;
use crate::message::{OwnTypes, standard};

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    syn::parse2(item).map_or_else(
        |error| error.to_compile_error(),
        |item: DeriveInput| {
            let mut errors = Errors::default();
            let arguments = Arguments::of("timer", &item.attrs, &mut errors);
            implement(item, arguments, errors, None)
        },
    )
}

/// With the own types of its fields also its standard traits.
pub(crate) fn implement(
    item: DeriveInput,
    arguments: Arguments,
    mut errors: Errors,
    own: Option<&OwnTypes>,
) -> TokenStream {
    let standard = own.map(|own| standard::expand(&item, own));
    let timer = parse::parse(&item, arguments, &mut errors);
    let implementation = timer.map(|timer| expand::expand(&timer, standard.as_ref()));
    quote!(#implementation #errors)
}
