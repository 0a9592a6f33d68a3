//! From [`Versions`] to what links an event to those before and after it.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::message::model::{Link, Upcast, Versions};
use crate::runtime::{respanned, variable};

/// What is added to the generated code, in a scope.
pub(crate) struct Parts {
    /// The stored name, if it is that of the next version.
    pub(crate) name: Option<TokenStream>,
    /// Within the implementation of `Event`.
    pub(crate) items: TokenStream,
    /// Beside it.
    pub(crate) beside: TokenStream,
}

/// `None`, if there is nothing to say: no other version, name or type.
pub(crate) fn expand(ident: &Ident, versions: &Versions) -> Option<Parts> {
    let Versions {
        of,
        into,
        from,
        upcasts,
        aliases,
        since,
        ..
    } = versions;
    let successors: Vec<_> = of.iter().chain(into).collect();
    let nothing = successors.is_empty() && from.is_empty() && upcasts.is_empty();
    if nothing && aliases.is_empty() && since.is_none() {
        return None;
    }
    let name = of
        .as_ref()
        .map(|Link { alias, .. }| quote!(<Self as __p::Precedes<#alias>>::SUCCESSOR.name));
    let (precedes, follows) = (
        successors.iter().map(|link| precedes(ident, link)),
        from.iter().map(|link| follows(ident, link)),
    );
    let chained = of.as_ref().map(|_| {
        quote!(
            const CHAINED: bool = true;
        )
    });
    let (shape, parts, read, check) = (
        shape(versions, &successors),
        parts(&successors),
        read(from, upcasts),
        check(ident, versions),
    );
    let (write, older) = (write(ident, versions), older(versions));
    Some(Parts {
        name,
        items: quote!(#chained #shape #parts #read #write),
        beside: quote!(#(#precedes)* #(#follows)* #older #check),
    })
}

/// That it became another event. Whether that is one is asked in the first constant, and nowhere else.
fn precedes(ident: &Ident, Link { path, alias }: &Link) -> TokenStream {
    let (event, label, span) = (ident.to_string(), label(path), path.span());
    let successor = quote_spanned!(span=> __p::successor::<Self, #alias>(#label));
    let known = quote!(<#alias as __p::Known<{ <#ident as __p::Precedes<#alias>>::SUCCESSOR.version == 0 }>>::Type);
    let precedes = quote_spanned!(span=> __p::precedes::<#known, #ident>(#event, #label));
    quote! {
        type #alias = #path;
        impl __p::Precedes<#alias> for #ident {
            const SUCCESSOR: __p::Successor = #successor;
        }
        const _: () = #precedes;
    }
}

/// That another event became it. Whether the other one says so too is asked in the constant; if it does not, nothing is
/// said about the function.
fn follows(ident: &Ident, Link { path, alias }: &Link) -> TokenStream {
    let span = path.span();
    let former = quote_spanned!(span=> __p::former::<#alias, Self>());
    let known = known(ident, alias);
    let from = variable("from", span);
    let read = quote_spanned!(span=> __p::follow::<#known, Self, R>(#from));
    quote! {
        type #alias = #path;
        impl __p::Follows<#alias> for #ident {
            const FORMER: &'static __p::Shape = #former;

            fn read_former<R: __p::MessageReader>(from: R) -> __p::Result<Self, R::Error> {
                #read
            }
        }
    }
}

/// The table.
fn shape(versions: &Versions, successors: &[&Link]) -> TokenStream {
    let Versions {
        from,
        upcasts,
        aliases,
        since,
        ..
    } = versions;
    let aliases = (!aliases.is_empty()).then(|| quote!(aliases: &[#(#aliases),*],));
    let since = since.map(|since| {
        let since = Literal::u32_unsuffixed(since);
        quote!(since: #since,)
    });
    let before = (!from.is_empty()).then(|| {
        let each = from
            .iter()
            .map(|Link { alias, .. }| quote!(<Self as __p::Follows<#alias>>::FORMER));
        quote!(before: &[#(#each),*],)
    });
    let upcasts = (!upcasts.is_empty()).then(|| {
        let each = upcasts.iter().map(|Upcast { version, function }| {
            let version = Literal::u32_unsuffixed(*version);
            let upcast =
                quote_spanned!(function.span()=> |it| __p::Upcasted::outcome(#function(it)));
            quote!(__p::JsonUpcast { version: #version, upcast: #upcast })
        });
        quote!(upcasts: &[#(#each),*],)
    });
    let into = (!successors.is_empty()).then(|| {
        let each = each_successor(successors);
        quote!(into: &[#(#each),*],)
    });
    quote! {
        const SHAPE: &'static __p::Shape = &__p::Shape {
            #aliases #since #before #upcasts #into
            ..__p::Shape::of::<Self>()
        };
    }
}

fn parts(successors: &[&Link]) -> Option<TokenStream> {
    let each = each_successor(successors);
    (!successors.is_empty()).then(|| quote!(const PARTS: u16 = __p::parts(&[#(#each),*]);))
}

fn each_successor<'l>(successors: &'l [&Link]) -> impl Iterator<Item = TokenStream> + 'l {
    successors
        .iter()
        .map(|Link { alias, .. }| quote!(<Self as __p::Precedes<#alias>>::SUCCESSOR))
}

/// The type of an earlier version, if it is one.
fn known(ident: &Ident, alias: &Ident) -> TokenStream {
    quote!(<#alias as __p::Known<{ <#ident as __p::Follows<#alias>>::FORMER.version == 0 }>>::Type)
}

/// Writes it as an earlier version, where that is asked for.
fn write(ident: &Ident, versions: &Versions) -> Option<TokenStream> {
    let (down, span) = versions.down?;
    let Link { alias, .. } = versions.from.get(down)?;
    let known = respanned(&known(ident, alias), span);
    let [this, to] = ["self", "to"].map(|name| variable(name, span));
    let write = quote_spanned!(span=> __p::write_down::<Self, #known, W>(#this, #to));
    Some(quote! {
        fn write_event<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
            #write
        }
    })
}

/// That a program may be told to write an earlier version.
fn older(versions: &Versions) -> Option<TokenStream> {
    let Link { alias, .. } = versions.from.get(versions.down?.0)?;
    Some(quote!(impl __p::OlderVersion for #alias {}))
}

fn read(from: &[Link], upcasts: &[Upcast]) -> Option<TokenStream> {
    if from.is_empty() && upcasts.is_empty() {
        return None;
    }
    let list = from.iter().rev().fold(
        quote!(()),
        |rest, Link { alias, .. }| quote!((#alias, #rest)),
    );
    Some(quote! {
        fn read_event<R: __p::MessageReader>(from: R) -> __p::Result<Self, R::Error> {
            __p::read_chain::<Self, #list, R>(from)
        }
    })
}

/// That versions go up by one, which only the compiler can see.
fn check(ident: &Ident, versions: &Versions) -> Option<TokenStream> {
    if versions.from.is_empty() {
        return None;
    }
    let label = ident.to_string();
    let follows = versions.from.iter().map(|Link { path, alias }| {
        let (own, former) = (respanned(ident, path.span()), self::label(path));
        quote_spanned!(path.span()=> __p::follows::<#own, #alias>(#label, #former);)
    });
    let span = versions.place.unwrap_or_else(|| ident.span());
    let own = respanned(ident, span);
    let unbroken = quote_spanned!(span=> __p::unbroken::<#own>(#label););
    Some(quote!(const _: () = { #(#follows)* #unbroken };))
}

/// A type's name, as it is said in a message.
fn label(path: &syn::Path) -> String {
    path.segments
        .last()
        .map(|last| last.ident.to_string())
        .unwrap_or_default()
}
