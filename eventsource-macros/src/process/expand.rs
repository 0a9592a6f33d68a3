//! From a [`Process`] to its implementation.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Key, Method, Process, Takes};
use crate::method::check::{first_and_last, text};
use crate::projection::expand::{entry, known, rows, told};
use crate::runtime::{respanned, scope};

pub(super) fn expand(process: &Process) -> TokenStream {
    let Process {
        runtime,
        owner,
        docs,
        tag,
        from_start,
        methods,
        broken,
    } = process;
    let events = known(process.on_events().map(Method::taken));
    let rows = rows(process.on_events().map(Method::taken));
    let named = || methods.iter().enumerate();
    let others = named().filter(|(_, method)| method.takes != Takes::Event);
    let others = others.map(|(number, method)| other(number, method));
    let awaited = named().filter(|(_, method)| method.takes == Takes::Timer);
    let awaited = awaited.map(|(number, Method { cfg, .. })| {
        let alias = alias(number);
        quote!(#(#cfg)* impl __p::Awaits<#alias> for #owner {})
    });
    let tagged = tag.as_ref().filter(|_| !broken).map(|tag| {
        let asked =
            named().filter(|(_, method)| method.takes == Takes::Event && method.key.is_none());
        let asked = asked.map(|(number, Method { cfg, message, .. })| {
            let (alias, event, process) = (alias(number), text(message), text(owner));
            quote_spanned! {message.span()=>
                #(#cfg)*
                const _: () = __p::routed(<#alias as __p::Event>::SHAPE, #tag, #event, #process);
            }
        });
        quote!(#(#asked)*)
    });
    let sends = table(process, Takes::Refusal, "SENDS");
    let timers = table(process, Takes::Timer, "TIMERS");
    let from = from_start.then(|| {
        quote!(
            const FROM: __p::Begin = __p::Begin::Beginning;
        )
    });
    let body = match broken {
        true => quote!(::core::unreachable!()),
        false => {
            let arms = named().map(|(number, method)| arm(process, number, method));
            quote!(#(#arms)* __p::Ok(()))
        }
    };
    let told = told(docs.as_ref());
    let entry = (!*broken).then(|| {
        let entry = entry(&quote!(ProcessEntry::<#owner>::ENTRY));
        // Unused where there is no mistake: then the constant is the process's own.
        quote! {
            #[allow(unused_imports)]
            use __p::NoProcess as _;
            #entry
        }
    });
    scope(
        runtime,
        quote! {
            #events
            #(#others)*
            #tagged
            #(#awaited)*
            #[automatically_derived]
            impl __p::Process for #owner
            where
                for<'a> #owner: __p::AggregateIf<'a>,
            {
                #from
                const EVENTS: &'static [&'static [__p::Row]] = &[#rows];
                #sends
                #timers
                #told

                fn receive<__C: __p::Codec>(
                    input: &__p::Input<'_, __C>,
                    calls: &mut __p::Calls<Self>,
                ) -> __p::WasProjected {
                    #body
                }
            }
            #entry
        },
    )
}

/// The table of the commands or of the timers that have methods, if there are such.
fn table(process: &Process, takes: Takes, name: &str) -> Option<TokenStream> {
    let (name, interface) = (format_ident!("{name}"), takes.interface());
    let methods = process.methods.iter().enumerate();
    let methods = methods.filter(|(_, method)| method.takes == takes);
    let rows = methods.map(|(number, Method { cfg, .. })| {
        let alias = alias(number);
        quote!(#(#cfg)* <#alias as __p::#interface>::ROW,)
    });
    let rows: TokenStream = rows.collect();
    (!rows.is_empty()).then(|| quote!(const #name: &'static [__p::Row] = &[#rows];))
}

/// What a method takes, under a name.
fn alias(number: usize) -> Ident {
    format_ident!("__E{number}")
}

/// The command or the timer that a method takes, as `__E0`, `__E1` …: that it is one is asked once, as for events.
fn other(number: usize, method: &Method) -> TokenStream {
    let Method {
        cfg,
        takes,
        message,
        ..
    } = method;
    let (alias, known) = (alias(number), format_ident!("__K{number}"));
    let written = format_ident!("__T{number}");
    let interface = takes.interface();
    let asked = match takes {
        Takes::Timer => quote!(<#written as __p::#interface>::IS_TIMER),
        Takes::Event | Takes::Refusal => quote!(<#written as __p::#interface>::VERSION > 0),
    };
    let asked = respanned(&asked, message.span());
    quote! {
        #(#cfg)*
        type #written = #message;
        #(#cfg)*
        const #known: bool = #asked;
        #(#cfg)*
        type #alias = <#written as __p::Known<{ #known }>>::Type;
    }
}

/// What has a method called, if the input is what it takes.
fn arm(process: &Process, number: usize, method: &Method) -> TokenStream {
    let Process { owner, tag, .. } = process;
    let Method {
        cfg,
        ident,
        takes,
        begins,
        key,
        output: (first, last),
        ..
    } = method;
    let alias = alias(number);
    // Over the whole type that the method returns: what is wrong with it is reported there.
    let end = quote_spanned!(*last=> >);
    let returned = quote_spanned!(*first=> __p::Same<_ #end);
    let this = (!begins).then(|| quote!(this,));
    let closure = match begins {
        true => quote!(move ||),
        false => quote!(move |this|),
    };
    let call = quote! {
        #closure {
            let it = <#owner>::#ident(#this &it);
            <#returned as __p::IntoNext<Self>>::into_next(it)
        }
    };
    let (read, calls) = match takes {
        Takes::Refusal => (quote!(refused), quote!(__p::Calls::own(calls, #call);)),
        Takes::Timer => (quote!(timer), quote!(__p::Calls::own(calls, #call);)),
        Takes::Event => {
            let keys = keys(key.as_ref(), tag.as_ref());
            let add = match begins {
                true => quote!(begin),
                false => quote!(take),
            };
            let calls = quote! {
                let keys = #keys;
                __p::Calls::#add(calls, keys, it.part, #call);
            };
            (quote!(event), calls)
        }
    };
    quote! {
        #(#cfg)*
        if let __p::Some(it) = __p::Input::#read::<#alias>(input)? {
            #calls
        }
    }
}

/// The ids of the processes that an event concerns.
fn keys(key: Option<&Key>, tag: Option<&syn::LitStr>) -> TokenStream {
    let Some(Key { parameter, value }) = key else {
        return quote!(__p::Input::tagged::<Self>(input, #tag)?);
    };
    let (first, last) = first_and_last(value);
    let end = quote_spanned!(last=> >);
    let given = quote_spanned!(first=> __p::Same<_ #end);
    quote! {{
        let #parameter = &it;
        <#given as __p::Keys<<Self as __p::Aggregate>::Id>>::keys(#value)
    }}
}
