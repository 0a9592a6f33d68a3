//! The enum that is generated from a list of events or commands, and what every such enum has.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Ident};

use crate::aggregate::model::{Aggregate, Entry, List};
use crate::message::{self, Body, Kind, Message, Shape, Variant};
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
         }| {
            let about = format!(" See [`{variant}`].");
            quote!(#(#cfg)* #[doc = #about] #variant(#path),)
        },
    );
    quote! {
        #[doc = #about]
        #[allow(deprecated)]
        #vis enum #ident { #(#variants)* }
    }
}

/// The types of a list under short names: a misspelled one is then misspelled once.
pub(crate) fn aliases(list: &List) -> impl Iterator<Item = TokenStream> {
    list.entries.iter().map(
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
    )
}

/// Reading, writing, conversions, and the standard traits that all of its messages have.
pub(crate) fn implementation(aggregate: &Aggregate, list: &List) -> TokenStream {
    let of = |entry: &Entry| Variant {
        cfg: entry.cfg.clone(),
        ident: entry.variant.clone(),
        body: Body::Of(entry.alias.to_token_stream()),
    };
    let set = Message {
        kind: list.kind,
        runtime: aggregate.runtime.clone(),
        ident: list.ident.clone(),
        shape: Shape::Set(list.entries.iter().map(of).collect()),
    };
    let set = message::expand(&set);
    let standard = standard_traits(list);
    let entries = list.entries.iter().map(|entry| {
        let (cfg, alias) = (&entry.cfg, &entry.alias);
        let conversions = conversions(list, entry);
        let own = match list.kind {
            Kind::Event => event(&aggregate.ident, cfg, &quote!(#alias)),
            Kind::Command => command(&aggregate.ident, cfg, entry.variant.span(), &quote!(#alias)),
        };
        quote!(#conversions #own)
    });
    quote! {
        #set
        #standard
        #(#entries)*
    }
}

/// From a message to the enum and back.
fn conversions(list: &List, entry: &Entry) -> TokenStream {
    let set = &list.ident;
    let Entry {
        cfg,
        alias,
        variant,
        ..
    } = entry;
    quote! {
        #(#cfg)*
        #[automatically_derived]
        impl __es::From<#alias> for #set {
            #[inline]
            fn from(it: #alias) -> Self {
                Self::#variant(it)
            }
        }
        #(#cfg)*
        #[automatically_derived]
        impl __es::TryFrom<#set> for #alias {
            type Error = #set;
            fn try_from(set: #set) -> __es::Result<Self, #set> {
                match set {
                    #set::#variant(it) => __es::Ok(it),
                    other => __es::Err(other),
                }
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
        #[automatically_derived]
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

/// `Debug`, `Clone` and `PartialEq`, each if all messages have it, and serde's two through the table.
fn standard_traits(list: &List) -> TokenStream {
    let List { ident, entries, .. } = list;
    let every = |bound: &str| {
        let bound = Ident::new(bound, Span::call_site());
        let aliases = entries.iter().map(|entry| &entry.alias);
        quote!(#(for<'a> #aliases: __es::#bound<'a>,)*)
    };
    let (debug, clone, equal) = (every("DebugIf"), every("CloneIf"), every("PartialEqIf"));
    let arms = |arm: &dyn Fn(&Ident) -> TokenStream| {
        let arms = entries.iter().map(|Entry { cfg, variant, .. }| {
            let arm = arm(variant);
            quote!(#(#cfg)* #arm)
        });
        quote!(#(#arms)*)
    };
    let shown = arms(&|variant| {
        let name = variant.to_string();
        quote!(Self::#variant(ref it) => f.debug_tuple(#name).field(it).finish(),)
    });
    let cloned =
        arms(&|variant| quote!(Self::#variant(ref it) => Self::#variant(__es::Clone::clone(it)),));
    let compared =
        arms(&|variant| quote!((Self::#variant(left), Self::#variant(right)) => left == right,));
    quote! {
        #[automatically_derived]
        impl __es::Debug for #ident where #debug {
            fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
                match *self { #shown }
            }
        }
        #[automatically_derived]
        impl __es::Clone for #ident where #clone {
            fn clone(&self) -> Self {
                match *self { #cloned }
            }
        }
        #[automatically_derived]
        impl __es::PartialEq for #ident where #equal {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    #compared
                    _ => false,
                }
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
