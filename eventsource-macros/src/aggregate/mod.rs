//! `#[derive(Aggregate)]`: the event enum, the command enum, and everything that runs over them.

mod enums;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
pub(crate) use enums::aliases;
pub(crate) use model::{Entry, List};
pub(crate) use parse::entries;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let aggregate = parse::parse(item, &mut errors);
    let implementation = aggregate.map(|aggregate| expand::expand(&aggregate));
    quote!(#implementation #errors)
}
