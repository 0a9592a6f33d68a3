//! From a [`DecisionModel`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::aggregate::{Entry, List, aliases, event_set};
use crate::decision_model::model::{DecisionModel, Events, Field};
use crate::message;
use crate::runtime::{quiet, respanned, scope};

pub(crate) fn expand(model: &DecisionModel) -> TokenStream {
    let set = match &model.events {
        Events::Any => None,
        Events::Listed(list) => Some(set(model, list)),
    };
    let (interface, constructor) = (interface(model), constructor(model));
    let scope = scope(&model.runtime, quote!(#set #interface));
    quote!(#scope #constructor)
}

/// `of`, with a parameter for each tag. It stands outside of the scope, which the compiler would name beside it.
fn constructor(model: &DecisionModel) -> TokenStream {
    let DecisionModel {
        runtime,
        vis,
        ident,
        fields,
        ..
    } = model;
    let quiet = quiet();
    let parameters = fields.iter().filter(|field| field.tag).map(
        |Field { cfg, ident, ty, .. }| quote!(#(#cfg)* #ident: impl #runtime::TagArgument<#ty>),
    );
    let values = fields.iter().map(
        |Field {
             cfg,
             ident,
             ty,
             tag,
         }| {
            let value = match tag {
                true => quote!(#runtime::TagArgument::into_tag(#ident)),
                false => quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default()),
            };
            quote!(#(#cfg)* #ident: #value,)
        },
    );
    quote! {
        #quiet
        impl #ident {
            /// Before the first event: to be read by a decision.
            #[must_use]
            #vis fn of(#(#parameters),*) -> Self {
                Self { #(#values)* }
            }
        }
    }
}

/// The enum around the listed events, and what must hold of each of them.
fn set(model: &DecisionModel, list: &List) -> TokenStream {
    let DecisionModel {
        vis, ident: owner, ..
    } = model;
    let List { ident, entries, .. } = list;
    let (aliases, messages) = (aliases(list), event_set(list));
    let variants = entries.iter().map(
        |Entry {
             cfg,
             alias,
             variant,
             ..
         }| quote!(#(#cfg)* #variant(#alias),),
    );
    let each = entries.iter().map(|entry| {
        let (Entry { cfg, alias, .. }, rules) = (entry, rules(model, entry));
        quote! {
            #(#cfg)*
            impl __p::EventOf<#owner> for #alias {}
            #(#cfg)*
            const _: () = { #rules };
        }
    });
    quote! {
        #aliases
        #vis enum #ident { #(#variants)* }
        #messages
        #(#each)*
    }
}

/// That an event has the tags of the model, without which it would never be seen, and that it does not create the model.
fn rules(model: &DecisionModel, Entry { alias, variant, .. }: &Entry) -> TokenStream {
    let span = variant.span();
    let (event, owner) = (variant.to_string(), respanned(&model.ident, span));
    let name = owner.to_string();
    let tagged = model.tags.iter().map(|tag| {
        let (tag, cfg) = (&tag.name, &tag.cfg);
        quote_spanned!(span=> #(#cfg)* __p::tagged(<#alias as __p::Event>::SHAPE, #tag, #event, #name);)
    });
    quote_spanned! {span=>
        #(#tagged)*
        __p::not_created(<#owner as __p::Apply<#alias>>::CREATES, #event, #name);
    }
}

/// `DecisionModel` itself.
fn interface(model: &DecisionModel) -> TokenStream {
    let DecisionModel {
        ident,
        name,
        events,
        tags,
        docs,
        ..
    } = model;
    let docs = docs.iter();
    let (event, apply, own) = match events {
        Events::Any => (
            quote!(__p::StoredEvent),
            quote!(<#ident as __p::Apply<__p::StoredEvent>>::apply(self, event, meta)),
            Some(quote!(impl __p::EventOf<#ident> for __p::StoredEvent {})),
        ),
        Events::Listed(List {
            ident: set,
            entries,
            ..
        }) => {
            let arms = entries.iter().map(
                |Entry { cfg, alias, variant, .. }| {
                    let owner = respanned(&quote!(Self), variant.span());
                    quote!(#(#cfg)* #set::#variant(ref it) => <#owner as __p::Apply<#alias>>::apply(self, it, meta),)
                },
            );
            (quote!(#set), quote!(match *event { #(#arms)* }), None)
        }
    };
    let adds = message::adds(tags);
    quote! {
        #own
        impl __p::State for #ident {
            const IS_STATE: bool = true;
        }
        #[automatically_derived]
        impl __p::DecisionModel for #ident {
            const NAME: &'static str = #name;
            type Event = #event;

            fn tags(&self, tags: &mut __p::Tags) {
                #(#adds)*
            }

            #[inline]
            fn apply_event(&mut self, event: &#event, meta: &__p::EventMeta<'_>) {
                #apply
            }
        }
        impl __p::RegisteredConsumer for #ident {
            const ENTRY: __p::ConsumerEntry = __p::ConsumerEntry::model_here::<Self>()#(.with_docs(#docs))*;
        }
        __p::inventory::submit! { <#ident as __p::RegisteredConsumer>::ENTRY }
    }
}
