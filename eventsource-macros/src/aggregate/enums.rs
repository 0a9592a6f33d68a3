//! The enum that is generated from a list of events or commands, and what every such enum has.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::Ident;

use crate::aggregate::model::{Aggregate, Columns, Entry, List};
use crate::message::{self, Kind};
use crate::runtime::moved;

/// The enum itself, which stands beside the aggregate.
pub(crate) fn definition(aggregate: &Aggregate, list: &List) -> TokenStream {
    let Aggregate {
        vis, ident: owner, ..
    } = aggregate;
    let List { kind, ident, .. } = list;
    let about = match kind {
        Kind::Event => format!(" Everything that can happen to [`{owner}`]."),
        Kind::Command => format!(" Everything that can be asked of [`{owner}`]."),
    };
    let Columns {
        cfgs,
        paths,
        variants,
        ..
    } = list.columns();
    quote! {
        #[doc = #about]
        #[allow(deprecated, missing_docs)]
        #vis enum #ident { #(#(#cfgs)* #variants(#paths),)* }
    }
}

/// The types of a list under short names: a misspelled one is then misspelled once.
pub(crate) fn aliases(list: &List) -> TokenStream {
    let Columns {
        cfgs,
        paths,
        aliases,
        ..
    } = list.columns();
    quote!(#(#(#cfgs)* type #aliases = #paths;)*)
}

/// The types of a list as one type, in generated code.
pub(crate) fn word(kind: Kind) -> Ident {
    let word = match kind {
        Kind::Event => "__Events",
        Kind::Command => "__Commands",
    };
    Ident::new(word, Span::call_site())
}

/// The types of a list as one type.
fn each(list: &List) -> TokenStream {
    let each = word(list.kind);
    let entries = || list.entries.iter().enumerate().rev();
    if list.entries.iter().all(|entry| entry.cfg.is_empty()) {
        let end = Group::new(Delimiter::Parenthesis, TokenStream::new());
        let types = entries().fold(end, |rest, (_, Entry { alias, .. })| {
            let comma = Punct::new(',', Spacing::Alone);
            let pair: [TokenTree; 3] = [alias.clone().into(), comma.into(), rest.into()];
            Group::new(Delimiter::Parenthesis, pair.into_iter().collect())
        });
        quote!(type #each = #types;)
    } else {
        // What is absent is left out: each entry has its own list, of itself and those behind it.
        let name = |number| match number {
            0 => each.clone(),
            _ => format_ident!("{each}{number}"),
        };
        let end = name(list.entries.len());
        let lists = entries().map(|(number, Entry { cfg, alias, .. })| {
            let (list, rest) = (name(number), name(number + 1));
            let absent = (!cfg.is_empty()).then(|| {
                let conditions = cfg.iter().filter_map(|attribute| {
                    attribute.meta.require_list().ok().map(|list| &list.tokens)
                });
                quote!(#[cfg(not(all(#(#conditions),*)))] type #list = #rest;)
            });
            quote!(#(#cfg)* type #list = (#alias, #rest); #absent)
        });
        quote!(#(#lists)* type #end = ();)
    }
}

/// The stored names that were retired, if there are any.
fn retired(list: &List) -> Option<TokenStream> {
    let retired = &list.retired;
    (!retired.is_empty()).then(|| quote!([#(#retired)*]))
}

/// That the messages of a list have different stored names, and what else must hold of each of them.
fn distinct(list: &List) -> TokenStream {
    let variants = list
        .entries
        .iter()
        .map(|entry| (&entry.cfg[..], &entry.variant));
    message::distinct(list.kind, &list.ident, variants, true)
}

/// Reading and writing, for a list of events.
pub(crate) fn event_set(list: &List) -> TokenStream {
    let (set, retired, distinct) = (&list.ident, retired(list), distinct(list));
    let Columns {
        cfgs,
        variants,
        aliases,
        numbers,
        names,
        ..
    } = list.columns();
    quote! {
        __p::event_set! {
            #set #retired
            #(#(#cfgs)* #numbers #names #aliases #variants,)*
        }
        #distinct
    }
}

/// Reading, writing, conversions, the standard traits that all of its messages have, and what the enum is to its aggregate.
pub(crate) fn implementation(owner: &Ident, list: &List) -> TokenStream {
    let (set, each, distinct) = (&list.ident, each(list), distinct(list));
    let Columns {
        cfgs,
        variants,
        aliases,
        numbers,
        names,
        ..
    } = list.columns();
    match list.kind {
        Kind::Event => {
            let retired = retired(list);
            quote! {
                #each
                __p::event_enum! {
                    [__p::Decision<#owner>] #set #retired
                    #(#(#cfgs)* #numbers #names #aliases #variants,)*
                }
                #distinct
            }
        }
        Kind::Command => {
            // That a command is not handled is said at its place in the list.
            let owners = variants.iter().map(|variant| moved(owner, variant.span()));
            quote! {
                #each
                __p::command_enum! {
                    [__p::DispatchedBy<#owner>] #owner #set
                    #(#(#cfgs)* #numbers #names #aliases #variants #owners,)*
                }
                #distinct
            }
        }
    }
}
