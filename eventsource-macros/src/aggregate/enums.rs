//! The enum that is generated from a list of events or commands, and what every such enum has.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Ident};

use crate::aggregate::model::{Aggregate, Entry, List};
use crate::message::{self, Body, Kind, Variant};
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
    let each = each(list);
    let types = list.entries.iter().rev().fold(
        quote!(()),
        |rest, Entry { alias, .. }| quote!((#alias, #rest)),
    );
    let aliases = list.entries.iter().map(
        |Entry {
             cfg, path, alias, ..
         }| {
            let absent = (!cfg.is_empty()).then(|| {
                let conditions = cfg.iter().filter_map(|attribute| {
                    attribute.meta.require_list().ok().map(|list| &list.tokens)
                });
                quote!(#[cfg(not(all(#(#conditions),*)))] type #alias = ();)
            });
            quote!(#(#cfg)* type #alias = #path; #absent)
        },
    );
    quote! {
        #(#aliases)*
        type #each = #types;
    }
}

/// The name of the type that is the list of these types.
fn each(List { kind, .. }: &List) -> Ident {
    let name = match kind {
        Kind::Event => "__Events",
        Kind::Command => "__Commands",
    };
    Ident::new(name, Span::call_site())
}

/// Reading, writing, conversions, and the standard traits that all of its messages have.
pub(crate) fn implementation(owner: &Ident, list: &List) -> TokenStream {
    let of = |entry: &Entry| Variant {
        cfg: entry.cfg.clone(),
        ident: entry.variant.clone(),
        body: Body::Of(entry.alias.to_token_stream()),
    };
    let variants: Vec<_> = list.entries.iter().map(of).collect();
    let set = message::set(list.kind, &list.ident, &variants);
    let standard = standard_traits(list);
    let entries = list.entries.iter().map(|entry| {
        let (cfg, alias) = (&entry.cfg, &entry.alias);
        let conversion = conversion(list, entry);
        let own = match list.kind {
            Kind::Event => event(owner, cfg, &quote!(#alias)),
            Kind::Command => command(owner, cfg, entry.variant.span(), &quote!(#alias)),
        };
        quote!(#conversion #own)
    });
    quote! {
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
        impl __es::From<#alias> for #set {
            #[inline]
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
        impl __es::EventOf<#owner> for #event {}
        #(#cfg)*
        impl __es::Decision<#owner> for #event {
            #[inline]
            fn record(self, events: &mut __es::Events<#owner>) -> __es::Recorded<#owner> {
                __es::record(self, events)
            }
        }
    }
}

/// Makes a command, or the whole enum, the aggregate's own. That it is not handled is said at `span`.
pub(crate) fn command(
    owner: &Ident,
    cfg: &[Attribute],
    span: Span,
    command: &TokenStream,
) -> TokenStream {
    let handler = respanned(owner, span);
    quote! {
        #(#cfg)*
        impl __es::CommandOf<#owner> for #command {
            const DECIDE: __es::Decide<#owner, Self> = <#handler as __es::Handle<Self>>::handle;
        }
    }
}

/// The dispatcher.
pub(crate) fn commands(owner: &Ident, List { ident, entries, .. }: &List) -> TokenStream {
    let arms = entries.iter().map(|Entry { cfg, variant, .. }| {
        quote!(#(#cfg)* Self::#variant(it) => __es::CommandOf::decide(it, on),)
    });
    quote! {
        #[automatically_derived]
        impl __es::CommandOf<#owner> for #ident {
            const DECIDE: __es::Decide<#owner, Self> = |command, on| match command { #(#arms)* };
        }
    }
}

/// `Debug`, `Clone` and `PartialEq`, each if all messages have it, and serde's two through the table.
fn standard_traits(list: &List) -> TokenStream {
    let List {
        kind,
        ident,
        entries,
    } = list;
    let aliases = entries.iter().map(|entry| &entry.alias);
    let each = each(list);
    // A command is `Clone`; an event may be.
    let clone =
        (*kind == Kind::Event).then(|| quote!(where #(for<'a> #aliases: __es::CloneIf<'a>,)*));
    let cloned = entries.iter().map(|Entry { cfg, variant, .. }| {
        quote!(#(#cfg)* Self::#variant(ref it) => Self::#variant(__es::Clone::clone(it)),)
    });
    quote! {
        #[automatically_derived]
        impl __es::Debug for #ident where for<'a> #each: __es::DebugEach<'a> {
            fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
                __es::debug::<#each, Self>(self, f)
            }
        }
        #[automatically_derived]
        impl __es::PartialEq for #ident where for<'a> #each: __es::PartialEqEach<'a> {
            fn eq(&self, other: &Self) -> bool {
                __es::equal::<#each, Self>(self, other)
            }
        }
        #[automatically_derived]
        impl __es::Clone for #ident #clone {
            fn clone(&self) -> Self {
                match *self { #(#cloned)* }
            }
        }
        #[automatically_derived]
        impl __es::Serialize for #ident {
            fn serialize<S: __es::Serializer>(&self, to: S) -> __es::Result<S::Ok, S::Error> {
                __es::serialize(self, to)
            }
        }
        #[automatically_derived]
        impl<'de> __es::Deserialize<'de> for #ident {
            fn deserialize<D: __es::Deserializer<'de>>(from: D) -> __es::Result<Self, D::Error> {
                __es::deserialize(from)
            }
        }
    }
}
