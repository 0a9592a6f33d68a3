//! From an [`IdStruct`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::quote;

use super::IdStruct;
use crate::runtime::scope;

pub(super) fn expand(id: &IdStruct) -> TokenStream {
    let (standard, text, serde) = (standard_traits(id), text(id), serde(id));
    scope(&id.runtime, quote!(#standard #text #serde))
}

fn standard_traits(
    IdStruct {
        ident,
        inner,
        member,
        ..
    }: &IdStruct,
) -> TokenStream {
    let name = ident.to_string();
    quote! {
        #[automatically_derived]
        impl __p::Debug for #ident {
            fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
                __p::shown(f, #name, &self.#member)
            }
        }
        #[automatically_derived]
        impl __p::Clone for #ident {
            fn clone(&self) -> Self {
                Self { #member: __p::Clone::clone(&self.#member) }
            }
        }
        #[automatically_derived]
        impl __p::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool {
                self.#member == other.#member
            }
        }
        #[automatically_derived]
        impl __p::cmp::Eq for #ident {}
        #[automatically_derived]
        impl __p::cmp::PartialOrd for #ident {
            fn partial_cmp(&self, other: &Self) -> __p::Option<__p::cmp::Ordering> {
                __p::Some(__p::cmp::Ord::cmp(self, other))
            }
        }
        #[automatically_derived]
        impl __p::cmp::Ord for #ident {
            fn cmp(&self, other: &Self) -> __p::cmp::Ordering {
                __p::cmp::Ord::cmp(&self.#member, &other.#member)
            }
        }
        #[automatically_derived]
        impl __p::hash::Hash for #ident {
            fn hash<H: __p::hash::Hasher>(&self, state: &mut H) {
                __p::hash::Hash::hash(&self.#member, state);
            }
        }
        #[automatically_derived]
        impl __p::From<#inner> for #ident {
            fn from(value: #inner) -> Self {
                Self { #member: value }
            }
        }
    }
}

fn text(
    IdStruct {
        ident,
        inner,
        member,
        ..
    }: &IdStruct,
) -> TokenStream {
    let name = ident.to_string();
    quote! {
        #[automatically_derived]
        impl __p::fmt::Display for #ident {
            fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
                __p::fmt::Display::fmt(&self.#member, f)
            }
        }
        #[automatically_derived]
        impl __p::FromStr for #ident {
            type Err = __p::InvalidId;
            fn from_str(text: &str) -> __p::Result<Self, __p::InvalidId> {
                match <#inner as __p::FromStr>::from_str(text) {
                    __p::Ok(value) => __p::Ok(Self { #member: value }),
                    __p::Err(error) => {
                        __p::Err(__p::InvalidId::new(#name, text, error))
                    }
                }
            }
        }
        #[automatically_derived]
        impl __p::Id for #ident {
            fn parse(text: &str) -> __p::Result<Self, __p::InvalidId> {
                <Self as __p::FromStr>::from_str(text)
            }
        }
        #[automatically_derived]
        impl __p::TagValue for #ident {
            fn tag_value(&self) -> __p::Option<__p::String> {
                __p::Some(__p::ToString::to_string(&self.#member))
            }
        }
    }
}

fn serde(
    IdStruct {
        ident,
        inner,
        member,
        ..
    }: &IdStruct,
) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl __p::serde::Serialize for #ident {
            fn serialize<S: __p::serde::Serializer>(&self, serializer: S) -> __p::Result<S::Ok, S::Error> {
                __p::serde::Serialize::serialize(&self.#member, serializer)
            }
        }
        #[automatically_derived]
        impl<'de> __p::serde::Deserialize<'de> for #ident {
            fn deserialize<D: __p::serde::Deserializer<'de>>(deserializer: D) -> __p::Result<Self, D::Error> {
                match <#inner as __p::serde::Deserialize<'de>>::deserialize(deserializer) {
                    __p::Ok(value) => __p::Ok(Self { #member: value }),
                    __p::Err(error) => __p::Err(error),
                }
            }
        }
    }
}
