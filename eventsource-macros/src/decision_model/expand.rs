//! From a [`DecisionModel`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::aggregate::{Entry, List, aliases};
use crate::decision_model::model::{DecisionModel, Events, Field};
use crate::message::{self, Body, Message, Shape, Variant};
use crate::runtime::{quiet, respanned};

pub(crate) fn expand(model: &DecisionModel) -> TokenStream {
    let quiet = quiet();
    let constructor = constructor(model);
    let (aliases, set) = match &model.events {
        Events::Any => (TokenStream::new(), TokenStream::new()),
        Events::Listed(list) => (aliases(list).collect(), set(model, list)),
    };
    let interface = interface(model);
    quote! {
        #quiet
        const _: () = {
            #aliases
            #set
            #interface
        };
        #quiet
        #constructor
    }
}

/// `of`, with a parameter for each tag.
fn constructor(model: &DecisionModel) -> TokenStream {
    let DecisionModel {
        runtime,
        vis,
        ident,
        fields,
        ..
    } = model;
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
        runtime,
        vis,
        ident: owner,
        ..
    } = model;
    let List {
        kind,
        ident,
        entries,
    } = list;
    let variants = entries.iter().map(
        |Entry {
             cfg,
             alias,
             variant,
             ..
         }| quote!(#(#cfg)* #variant(#alias),),
    );
    let of = |entry: &Entry| Variant {
        cfg: entry.cfg.clone(),
        ident: entry.variant.clone(),
        body: Body::Of(entry.alias.to_token_stream()),
    };
    let messages = message::expand(&Message {
        kind: *kind,
        runtime: runtime.clone(),
        ident: ident.clone(),
        shape: Shape::Set(entries.iter().map(of).collect()),
    });
    let membership = entries.iter().map(|Entry { cfg, alias, .. }| {
        quote! {
            #(#cfg)*
            #[automatically_derived]
            impl #runtime::EventOf<#owner> for #alias {}
        }
    });
    let rules = entries.iter().map(|entry| rules(model, entry));
    quote! {
        #vis enum #ident { #(#variants)* }
        #messages
        #(#membership)*
        #(#rules)*
    }
}

/// That an event has the tags of the model, without which it would never be seen, and that it does not create the model.
fn rules(model: &DecisionModel, entry: &Entry) -> TokenStream {
    let Entry {
        cfg,
        alias,
        variant,
        ..
    } = entry;
    let owner = respanned(&model.ident, variant.span());
    let runtime = model.runtime.at(variant.span());
    let tagged = model.tags.iter().map(|tag| {
        let (name, cfg) = (&tag.name, &tag.cfg);
        let message = format!(
            "`{variant}` has no tag `{0}`, so `{1}` would never see it: put `#[tag]` on its field, or take it off the \
             one of `{1}`",
            name.value(),
            model.ident
        );
        quote_spanned! {variant.span()=>
            #(#cfg)* #runtime::private::tagged(<#alias as #runtime::Event>::TAGS, #name, #message);
        }
    });
    let message = format!(
        "`{variant}` cannot create `{}`, which is there before its first event: write its `#[apply]` method with \
         `&mut self`",
        model.ident
    );
    quote_spanned! {variant.span()=>
        #(#cfg)*
        const _: () = {
            #(#tagged)*
            #runtime::private::not_created(<#owner as #runtime::Apply<#alias>>::CREATES, #message);
        };
    }
}

/// `DecisionModel` itself.
fn interface(model: &DecisionModel) -> TokenStream {
    let DecisionModel {
        runtime,
        ident,
        name,
        events,
        tags,
        ..
    } = model;
    let (event, apply) = match events {
        Events::Any => (
            quote!(#runtime::StoredEvent),
            quote!(<#ident as #runtime::Apply<#runtime::StoredEvent>>::apply(self, event, meta)),
        ),
        Events::Listed(List {
            ident: set,
            entries,
            ..
        }) => {
            let arms = entries.iter().map(
                |Entry {
                     cfg,
                     alias,
                     variant,
                     ..
                 }| {
                    let owner = respanned(ident, variant.span());
                    quote! {
                        #(#cfg)*
                        #set::#variant(ref event) => <#owner as #runtime::Apply<#alias>>::apply(self, event, meta),
                    }
                },
            );
            (quote!(#set), quote!(match *event { #(#arms)* }))
        }
    };
    let any = matches!(events, Events::Any).then(|| {
        quote! {
            #[automatically_derived]
            impl #runtime::EventOf<#ident> for #runtime::StoredEvent {}
        }
    });
    let adds = message::adds(runtime, tags);
    quote! {
        #any
        #[automatically_derived]
        impl #runtime::private::State for #ident {
            const IS_STATE: bool = true;
        }
        #[automatically_derived]
        impl #runtime::DecisionModel for #ident {
            const NAME: &'static str = #name;
            type Event = #event;

            fn tags(&self, tags: &mut #runtime::Tags) {
                #(#adds)*
            }

            #[inline]
            fn apply_event(
                &mut self,
                event: &#event,
                meta: &#runtime::EventMeta<'_>,
            ) -> ::core::result::Result<(), #runtime::Misapplied> {
                #apply
            }
        }
    }
}
