//! From a [`Reactor`] to its implementation.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::model::{Method, Reactor};
use crate::projection::expand::{entry, known, rows, told};
use crate::runtime::scope;

pub(super) fn expand(reactor: &Reactor) -> TokenStream {
    let Reactor {
        runtime,
        owner,
        docs,
        name,
        from_start,
        methods,
        broken,
    } = reactor;
    let known = known(methods.iter().map(Method::taken));
    let rows = rows(methods.iter().map(Method::taken));
    let from = from_start.then(|| {
        quote!(
            const FROM: __p::Begin = __p::Begin::Beginning;
        )
    });
    let arms = methods.iter().enumerate().map(|(number, method)| {
        let Method {
            cfg,
            ident,
            key,
            output: (first, last),
            ..
        } = method;
        let alias = format_ident!("__E{number}");
        // Where the user wrote its type: what is wrong with that is reported there.
        let key = key.map(|(_, last)| Ident::new("key", last));
        // An event that was split is several, each with a key of its own.
        let part = key
            .as_ref()
            .map(|key| quote!(let #key = &__p::ReactionKey::part(#key, part);));
        let key = key.map(|key| quote!(, #key));
        // Over the whole type that the method returns: what is wrong with it is reported there.
        let end = quote_spanned!(*last=> >);
        let returned = quote_spanned!(*first=> __p::Same<_ #end);
        quote! {
            #(#cfg)*
            if let __p::Some(it) = __p::Incoming::part::<#alias>(event, part)? {
                #part
                let it = <#owner>::#ident(self, &it #key).await;
                <#returned as __p::Outcome>::outcome(it)?;
            }
        }
    });
    let body = match broken {
        true => quote!(::core::unreachable!()),
        false => quote! {
            for part in __p::Incoming::parts(event, <Self as __p::Reactor>::EVENTS)? {
                #(#arms)*
            }
            __p::Ok(())
        },
    };
    let told = told(docs.as_ref());
    let entry = (!*broken).then(|| entry(&quote!(ConsumerEntry::of_reactor::<#owner>())));
    scope(
        runtime,
        quote! {
            #known
            #[automatically_derived]
            impl __p::Reactor for #owner {
                const NAME: &'static str = #name;
                #from
                const EVENTS: &'static [&'static [__p::Row]] = &[#rows];
                #told

                async fn react<__C: __p::Codec>(
                    &self,
                    event: &__p::Incoming<'_, __C>,
                    key: &__p::ReactionKey,
                ) -> __p::WasProjected {
                    #body
                }
            }
            #entry
        },
    )
}
