//! `#[derive(Id)]`: everything that an id needs, on a struct around one value.

mod expand;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Type};

use crate::errors::Errors;
use crate::runtime::Runtime;

/// What an annotated id says.
struct IdStruct {
    runtime: Runtime,
    ident: Ident,
    /// The type of the one field.
    inner: Type,
    /// The field: `0`, or its name.
    member: syn::Member,
}

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let id = parse::parse(item, &mut errors);
    let implementation = id.map(|id| expand::expand(&id));
    quote!(#implementation #errors)
}
