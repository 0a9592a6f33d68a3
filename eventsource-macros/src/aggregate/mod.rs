//! `#[derive(Aggregate)]`: the event enum, the command enum, and everything that runs over them.

mod enums;
mod expand;
mod model;
mod parse;
mod snapshot;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::arguments::Arguments;
use crate::errors::Errors;
use crate::runtime::Runtime;
pub(crate) use enums::{aliases, event_set};
pub(crate) use model::{Entry, List};
pub(crate) use parse::entries;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    syn::parse2(item).map_or_else(
        |error| error.to_compile_error(),
        |item: DeriveInput| {
            let mut errors = Errors::default();
            let arguments = Arguments::of("aggregate", &item.attrs, &mut errors);
            implement(item, arguments, errors)
        },
    )
}

pub(crate) fn implement(
    item: DeriveInput,
    arguments: Arguments,
    mut errors: Errors,
) -> TokenStream {
    let implementation = match parse::parse(item, arguments, &mut errors) {
        Ok(aggregate) => Some(expand::expand(&aggregate)),
        Err(runtime) => stand_in(&runtime, &errors),
    };
    quote!(#implementation #errors)
}

/// In place of an implementation that cannot be made. It is one for the compiler's error type, so it fits everything:
/// the mistake has been reported, and nothing is reported about what is built on the type.
fn stand_in(runtime: &Runtime, errors: &Errors) -> Option<TokenStream> {
    let (mistake, ty) = (errors.last()?, errors.last_as_type(runtime)?);
    Some(quote! {
        impl #runtime::Aggregate for #ty {
            const IS_AGGREGATE: bool = #mistake;
            const NAME: &'static str = #mistake;
            const CREATED: bool = #mistake;
            type Id = #ty;
            type Error = #ty;
            type Event = #ty;
            type Command = #ty;
            fn initial() -> ::core::option::Option<Self> {
                #mistake
            }
            fn visit_event<V: #runtime::EventVisitor<Self>>(_: &#ty, _: V) -> V::Output {
                #mistake
            }
        }
    })
}
