//! The enum that is generated from a list of events or commands, and what every such enum has.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Ident;

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
    let are_messages = are_messages(aggregate, list);
    let conversions = list
        .entries
        .iter()
        .map(|entry| conversion(aggregate, list, entry));
    let standard = standard_traits(aggregate, list);
    quote! {
        #are_messages
        #set
        #(#conversions)*
        #standard
    }
}

/// That what is listed is a message of its kind, said once: what the aggregate does with its messages is built on types
/// that are error types if it does not hold.
fn are_messages(Aggregate { runtime, .. }: &Aggregate, list: &List) -> TokenStream {
    let interface = match list.kind {
        Kind::Event => quote!(#runtime::Event),
        Kind::Command => quote!(#runtime::Command),
    };
    let each = list
        .entries
        .iter()
        .map(|Entry { cfg, alias, .. }| quote!(#(#cfg)* let _ = <#alias as #interface>::VERSION;));
    let name = are_messages_name(list.kind);
    quote! {
        const #name: bool = {
            #(#each)*
            true
        };
    }
}

fn are_messages_name(kind: Kind) -> Ident {
    let name = match kind {
        Kind::Event => "__ARE_EVENTS",
        Kind::Command => "__ARE_COMMANDS",
    };
    Ident::new(name, Span::call_site())
}

/// The type of a message, if all of its list are messages.
pub(crate) fn known(
    Aggregate { runtime, .. }: &Aggregate,
    kind: Kind,
    message: &Ident,
) -> TokenStream {
    let all = are_messages_name(kind);
    quote!(<#message as #runtime::private::Known<{ #all }>>::Type)
}

/// From a message to the enum and back, and its place in the aggregate.
fn conversion(aggregate: &Aggregate, list: &List, entry: &Entry) -> TokenStream {
    let Aggregate {
        runtime,
        ident: owner,
        ..
    } = aggregate;
    let set = &list.ident;
    let Entry {
        cfg,
        alias,
        variant,
        ..
    } = entry;
    let known = known(aggregate, list.kind, alias);
    let decide = decide(aggregate, entry.variant.span(), &known);
    let membership = match list.kind {
        Kind::Event => quote! {
            #(#cfg)*
            #[automatically_derived]
            impl #runtime::EventOf<#owner> for #alias {}
            #(#cfg)*
            #[automatically_derived]
            impl #runtime::Decision<#owner> for #alias {
                #[inline]
                fn record(
                    self,
                    events: &mut #runtime::Events<#owner>,
                ) -> ::core::result::Result<(), <#owner as #runtime::Aggregate>::Error> {
                    events.push(self);
                    ::core::result::Result::Ok(())
                }
            }
        },
        Kind::Command => {
            quote! {
                #(#cfg)*
                #[automatically_derived]
                impl #runtime::ListedCommand<#owner> for #alias { #decide }
            }
        }
    };
    quote! {
        #(#cfg)*
        #[automatically_derived]
        impl ::core::convert::From<#alias> for #set {
            #[inline]
            fn from(message: #alias) -> Self {
                Self::#variant(message)
            }
        }
        #(#cfg)*
        #[automatically_derived]
        impl ::core::convert::TryFrom<#set> for #alias {
            type Error = #set;
            fn try_from(message: #set) -> ::core::result::Result<Self, #set> {
                match message {
                    #set::#variant(message) => ::core::result::Result::Ok(message),
                    #[allow(unreachable_patterns)]
                    other => ::core::result::Result::Err(other),
                }
            }
        }
        #membership
    }
}

/// Has the aggregate handle a command, or its whole enum.
pub(crate) fn decide(aggregate: &Aggregate, span: Span, command: &TokenStream) -> TokenStream {
    let Aggregate { runtime, ident, .. } = aggregate;
    let owner = respanned(ident, span);
    quote! {
        #[inline]
        fn decide(
            self,
            state: ::core::option::Option<&#ident>,
            context: &#runtime::Context<'_, #ident>,
            events: &mut #runtime::Events<#ident>,
        ) -> ::core::result::Result<(), #runtime::Rejection<<#ident as #runtime::Aggregate>::Error>> {
            <#owner as #runtime::Handle<#command>>::handle(state, self, context, events)
        }
    }
}

/// `Debug`, `Clone` and `PartialEq`, each if all messages have it, and serde's two through the table.
fn standard_traits(aggregate: &Aggregate, list: &List) -> TokenStream {
    let runtime = &aggregate.runtime;
    let List { ident, entries, .. } = list;
    let every = |bound: &str| {
        let bound = Ident::new(bound, Span::call_site());
        let aliases = entries.iter().map(|entry| &entry.alias);
        quote!(#(for<'__a> #aliases: #runtime::private::#bound<'__a>,)*)
    };
    // A command has `Clone`, or it is none, and that has been reported.
    let clone = (list.kind == Kind::Event).then(|| {
        let clone = every("CloneIf");
        quote!(where #clone)
    });
    let (debug, equal) = (every("DebugIf"), every("PartialEqIf"));
    let arms = |arm: &dyn Fn(&Entry) -> TokenStream| {
        let arms = entries.iter().map(|entry| {
            let (cfg, arm) = (&entry.cfg, arm(entry));
            quote!(#(#cfg)* #arm)
        });
        quote!(#(#arms)*)
    };
    let shown = arms(&|Entry { variant, .. }| {
        let name = variant.to_string();
        quote!(Self::#variant(ref message) => #runtime::private::shown(f, #name, message),)
    });
    let cloned = arms(&|Entry { variant, alias, .. }| {
        let message = match list.kind {
            Kind::Event => quote!(#alias),
            Kind::Command => known(aggregate, list.kind, alias),
        };
        quote!(Self::#variant(ref message) => Self::#variant(<#message as ::core::clone::Clone>::clone(message)),)
    });
    let compared = arms(
        &|Entry { variant, .. }| quote!((Self::#variant(left), Self::#variant(right)) => ::core::cmp::PartialEq::eq(left, right),),
    );
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident where #debug {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match *self { #shown }
            }
        }
        #[automatically_derived]
        impl ::core::clone::Clone for #ident #clone {
            fn clone(&self) -> Self {
                match *self { #cloned }
            }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident where #equal {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    #compared
                    #[allow(unreachable_patterns)]
                    _ => false,
                }
            }
        }
        #[automatically_derived]
        impl #runtime::private::serde::Serialize for #ident {
            fn serialize<S: #runtime::private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #runtime::message::serialize(self, serializer)
            }
        }
        #[automatically_derived]
        impl<'de> #runtime::private::serde::Deserialize<'de> for #ident {
            fn deserialize<D: #runtime::private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #runtime::message::deserialize(deserializer)
            }
        }
    }
}
