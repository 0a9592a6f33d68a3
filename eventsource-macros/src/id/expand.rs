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
        impl __es::Debug for #ident {
            fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
                f.debug_tuple(#name).field(&self.#member).finish()
            }
        }
        #[automatically_derived]
        impl __es::Clone for #ident {
            fn clone(&self) -> Self {
                Self { #member: __es::Clone::clone(&self.#member) }
            }
        }
        #[automatically_derived]
        impl __es::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool {
                self.#member == other.#member
            }
        }
        #[automatically_derived]
        impl __es::cmp::Eq for #ident {}
        #[automatically_derived]
        impl __es::cmp::PartialOrd for #ident {
            fn partial_cmp(&self, other: &Self) -> __es::Option<__es::cmp::Ordering> {
                __es::Some(__es::cmp::Ord::cmp(self, other))
            }
        }
        #[automatically_derived]
        impl __es::cmp::Ord for #ident {
            fn cmp(&self, other: &Self) -> __es::cmp::Ordering {
                __es::cmp::Ord::cmp(&self.#member, &other.#member)
            }
        }
        #[automatically_derived]
        impl __es::hash::Hash for #ident {
            fn hash<H: __es::hash::Hasher>(&self, state: &mut H) {
                __es::hash::Hash::hash(&self.#member, state);
            }
        }
        #[automatically_derived]
        impl __es::From<#inner> for #ident {
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
        impl __es::fmt::Display for #ident {
            fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
                __es::fmt::Display::fmt(&self.#member, f)
            }
        }
        #[automatically_derived]
        impl __es::FromStr for #ident {
            type Err = __es::InvalidId;
            fn from_str(text: &str) -> __es::Result<Self, __es::InvalidId> {
                match <#inner as __es::FromStr>::from_str(text) {
                    __es::Ok(value) => __es::Ok(Self { #member: value }),
                    __es::Err(error) => {
                        __es::Err(__es::InvalidId::new(#name, text, error))
                    }
                }
            }
        }
        #[automatically_derived]
        impl __es::Id for #ident {
            fn parse(text: &str) -> __es::Result<Self, __es::InvalidId> {
                <Self as __es::FromStr>::from_str(text)
            }
        }
        #[automatically_derived]
        impl __es::TagValue for #ident {
            fn tag_value(&self) -> __es::Option<__es::String> {
                __es::Some(__es::ToString::to_string(&self.#member))
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
        impl __es::Serialize for #ident {
            fn serialize<S: __es::Serializer>(&self, serializer: S) -> __es::Result<S::Ok, S::Error> {
                __es::Serialize::serialize(&self.#member, serializer)
            }
        }
        #[automatically_derived]
        impl<'de> __es::Deserialize<'de> for #ident {
            fn deserialize<D: __es::Deserializer<'de>>(deserializer: D) -> __es::Result<Self, D::Error> {
                match <#inner as __es::Deserialize<'de>>::deserialize(deserializer) {
                    __es::Ok(value) => __es::Ok(Self { #member: value }),
                    __es::Err(error) => __es::Err(error),
                }
            }
        }
    }
}
