//! `#[derive(Event)]` and `#[derive(Command)]`: a struct is one message, an enum is a set of them.

mod expand;
mod model;
mod parse;
mod source;
mod stream;
mod versions;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use expand::expand;
pub(crate) use expand::{Rules, adds, set};
pub(crate) use model::{Body, Kind, Tag, Variant};
pub(crate) use parse::{reached, tags};
pub(crate) use source::documentation;

pub(crate) fn derive(kind: Kind, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let message = parse::parse(kind, item, &mut errors);
    let implementation = message.map(|message| expand(&message));
    quote!(#implementation #errors)
}
