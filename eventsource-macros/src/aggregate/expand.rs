//! From an [`Aggregate`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::aggregate::enums::{self, aliases};
use crate::aggregate::model::{Aggregate, Columns, List, Messages};
use crate::aggregate::snapshot;
use crate::runtime::{moved, scope, variable};

pub(crate) fn expand(aggregate: &Aggregate) -> TokenStream {
    let lists: Vec<_> = [&aggregate.events, &aggregate.commands]
        .into_iter()
        .filter_map(|messages| match messages {
            Messages::Listed(list) => Some(list),
            Messages::Own(_) => None,
        })
        .collect();
    let definitions = lists.iter().map(|list| enums::definition(aggregate, list));
    let aliases = lists.iter().map(|list| aliases(list));
    let enums = lists
        .iter()
        .map(|list| enums::implementation(&aggregate.ident, list));
    let (interface, recorded) = (interface(aggregate), recorded(aggregate));
    let dispatched = dispatched(aggregate);
    let (creation, registration) = (creation(aggregate), registration(aggregate));
    let snapshot = snapshot::expand(aggregate);
    let scope = scope(
        &aggregate.runtime,
        quote! {
            #(#aliases)*
            #interface
            #(#enums)*
            #recorded
            #dispatched
            #creation
            #snapshot
            #registration
        },
    );
    quote! {
        #(#definitions)*
        #scope
    }
}

/// The type of the event enum or the command enum.
fn set(messages: &Messages) -> &dyn ToTokens {
    match messages {
        Messages::Listed(List { ident, .. }) => ident,
        Messages::Own(own) => own,
    }
}

/// What makes an enum of the user's own that of the aggregate's events.
fn recorded(Aggregate { ident, events, .. }: &Aggregate) -> Option<TokenStream> {
    let Messages::Own(own) = events else {
        return None;
    };
    let owner = moved(ident, own.span());
    let parts = quote_spanned!(own.span()=> const _: () = __p::whole::<#owner>(););
    Some(quote! {
        impl __p::Decision<#ident> for #own {
            type By = __p::AsEvent;
        }
        #parts
    })
}

/// How an enum of the user's own is decided about.
fn dispatched(
    Aggregate {
        ident, commands, ..
    }: &Aggregate,
) -> Option<TokenStream> {
    let Messages::Own(own) = commands else {
        return None;
    };
    let owner = moved(ident, own.span());
    Some(quote! {
        impl __p::DispatchedBy<#ident> for #own {
            const HANDLER: __p::Handler<#ident, Self> = <#owner as __p::Handle<#own>>::HANDLER;
        }
    })
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
    let (each, visit) = applied(aggregate);
    let invariant = invariant.as_ref().map(|invariant| {
        let this = variable("self", invariant.span());
        let outcome =
            quote_spanned!(invariant.span()=> __p::InvariantOutcome::outcome((#invariant)(#this)));
        quote! {
            const HAS_INVARIANT: bool = true;

            fn check_invariant(&self) -> __p::Result<(), __p::String> {
                #outcome
            }
        }
    });
    // They stand where their types do, where it is reported if one of them is private.
    let id = quote_spanned!(id.span()=> type Id = #id;);
    let error = quote_spanned!(error.span()=> type Error = #error;);
    // All that asks for the aggregate asks at its name, and so is reported once.
    let span = ident.span();
    let created = quote_spanned!(span=> { <#ident as __p::Aggregate>::CREATED });
    let start = quote_spanned!(span=> <__p::Start<#created> as __p::Initial<#ident>>::initial());
    quote! {
        impl __p::Aggregate for #ident {
            const NAME: &'static str = #name;
            const CREATED: bool = __p::any(&[#each]);
            #id
            #error
            type Event = #event_set;
            type Command = #command_set;

            fn initial() -> __p::Option<Self> {
                #start
            }

            #[inline]
            fn visit_event<V: __p::EventVisitor<Self>>(event: &#event_set, to: V) -> V::Output {
                let to: <V as __p::Known<#created>>::Type = to;
                #visit
            }
            #invariant
        }
    }
}

/// Whether each of the events creates the aggregate, and what shows the one in the enum to a visitor. That one is not
/// applied is said by the first, at its place in the list; where it does not compile, the visitor has an error type.
fn applied(aggregate: &Aggregate) -> (TokenStream, TokenStream) {
    match &aggregate.events {
        Messages::Own(own) => {
            let owner = Ident::new("Self", own.span());
            (
                quote!(<#owner as __p::Apply<#own>>::CREATES),
                quote!(to.visit(event)),
            )
        }
        Messages::Listed(list) => {
            let (set, columns) = (&list.ident, list.columns());
            let Columns {
                cfgs,
                variants,
                aliases,
                ..
            } = columns;
            let own = variants.iter();
            let own = own.map(|variant| Ident::new("Self", variant.span()));
            (
                quote!(#(#(#cfgs)* <#own as __p::Apply<__Event<#aliases>>>::CREATES,)*),
                quote!(match *event {
                    #(#(#cfgs)* #set::#variants(ref it) => to.visit(it),)*
                }),
            )
        }
    }
}

/// That an aggregate which an event creates has a command that leads to it, and the other way round.
fn creation(aggregate: &Aggregate) -> Option<TokenStream> {
    let Aggregate {
        ident, commands, ..
    } = aggregate;
    let Messages::Listed(list) = commands else {
        return None;
    };
    let (name, each) = (ident.to_string(), enums::word(list.kind));
    let check = quote_spanned!(ident.span()=> __p::creation::<#ident, #each>(#name));
    Some(quote!(const _: () = #check;))
}

/// The entry in the registry.
fn registration(aggregate: &Aggregate) -> TokenStream {
    let Aggregate { ident, docs, .. } = aggregate;
    let docs = docs.iter();
    let kept = aggregate.snapshot.as_ref();
    let kept = kept.map(|_| quote!(.with_snapshots::<Self>()));
    quote! {
        impl __p::Registered for #ident {
            const ENTRY: __p::AggregateEntry = __p::AggregateEntry::here::<Self>()#(.with_docs(#docs))* #kept;
        }
        __p::inventory::submit! { <#ident as __p::Registered>::ENTRY }
    }
}
