//! From a [`Projection`] to its implementation.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Attribute;
use syn::spanned::Spanned;

use crate::projection::check::Taken;
use crate::projection::model::{Into, Method, Projection};
use crate::runtime::{respanned, scope};

pub(crate) fn expand(projection: &Projection) -> TokenStream {
    let Projection {
        runtime,
        owner,
        docs,
        name,
        version,
        methods,
        into,
        ..
    } = projection;
    let known = known(methods.iter().map(Method::taken));
    let rows = rows(methods.iter().map(Method::taken));
    let target = match into {
        Into::Within(tx) | Into::Through(tx) => quote!(#tx),
        Into::Outside => quote!(__p::Outside),
        Into::State => quote!(__p::Memory),
    };
    let project = project(projection);
    let told = told(docs.as_ref());
    let entry =
        (!projection.broken).then(|| entry(&quote!(ConsumerEntry::of_projection::<#owner>())));
    scope(
        runtime,
        quote! {
            #known
            #[automatically_derived]
            impl __p::Projection for #owner {
                const NAME: &'static str = #name;
                const VERSION: u32 = #version;
                const EVENTS: &'static [&'static [__p::Row]] = &[#rows];
                #told
                type Into = #target;
            }
            #project
            #entry
        },
    )
}

/// The entry in the registry.
pub(crate) fn entry(entry: &TokenStream) -> TokenStream {
    quote!(__p::inventory::submit! { __p::#entry })
}

/// What the block says of itself, for the entry.
pub(crate) fn told(docs: Option<&String>) -> TokenStream {
    let docs = docs.into_iter();
    quote! {
        const PLACE: __p::Place = __p::Place::here();
        #(const DOCS: &'static str = #docs;)*
    }
}

/// The events as `__E0`, `__E1` …
pub(crate) fn known<'a>(taken: impl Iterator<Item = Taken<'a>>) -> TokenStream {
    let known = taken.enumerate().map(|(number, taken)| {
        let Taken { cfg, event, .. } = taken;
        let (alias, known) = (format_ident!("__E{number}"), format_ident!("__K{number}"));
        let written = format_ident!("__T{number}");
        // That it is an event is asked once; where it is none, the alias is the compiler's error type.
        let asked = respanned(&quote!(<#written as __p::Event>::VERSION > 0), event.span());
        quote! {
            // Spelled once: a misspelled type would be reported for each time.
            #(#cfg)*
            type #written = #event;
            #(#cfg)*
            const #known: bool = #asked;
            #(#cfg)*
            type #alias = <#written as __p::Known<{ #known }>>::Type;
        }
    });
    known.collect()
}

/// The table of stored names and versions of each event.
pub(crate) fn rows<'a>(taken: impl Iterator<Item = Taken<'a>>) -> TokenStream {
    let rows = taken.enumerate().map(|(number, Taken { cfg, .. })| {
        let alias = format_ident!("__E{number}");
        quote!(#(#cfg)* &[<#alias as __p::Event>::ROW],)
    });
    rows.collect()
}

/// The trait that calls the methods.
fn project(projection: &Projection) -> TokenStream {
    let Projection { owner, into, .. } = projection;
    let (interface, declared, passed, awaited) = match into {
        Into::Within(tx) => (
            quote!(ProjectWithin),
            quote!(fn project<__C: __p::Codec>(&self, event: &__p::Incoming<'_, __C>, tx: &#tx) -> __p::WasProjected),
            quote!(, tx),
            None,
        ),
        Into::Through(tx) => (
            quote!(ProjectThrough),
            quote!(async fn project<__C: __p::Codec>(&self, event: &__p::Incoming<'_, __C>, tx: &mut #tx) -> __p::WasProjected),
            quote!(, tx),
            Some(quote!(.await)),
        ),
        Into::Outside => (
            quote!(ProjectOutside),
            quote!(async fn project<__C: __p::Codec>(&self, event: &__p::Incoming<'_, __C>) -> __p::WasProjected),
            quote!(),
            Some(quote!(.await)),
        ),
        Into::State => (
            quote!(ProjectState),
            quote!(fn project<__C: __p::Codec>(&mut self, event: &__p::Incoming<'_, __C>) -> __p::WasProjected),
            quote!(),
            None,
        ),
    };
    let arms = projection
        .methods
        .iter()
        .enumerate()
        .map(|(number, method)| {
            let Method {
                cfg,
                ident,
                output: (first, last),
                ..
            } = method;
            let alias = format_ident!("__E{number}");
            let call = quote!(<#owner>::#ident(self, &it #passed) #awaited);
            // Over the whole type that the method returns: what is wrong with it is reported there.
            let end = quote_spanned!(*last=> >);
            let returned = quote_spanned!(*first=> __p::Same<_ #end);
            quote! {
                #(#cfg)*
                if let __p::Some(it) = __p::Incoming::part::<#alias>(event, part)? {
                    let it = #call;
                    <#returned as __p::Outcome>::outcome(it)?;
                }
            }
        });
    let body = match projection.broken {
        true => quote!(::core::unreachable!()),
        // An event that was split is several, each for its method, in the order of its parts.
        false => quote! {
            for part in __p::Incoming::parts(event, <Self as __p::Projection>::EVENTS)? {
                #(#arms)*
            }
            __p::Ok(())
        },
    };
    let create = create(projection);
    let (forget, replays) = forget(projection).unzip();
    quote! {
        #replays
        #[automatically_derived]
        impl __p::#interface for #owner {
            #create
            #forget

            #declared {
                #body
            }
        }
    }
}

/// What makes that which the methods write into.
fn create(projection: &Projection) -> Option<TokenStream> {
    let (ident, cfg) = projection.create.as_ref()?;
    let method = format_ident!("create");
    marked(projection, (&method, ident, cfg), None)
}

/// What removes that which came of a stream, and that the projection has it.
fn forget(projection: &Projection) -> Option<(TokenStream, TokenStream)> {
    let (ident, cfg) = projection.forget.as_ref()?;
    let (method, owner) = (format_ident!("forget"), &projection.owner);
    let parameter = (quote!(stream: &__p::StreamName,), quote!(stream,));
    let forget = marked(projection, (&method, ident, cfg), Some(parameter))?;
    let replays = quote! {
        #(#cfg)*
        #[automatically_derived]
        impl __p::Replay for #owner {}
    };
    Some((forget, replays))
}

/// A method of the trait that calls one of the user's which takes no event.
fn marked(
    projection: &Projection,
    (method, ident, cfg): (&Ident, &Ident, &[Attribute]),
    parameter: Option<(TokenStream, TokenStream)>,
) -> Option<TokenStream> {
    let owner = &projection.owner;
    let (asynchronous, tx, awaited) = match &projection.into {
        Into::Within(tx) => (None, quote!(&#tx), None),
        Into::Through(tx) => (Some(quote!(async)), quote!(&mut #tx), Some(quote!(.await))),
        Into::Outside | Into::State => return None,
    };
    let (declared, passed) = parameter.unzip();
    let body = match projection.broken {
        true => quote!(::core::unreachable!()),
        false => quote!(__p::projected(<#owner>::#ident(self, #passed tx) #awaited)),
    };
    Some(quote! {
        #(#cfg)*
        #asynchronous fn #method(&self, #declared tx: #tx) -> __p::WasProjected {
            #body
        }
    })
}
