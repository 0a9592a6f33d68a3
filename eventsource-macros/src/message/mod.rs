//! `#[derive(Event)]` and `#[derive(Command)]`: a struct is one message, an enum is a set of them.

mod expand;
mod model;
mod parse;
mod source;
pub(crate) mod standard;
mod stream;
mod versions;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::DeriveInput;

use crate::arguments::Arguments;
use crate::errors::Errors;
use expand::expand;
pub(crate) use expand::{adds, distinct};
pub(crate) use model::{Kind, Tag};
pub(crate) use parse::{reached, tags};
pub(crate) use source::{documentation, source};
pub(crate) use standard::{OwnTypes, bound, own_types};

pub(crate) fn derive(kind: Kind, item: TokenStream) -> TokenStream {
    syn::parse2(item).map_or_else(
        |error| error.to_compile_error(),
        |item: DeriveInput| {
            let mut errors = Errors::default();
            let arguments = Arguments::of(kind.word(), &item.attrs, &mut errors);
            implement(kind, item, arguments, errors, None)
        },
    )
}

/// With the own types of its fields also its standard traits.
pub(crate) fn implement(
    kind: Kind,
    item: DeriveInput,
    arguments: Arguments,
    mut errors: Errors,
    own: Option<&OwnTypes>,
) -> TokenStream {
    let standard = own.map(|own| standard::expand(&item, own));
    let message = parse::parse(kind, item, arguments, &mut errors);
    let implementation = message.map(|message| expand(&message, standard.as_ref()));
    let mut output = implementation.unwrap_or_default();
    errors.to_tokens(&mut output);
    output
}
