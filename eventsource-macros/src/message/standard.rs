//! `Debug`, `Clone` and `PartialEq` of a message with fields of the user's own types: written here, and not derived.
//!
//! Each derive would say once more what such a type lacks. Here it is asked once, in a constant, and the fields are
//! spoken of by types that are computed from it. What serde derives has a bound, which holds for every type where the constant
//! does not compile.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{
    Data, DataStruct, DeriveInput, Field, Fields, GenericArgument, Ident, Index, LitStr,
    PathArguments, Type, parse_quote,
};

use crate::message::parse::is_standard;
use crate::runtime::Runtime;

/// For each field of a struct, the types in it that are the user's own.
pub(crate) type OwnTypes = Vec<Vec<Ident>>;

/// The user's own types in the fields of a struct, with the fields' places; none where that cannot be known from their names
/// alone, or where something in it is not for serde to derive in its usual way.
pub(crate) fn own_types(item: &DeriveInput) -> Option<OwnTypes> {
    let Data::Struct(data) = &item.data else {
        return None;
    };
    let plain = |attributes: &[syn::Attribute]| {
        !attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("serde"))
    };
    if !item.generics.params.is_empty() || !plain(&item.attrs) {
        return None;
    }
    let mut found = Vec::new();
    for field in &data.fields {
        let mut own = Vec::new();
        let known = plain(&field.attrs) && collect(&field.ty, &item.ident, &mut own);
        if !known {
            return None;
        }
        found.push(own);
    }
    found.iter().any(|own| !own.is_empty()).then_some(found)
}

/// Adds the own types that a type is made of. Whether all of it is understood: a type that contains itself, or a container
/// that is not the standard library's, is not.
fn collect(ty: &Type, item: &Ident, found: &mut Vec<Ident>) -> bool {
    const CONTAINERS: [&str; 6] = ["Option", "Vec", "Box", "BTreeMap", "HashMap", "BTreeSet"];
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    match &last.arguments {
        PathArguments::None if is_standard(&last.ident) => true,
        PathArguments::None => match path.path.get_ident() {
            Some(own) if own != item && own != "Self" => {
                found.push(own.clone());
                true
            }
            _ => false,
        },
        PathArguments::AngleBracketed(arguments)
            if CONTAINERS.iter().any(|name| last.ident == name) =>
        {
            arguments.args.iter().all(|argument| match argument {
                GenericArgument::Type(ty) => collect(ty, item, found),
                _ => false,
            })
        }
        _ => false,
    }
}

/// Puts serde's bounds on the fields. Nobody reads them in documentation.
pub(crate) fn bound(item: &mut DeriveInput, own: &OwnTypes, runtime: &Runtime) {
    let Data::Struct(data) = &mut item.data else {
        return;
    };
    let path = quote!(#runtime::private::FieldIf)
        .to_string()
        .replace(' ', "");
    for (field, own) in data.fields.iter_mut().zip(own) {
        let Some(first) = own.first() else {
            continue;
        };
        let bounds = own
            .iter()
            .map(|own| format!("for<'__a> {own}: {path}<'__a>"));
        let bounds = bounds.collect::<Vec<_>>().join(", ");
        let bounds = LitStr::new(&bounds, first.span());
        field
            .attrs
            .push(parse_quote!(#[cfg_attr(not(doc), serde(bound = #bounds))]));
    }
}

/// The question, and the three implementations.
pub(crate) fn expand(DeriveInput { ident, data, .. }: &DeriveInput, own: &OwnTypes) -> TokenStream {
    let Data::Struct(DataStruct { fields, .. }) = data else {
        return TokenStream::new();
    };
    let asked = own.iter().flatten();
    let types = fields.iter().enumerate().map(|(number, Field { ty, .. })| {
        let alias = format_ident!("__T{number}");
        quote!(type #alias = <#ty as __p::Known<{ __VALUES }>>::Type;)
    });
    let each = || {
        fields.iter().enumerate().map(|(number, field)| {
            let member = match &field.ident {
                Some(ident) => ident.to_token_stream(),
                None => Index::from(number).to_token_stream(),
            };
            (format_ident!("__T{number}"), member)
        })
    };
    let name = ident.unraw().to_string();
    let shown = each().map(|(ty, member)| {
        let name = member.to_string().replace("r#", "");
        quote!((#name, __p::shown_as::<#ty>(&self.#member)))
    });
    let show = match fields {
        Fields::Named(_) => quote!(show_fields),
        _ => quote!(show_tuple),
    };
    let cloned =
        each().map(|(ty, member)| quote!(#member: <#ty as __p::Clone>::clone(&self.#member)));
    let equal = each()
        .map(|(ty, member)| quote!(<#ty as __p::PartialEq>::eq(&self.#member, &other.#member)));
    quote! {
        const __VALUES: bool = {
            #(<#asked as __p::Value>::IS_VALUE;)*
            true
        };
        enum __Block {}
        type __Anything = <__Block as __p::Known<{ __VALUES }>>::Type;
        impl<'a> __p::FieldIf<'a> for __Anything where for<'b> __Anything: __p::FieldIf<'b> {}
        #(#types)*
        #[automatically_derived]
        impl __p::Debug for #ident {
            fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
                __p::#show(f, #name, &[#(#shown),*])
            }
        }
        #[automatically_derived]
        impl __p::Clone for #ident {
            fn clone(&self) -> Self {
                Self { #(#cloned),* }
            }
        }
        #[automatically_derived]
        impl __p::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool {
                #(#equal)&&*
            }
        }
    }
}
