//! From an [`Aggregate`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::aggregate::enums;
use crate::aggregate::model::{Aggregate, Entry, List, Messages};
use crate::runtime::{respanned, scope};

pub(crate) fn expand(aggregate: &Aggregate) -> TokenStream {
    let lists: Vec<_> = [&aggregate.events, &aggregate.commands]
        .into_iter()
        .filter_map(|messages| match messages {
            Messages::Listed(list) => Some(list),
            Messages::Own(_) => None,
        })
        .collect();
    let definitions = lists.iter().map(|list| enums::definition(aggregate, list));
    let aliases = lists.iter().map(|list| enums::aliases(list));
    let enums = lists
        .iter()
        .map(|list| enums::implementation(&aggregate.ident, list));
    let (interface, whole) = (interface(aggregate), whole(aggregate));
    let (creation, registration) = (creation(aggregate), registration(aggregate));
    let scope = scope(
        &aggregate.runtime,
        quote! {
            #(#aliases)*
            #interface
            #(#enums)*
            #whole
            #creation
            #registration
        },
    );
    quote! {
        #(#definitions)*
        #scope
    }
}

/// The type of the event enum or the command enum.
fn set(messages: &Messages) -> TokenStream {
    match messages {
        Messages::Listed(List { ident, .. }) => quote!(#ident),
        Messages::Own(own) => quote!(#own),
    }
}

/// What makes the whole enums and the error the aggregate's own.
fn whole(aggregate: &Aggregate) -> TokenStream {
    let Aggregate {
        ident,
        error,
        events,
        commands,
        ..
    } = aggregate;
    let event = enums::event(ident, &[], &set(events));
    let command = match commands {
        Messages::Listed(list) => enums::commands(ident, list),
        Messages::Own(own) => enums::command(ident, &[], own.span(), &quote!(#own)),
    };
    quote! {
        #event
        #command
        impl __es::ErrorOf<#ident> for #error {
            fn into_error(self) -> Self {
                self
            }
        }
    }
}

/// `Aggregate` itself.
fn interface(aggregate: &Aggregate) -> TokenStream {
    let Aggregate {
        ident,
        name,
        id,
        error,
        events,
        commands,
        invariant,
        ..
    } = aggregate;
    let (event_set, command_set) = (set(events), set(commands));
    let (creates, visit) = applied(aggregate);
    let invariant = invariant.as_ref().map(|invariant| {
        let outcome =
            quote_spanned!(invariant.span()=> __es::InvariantOutcome::outcome((#invariant)(self)));
        quote! {
            const HAS_INVARIANT: bool = true;

            fn check_invariant(&self) -> __es::Result<(), __es::String> {
                #outcome
            }
        }
    });
    let start = quote_spanned! {ident.span()=>
        <__es::Start<{ <#ident as __es::Aggregate>::CREATED }> as __es::Initial<#ident>>::initial()
    };
    quote! {
        #[automatically_derived]
        impl __es::Aggregate for #ident {
            const NAME: &'static str = #name;
            const CREATED: bool = __es::any(&[#creates]);
            type Id = #id;
            type Error = #error;
            type Event = #event_set;
            type Command = #command_set;

            fn initial() -> __es::Option<Self> {
                #start
            }

            #[inline]
            fn visit_event<V: __es::EventVisitor<Self>>(event: &#event_set, to: V) -> V::Output {
                #visit
            }
            #invariant
        }
    }
}

/// Whether each of the events creates the aggregate, and what shows the one in the enum to a visitor.
fn applied(aggregate: &Aggregate) -> (TokenStream, TokenStream) {
    let Aggregate { ident, events, .. } = aggregate;
    match events {
        Messages::Own(own) => (
            quote!(<#ident as __es::Apply<#own>>::CREATES),
            quote!(<#ident as __es::Apply<#own>>::visit(event, to)),
        ),
        Messages::Listed(List {
            ident: set,
            entries,
            ..
        }) => {
            let creates = entries.iter().map(
                |Entry {
                     cfg,
                     alias,
                     variant,
                     ..
                 }| {
                    let owner = respanned(ident, variant.span());
                    quote!(#(#cfg)* <#owner as __es::Apply<#alias>>::CREATES,)
                },
            );
            let arms = entries.iter().map(
                |Entry { cfg, alias, variant, .. }| {
                    let owner = respanned(ident, variant.span());
                    quote!(#(#cfg)* #set::#variant(ref it) => <#owner as __es::Apply<#alias>>::visit(it, to),)
                },
            );
            (quote!(#(#creates)*), quote!(match *event { #(#arms)* }))
        }
    }
}

/// That an aggregate which an event creates has a command that leads to it, and the other way round.
fn creation(aggregate: &Aggregate) -> Option<TokenStream> {
    let Aggregate {
        ident, commands, ..
    } = aggregate;
    let Messages::Listed(List { entries, .. }) = commands else {
        return None;
    };
    let creates = entries.iter().map(
        |Entry {
             cfg,
             alias,
             variant,
             ..
         }| {
            let owner = respanned(ident, variant.span());
            quote!(#(#cfg)* <#owner as __es::Handle<#alias>>::CREATES,)
        },
    );
    let name = ident.to_string();
    let check = quote_spanned!(ident.span()=> __es::creation::<#ident>(#name, &[#(#creates)*]));
    Some(quote!(const _: () = #check;))
}

/// The entry in the registry.
fn registration(Aggregate { ident, .. }: &Aggregate) -> TokenStream {
    quote! {
        impl __es::Registered for #ident {
            const ENTRY: __es::AggregateEntry = __es::AggregateEntry::here::<Self>();
        }
        __es::inventory::submit! { <#ident as __es::Registered>::ENTRY }
    }
}
