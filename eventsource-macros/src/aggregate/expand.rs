//! From an [`Aggregate`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::aggregate::enums;
use crate::aggregate::model::{Aggregate, Entry, List, Messages};
use crate::message::{self, Kind};
use crate::runtime::{quiet, respanned};

pub(crate) fn expand(aggregate: &Aggregate) -> TokenStream {
    let lists: Vec<_> = [&aggregate.events, &aggregate.commands]
        .into_iter()
        .filter_map(|messages| match messages {
            Messages::Listed(list) => Some(list),
            Messages::Own(_) => None,
        })
        .collect();
    let definitions = lists.iter().map(|list| enums::definition(aggregate, list));
    let aliases = lists.iter().flat_map(|list| enums::aliases(list));
    let enums = lists
        .iter()
        .map(|list| enums::implementation(aggregate, list));
    let (events, commands) = (events(aggregate), commands(aggregate));
    let interface = interface(aggregate);
    let (creation, registration) = (creation(aggregate), registration(aggregate));
    let quiet = quiet();
    quote! {
        #(#definitions)*
        #quiet
        const _: () = {
            #(#aliases)*
            #(#enums)*
            #events
            #commands
            #interface
            #creation
            #registration
        };
    }
}

/// The type of the event enum or the command enum.
fn set(messages: &Messages) -> TokenStream {
    match messages {
        Messages::Listed(List { ident, .. }) => quote!(#ident),
        Messages::Own(own) => quote!(#own),
    }
}

/// What makes the event enum the aggregate's own.
fn events(aggregate: &Aggregate) -> TokenStream {
    let Aggregate {
        runtime,
        ident,
        events,
        ..
    } = aggregate;
    let set = set(events);
    quote! {
        #[automatically_derived]
        impl #runtime::EventOf<#ident> for #set {}
        #[automatically_derived]
        impl #runtime::Decision<#ident> for #set {
            #[inline]
            fn record(
                self,
                events: &mut #runtime::Events<#ident>,
            ) -> ::core::result::Result<(), <#ident as #runtime::Aggregate>::Error> {
                events.push(self);
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// What makes the command enum the aggregate's own, and the dispatcher over it.
fn commands(aggregate: &Aggregate) -> TokenStream {
    let Aggregate {
        runtime,
        ident,
        commands,
        ..
    } = aggregate;
    let span = match commands {
        Messages::Listed(_) => ident.span(),
        Messages::Own(own) => own.span(),
    };
    let set = set(commands);
    let decide = enums::decide(aggregate, span, &set);
    let dispatcher = match commands {
        Messages::Own(own) => {
            let (at, owner) = (runtime.at(span), respanned(ident, span));
            let handled = quote_spanned!(span=> <#owner as #at::Handle<#own>>::CREATES);
            Some(quote!(const __IS_HANDLED: bool = #handled;))
        }
        Messages::Listed(List { entries, .. }) => {
            let arms = entries.iter().map(|Entry { cfg, alias, variant, .. }| {
                let (owner, known) = (respanned(ident, variant.span()), enums::known(aggregate, Kind::Command, alias));
                quote! {
                    #(#cfg)*
                    #set::#variant(command) => <#owner as #runtime::Handle<#known>>::handle(state, command, context, events),
                }
            });
            Some(quote! {
                #[automatically_derived]
                impl #runtime::Handle<#set> for #ident {
                    #[inline]
                    fn handle(
                        state: ::core::option::Option<&Self>,
                        command: #set,
                        context: &#runtime::Context<'_, Self>,
                        events: &mut #runtime::Events<Self>,
                    ) -> ::core::result::Result<(), #runtime::Rejection<Self::Error>> {
                        match command { #(#arms)* }
                    }
                }
            })
        }
    };
    quote! {
        #[automatically_derived]
        impl #runtime::ListedCommand<#ident> for #set { #decide }
        #dispatcher
    }
}

/// One call of `Apply` for each event.
struct Applies {
    created: TokenStream,
    create: TokenStream,
    apply: TokenStream,
}

fn applies(aggregate: &Aggregate) -> Applies {
    let Aggregate {
        runtime,
        ident,
        events,
        ..
    } = aggregate;
    match events {
        Messages::Own(own) => Applies {
            created: quote!(<#ident as #runtime::Apply<#own>>::CREATES),
            create: quote!(<#ident as #runtime::Apply<#own>>::create(event, meta)),
            apply: quote!(<#ident as #runtime::Apply<#own>>::apply(self, event, meta)),
        },
        Messages::Listed(List {
            ident: set,
            entries,
            ..
        }) => {
            let each = |one: &dyn Fn(&Entry, TokenStream) -> TokenStream| {
                let each = entries.iter().map(|entry| {
                    let (cfg, known) = (
                        &entry.cfg,
                        enums::known(aggregate, Kind::Event, &entry.alias),
                    );
                    let owner = respanned(ident, entry.variant.span());
                    let one = one(entry, quote!(<#owner as #runtime::Apply<#known>>));
                    quote!(#(#cfg)* #one)
                });
                quote!(#(#each)*)
            };
            let created = each(&|_, apply| quote!(if #apply::CREATES { return true; }));
            let create = each(
                &|Entry { variant, .. }, apply| quote!(#set::#variant(ref event) => #apply::create(event, meta),),
            );
            let applied = each(
                &|Entry { variant, .. }, apply| quote!(#set::#variant(ref event) => #apply::apply(self, event, meta),),
            );
            Applies {
                created: quote!({ const fn created() -> bool { #created false } created() }),
                create: quote!(match *event { #create }),
                apply: quote!(match *event { #applied }),
            }
        }
    }
}

/// `Aggregate` itself.
fn interface(aggregate: &Aggregate) -> TokenStream {
    let Aggregate {
        runtime,
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
    let Applies {
        created,
        create,
        apply,
    } = applies(aggregate);
    let invariant = invariant.as_ref().map(|invariant| {
        let at = runtime.at(invariant.span());
        let outcome =
            quote_spanned!(invariant.span()=> #at::InvariantOutcome::outcome((#invariant)(self)));
        quote! {
            const HAS_INVARIANT: bool = true;

            fn check_invariant(&self) -> ::core::result::Result<(), #runtime::private::String> {
                #outcome
            }
        }
    });
    // They stand where their types do, where it is reported if one of them is private.
    let id = quote_spanned!(id.span()=> type Id = #id;);
    let error = quote_spanned!(error.span()=> type Error = #error;);
    let at = runtime.at(ident.span());
    let start = quote_spanned! {ident.span()=>
        <#at::private::Start<{ <#ident as #at::Aggregate>::CREATED }> as #at::private::Initial<#ident>>::initial()
    };
    quote! {
        #[automatically_derived]
        impl #runtime::Aggregate for #ident {
            const NAME: &'static str = #name;
            const CREATED: bool = #created;
            #id
            #error
            type Event = #event_set;
            type Command = #command_set;

            fn initial() -> ::core::option::Option<Self> {
                #start
            }

            fn create_from(event: &#event_set, meta: &#runtime::EventMeta<'_>) -> ::core::option::Option<Self> {
                #create
            }

            #[inline]
            fn apply_event(
                &mut self,
                event: &#event_set,
                meta: &#runtime::EventMeta<'_>,
            ) -> ::core::result::Result<(), #runtime::Misapplied> {
                #apply
            }
            #invariant
        }
    }
}

/// That an aggregate which an event creates has a command that leads to it, and the other way round.
fn creation(aggregate: &Aggregate) -> Option<TokenStream> {
    let Aggregate {
        runtime,
        ident,
        commands,
        ..
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
            let (owner, known) = (
                respanned(ident, variant.span()),
                enums::known(aggregate, Kind::Command, alias),
            );
            quote!(#(#cfg)* if <#owner as #runtime::Handle<#known>>::CREATES { return true; })
        },
    );
    let at = runtime.at(ident.span());
    let without_command = format!(
        "an event creates `{ident}`, and none of its commands can: write one of its `#[handle]` methods without `self`"
    );
    let without_event = format!(
        "a command creates `{ident}`, and none of its events does: write one of its `#[apply]` methods without `self`, \
         returning `Self`"
    );
    let any = !entries.is_empty();
    let check = quote_spanned! {ident.span()=>
        #at::private::creation(#any, <#ident as #at::Aggregate>::CREATED, created(), #without_command, #without_event)
    };
    Some(quote! {
        const _: () = {
            const fn created() -> bool { #(#creates)* false }
            #check
        };
    })
}

/// The entry in the registry.
fn registration(aggregate: &Aggregate) -> TokenStream {
    let Aggregate {
        runtime,
        ident,
        commands,
        ..
    } = aggregate;
    let place = message::place(runtime);
    // That an enum of one's own is not handled is reported where it is named, and not here once more.
    let (known, ident) = match commands {
        Messages::Listed(_) => (None, quote!(#ident)),
        Messages::Own(_) => {
            let known = quote! {
                type __Handles =
                    <#ident as #runtime::private::Known<{ __IS_HANDLED }>>::Type;
            };
            (Some(known), quote!(__Handles))
        }
    };
    quote! {
        #known
        #[automatically_derived]
        impl #runtime::Registered for #ident {
            const ENTRY: #runtime::AggregateEntry = #runtime::AggregateEntry::of::<Self>(#place);
        }
        #runtime::private::inventory::submit! { <#ident as #runtime::Registered>::ENTRY }
    }
}
