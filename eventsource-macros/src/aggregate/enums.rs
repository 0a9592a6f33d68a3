//! The enum that is generated from a list of events or commands, and what every such enum has.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use crate::aggregate::model::{Aggregate, Columns, Entry, List};
use crate::message::{self, Body, Kind, Rules, Variant};
use crate::runtime::{ident_type, moved};

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

/// The words for the list as a whole, in generated code.
pub(crate) struct Words {
    /// The list of the types.
    pub(crate) each: Ident,
    /// Of a message its type, if all of the list are messages of their kind. That they are is said once, in the table of
    /// the enum: where it does not compile, this is an error type, about which nothing is said a second time.
    known: Ident,
}

pub(crate) fn words(kind: Kind) -> Words {
    let (each, known) = match kind {
        Kind::Event => ("__Events", "__Event"),
        Kind::Command => ("__Commands", "__Command"),
    };
    Words {
        each: Ident::new(each, Span::call_site()),
        known: Ident::new(known, Span::call_site()),
    }
}

/// The types of a list as one type, and what [`known`] speaks of.
pub(crate) fn together(list: &List) -> TokenStream {
    let (set, Words { each, known }) = (&list.ident, words(list.kind));
    let entries = || list.entries.iter().enumerate().rev();
    let lists = if list.entries.iter().all(|entry| entry.cfg.is_empty()) {
        let types = entries().fold(
            quote!(()),
            |rest, (_, Entry { alias, .. })| quote!((#alias, #rest)),
        );
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
    };
    quote! {
        #lists
        type #known<T> = <T as __p::Known<{ <#set as __p::MessageSet>::ROWS.is_empty() }>>::Type;
    }
}

/// Reading and writing.
pub(crate) fn message_set(list: &List) -> TokenStream {
    let of = |entry: &Entry| Variant {
        cfg: entry.cfg.clone(),
        ident: entry.variant.clone(),
        body: Body::Of(ident_type(&entry.alias)),
    };
    let variants: Vec<_> = list.entries.iter().map(of).collect();
    let rules = Rules {
        listed: true,
        retired: &list.retired,
    };
    message::set(list.kind, &list.ident, &variants, &rules)
}

/// Reading, writing, conversions, and the standard traits that all of its messages have.
pub(crate) fn implementation(owner: &Ident, list: &List) -> TokenStream {
    let (together, set, standard) = (together(list), message_set(list), standard_traits(list));
    let (ident, columns) = (&list.ident, list.columns());
    let Columns {
        cfgs,
        variants,
        aliases,
        ..
    } = &columns;
    let own = match list.kind {
        Kind::Event => events(owner, &columns, ident),
        Kind::Command => commands(owner, &columns, ident),
    };
    quote! {
        #together
        #set
        #standard
        #(
            #(#cfgs)*
            impl __p::From<#aliases> for #ident {
                fn from(it: #aliases) -> Self {
                    Self::#variants(it)
                }
            }
        )*
        #own
    }
}

/// Makes the events, and the whole enum of them, the aggregate's own. Where one of the list is no event, so is every type:
/// that has been reported, and what a handler returns is then not reported beside it.
fn events(owner: &Ident, Columns { cfgs, aliases, .. }: &Columns<'_>, set: &Ident) -> TokenStream {
    quote! {
        #(
            #(#cfgs)*
            impl __p::Decision<#owner> for #aliases {
                type By = __p::AsEvent;
            }
        )*
        impl __p::Decision<#owner> for __Event<#set> {
            type By = __p::AsEvent;
        }
    }
}

/// Makes the commands the aggregate's own, and the enum of them their dispatcher. That one is not handled is said at its
/// place in the list.
fn commands(owner: &Ident, columns: &Columns<'_>, set: &Ident) -> TokenStream {
    let Columns {
        cfgs,
        variants,
        aliases,
        ..
    } = columns;
    let owners = variants.iter().map(|variant| moved(owner, variant.span()));
    quote! {
        #(
            #(#cfgs)*
            impl __p::DispatchedBy<#owner> for #aliases {
                const HANDLER: __p::Handler<#owner, Self> = <#owners as __p::Handle<__Command<#aliases>>>::HANDLER;
            }
        )*
        impl __p::DispatchedBy<#owner> for #set {
            const HANDLER: __p::Handler<#owner, Self> = __p::Handler::new(|command, on| match command {
                #(#(#cfgs)* Self::#variants(it) => __p::decide(it, on),)*
            });
        }
    }
}

/// `Debug`, `Clone` and `PartialEq`, each if all messages have it, and serde's two through the table.
fn standard_traits(list: &List) -> TokenStream {
    let (ident, Words { each, known }) = (&list.ident, words(list.kind));
    // A command has `Clone`, or it is none, and that has been reported.
    let cloned = match list.kind {
        Kind::Event => quote!(#each),
        Kind::Command => quote!(#known<#each>),
    };
    quote! {
        impl __p::Debug for #ident where for<'a> #each: __p::DebugEach<'a> {
            fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
                __p::debug::<#each, Self>(self, f)
            }
        }
        impl __p::PartialEq for #ident where for<'a> #each: __p::PartialEqEach<'a> {
            fn eq(&self, other: &Self) -> bool {
                __p::equal::<#each, Self>(self, other)
            }
        }
        impl __p::Clone for #ident where for<'a> #cloned: __p::CloneEach<'a, Self> {
            #[inline]
            fn clone(&self) -> Self {
                __p::clone::<#cloned, Self>(self)
            }
        }
        impl __p::serde::Serialize for #ident {
            fn serialize<S: __p::serde::Serializer>(&self, to: S) -> __p::Result<S::Ok, S::Error> {
                __p::serialize(self, to)
            }
        }
        impl<'de> __p::serde::Deserialize<'de> for #ident {
            fn deserialize<D: __p::serde::Deserializer<'de>>(from: D) -> __p::Result<Self, D::Error> {
                __p::deserialize(from)
            }
        }
    }
}
