//! The enum that is generated from a list of events or commands, and what every such enum has.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Ident};

use crate::aggregate::model::{Aggregate, Entry, List};
use crate::message::{self, Body, Kind, Rules, Variant};
use crate::runtime::respanned;

/// The enum itself, which stands beside the aggregate.
pub(crate) fn definition(aggregate: &Aggregate, list: &List) -> TokenStream {
    let Aggregate {
        vis, ident: owner, ..
    } = aggregate;
    let List {
        kind,
        ident,
        entries,
        ..
    } = list;
    let about = match kind {
        Kind::Event => format!(" Everything that can happen to [`{owner}`]."),
        Kind::Command => format!(" Everything that can be asked of [`{owner}`]."),
    };
    let variants = entries.iter().map(
        |Entry {
             cfg, path, variant, ..
         }| quote!(#(#cfg)* #variant(#path),),
    );
    quote! {
        #[doc = #about]
        #[allow(deprecated, missing_docs)]
        #vis enum #ident { #(#variants)* }
    }
}

/// The types of a list under short names: a misspelled one is then misspelled once.
pub(crate) fn aliases(list: &List) -> TokenStream {
    let aliases = list.entries.iter().map(
        |Entry {
             cfg, path, alias, ..
         }| quote!(#(#cfg)* type #alias = #path;),
    );
    quote!(#(#aliases)*)
}

/// The words for the list as a whole, in generated code.
pub(crate) struct Words {
    /// The list of the types.
    pub(crate) each: Ident,
    /// A type, if all of the list are messages of its kind.
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

/// The type of a message, if all of its list are messages of its kind. That they are is said once, in the table of the
/// enum: where it does not compile, this is an error type, about which nothing is said a second time.
pub(crate) fn known(kind: Kind, message: &Ident) -> TokenStream {
    let known = words(kind).known;
    quote!(#known<#message>)
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
        body: Body::Of(entry.alias.to_token_stream()),
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
    let entries = list.entries.iter().map(|entry| {
        let (cfg, alias) = (&entry.cfg, &entry.alias);
        let conversion = conversion(list, entry);
        let own = match list.kind {
            Kind::Event => event(owner, cfg, &quote!(#alias)),
            Kind::Command => {
                let handled = known(Kind::Command, alias);
                command(owner, cfg, entry.variant.span(), &quote!(#alias), &handled)
            }
        };
        quote!(#conversion #own)
    });
    quote! {
        #together
        #set
        #standard
        #(#entries)*
    }
}

/// From a message to the enum.
fn conversion(list: &List, entry: &Entry) -> TokenStream {
    let set = &list.ident;
    let Entry {
        cfg,
        alias,
        variant,
        ..
    } = entry;
    quote! {
        #(#cfg)*
        impl __p::From<#alias> for #set {
            fn from(it: #alias) -> Self {
                Self::#variant(it)
            }
        }
    }
}

/// Makes an event, or the whole enum, the aggregate's own.
pub(crate) fn event(owner: &Ident, cfg: &[Attribute], event: &TokenStream) -> TokenStream {
    quote! {
        #(#cfg)*
        impl __p::Decision<#owner> for #event {
            fn record(self, to: &mut __p::Events<#owner>) -> __p::Recorded<#owner> {
                __p::record(self, to)
            }
        }
    }
}

/// Makes a command, or the whole enum, the aggregate's own. That it is not handled is said at `span`, of the type
/// `handled`.
pub(crate) fn command(
    owner: &Ident,
    cfg: &[Attribute],
    span: Span,
    command: &TokenStream,
    handled: &TokenStream,
) -> TokenStream {
    let own = respanned(owner, span);
    quote! {
        #(#cfg)*
        impl __p::ListedCommand<#owner> for #command {
            const HANDLER: __p::Handler<#owner, Self> = <#own as __p::Handle<#handled>>::HANDLER;
        }
    }
}

/// The dispatcher.
pub(crate) fn commands(owner: &Ident, List { ident, entries, .. }: &List) -> TokenStream {
    let arms = entries.iter().map(|Entry { cfg, variant, .. }| {
        quote!(#(#cfg)* Self::#variant(it) => __p::ListedCommand::decide(it, on),)
    });
    quote! {
        impl __p::ListedCommand<#owner> for #ident {
            const HANDLER: __p::Handler<#owner, Self> = __p::Handler::new(|command, on| match command { #(#arms)* });
        }
    }
}

/// `Debug`, `Clone` and `PartialEq`, each if all messages have it, and serde's two through the table.
fn standard_traits(list: &List) -> TokenStream {
    let (ident, each) = (&list.ident, words(list.kind).each);
    // A command has `Clone`, or it is none, and that has been reported.
    let cloned = match list.kind {
        Kind::Event => quote!(#each),
        Kind::Command => known(list.kind, &each),
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
