//! From an [`IdStruct`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::quote;

use super::IdStruct;
use crate::runtime::quiet;

pub(super) fn expand(id: &IdStruct) -> TokenStream {
    let standard = standard_traits(id);
    let text = text(id);
    let serde = serde(id);
    let quiet = quiet();
    quote! {
        #quiet
        const _: () = {
            #standard
            #text
            #serde
        };
    }
}

fn standard_traits(
    IdStruct {
        runtime,
        ident,
        inner,
        member,
    }: &IdStruct,
) -> TokenStream {
    let name = ident.to_string();
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #runtime::private::shown(f, #name, &self.#member)
            }
        }
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self {
                Self { #member: ::core::clone::Clone::clone(&self.#member) }
            }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool {
                self.#member == other.#member
            }
        }
        #[automatically_derived]
        impl ::core::cmp::Eq for #ident {}
        #[automatically_derived]
        impl ::core::cmp::PartialOrd for #ident {
            fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
                ::core::option::Option::Some(::core::cmp::Ord::cmp(self, other))
            }
        }
        #[automatically_derived]
        impl ::core::cmp::Ord for #ident {
            fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
                ::core::cmp::Ord::cmp(&self.#member, &other.#member)
            }
        }
        #[automatically_derived]
        impl ::core::hash::Hash for #ident {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(&self.#member, state);
            }
        }
        #[automatically_derived]
        impl ::core::convert::From<#inner> for #ident {
            fn from(value: #inner) -> Self {
                Self { #member: value }
            }
        }
    }
}

fn text(
    IdStruct {
        runtime,
        ident,
        inner,
        member,
    }: &IdStruct,
) -> TokenStream {
    let name = ident.to_string();
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.#member, f)
            }
        }
        #[automatically_derived]
        impl ::core::str::FromStr for #ident {
            type Err = #runtime::InvalidId;
            fn from_str(text: &str) -> ::core::result::Result<Self, #runtime::InvalidId> {
                match <#inner as ::core::str::FromStr>::from_str(text) {
                    ::core::result::Result::Ok(value) => ::core::result::Result::Ok(Self { #member: value }),
                    ::core::result::Result::Err(error) => {
                        ::core::result::Result::Err(#runtime::InvalidId::new(#name, text, error))
                    }
                }
            }
        }
        #[automatically_derived]
        impl #runtime::Id for #ident {
            fn parse(text: &str) -> ::core::result::Result<Self, #runtime::InvalidId> {
                <Self as ::core::str::FromStr>::from_str(text)
            }
        }
        #[automatically_derived]
        impl #runtime::TagValue for #ident {
            fn tag_value(&self) -> ::core::option::Option<#runtime::private::String> {
                ::core::option::Option::Some(#runtime::private::ToString::to_string(&self.#member))
            }
        }
    }
}

fn serde(
    IdStruct {
        runtime,
        ident,
        inner,
        member,
    }: &IdStruct,
) -> TokenStream {
    let serde = quote!(#runtime::private::serde);
    quote! {
        #[automatically_derived]
        impl #serde::Serialize for #ident {
            fn serialize<S: #serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                #serde::Serialize::serialize(&self.#member, serializer)
            }
        }
        #[automatically_derived]
        impl<'de> #serde::Deserialize<'de> for #ident {
            fn deserialize<D: #serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                match <#inner as #serde::Deserialize<'de>>::deserialize(deserializer) {
                    ::core::result::Result::Ok(value) => ::core::result::Result::Ok(Self { #member: value }),
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                }
            }
        }
    }
}
