#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
const _: () = {
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderId {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::eventsource_core::private::shown(f, "OrderId", &self.0)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrderId {
        fn clone(&self) -> Self {
            Self {
                0: ::core::clone::Clone::clone(&self.0),
            }
        }
    }
    #[automatically_derived]
    impl ::core::cmp::PartialEq for OrderId {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl ::core::cmp::Eq for OrderId {}
    #[automatically_derived]
    impl ::core::cmp::PartialOrd for OrderId {
        fn partial_cmp(
            &self,
            other: &Self,
        ) -> ::core::option::Option<::core::cmp::Ordering> {
            ::core::option::Option::Some(::core::cmp::Ord::cmp(self, other))
        }
    }
    #[automatically_derived]
    impl ::core::cmp::Ord for OrderId {
        fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
            ::core::cmp::Ord::cmp(&self.0, &other.0)
        }
    }
    #[automatically_derived]
    impl ::core::hash::Hash for OrderId {
        fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
            ::core::hash::Hash::hash(&self.0, state);
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Uuid> for OrderId {
        fn from(value: Uuid) -> Self {
            Self { 0: value }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Display for OrderId {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Display::fmt(&self.0, f)
        }
    }
    #[automatically_derived]
    impl ::core::str::FromStr for OrderId {
        type Err = ::eventsource_core::InvalidId;
        fn from_str(
            text: &str,
        ) -> ::core::result::Result<Self, ::eventsource_core::InvalidId> {
            match <Uuid as ::core::str::FromStr>::from_str(text) {
                ::core::result::Result::Ok(value) => {
                    ::core::result::Result::Ok(Self { 0: value })
                }
                ::core::result::Result::Err(error) => {
                    ::core::result::Result::Err(
                        ::eventsource_core::InvalidId::new("OrderId", text, error),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::Id for OrderId {
        fn parse(
            text: &str,
        ) -> ::core::result::Result<Self, ::eventsource_core::InvalidId> {
            <Self as ::core::str::FromStr>::from_str(text)
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::TagValue for OrderId {
        fn tag_value(
            &self,
        ) -> ::core::option::Option<::eventsource_core::private::String> {
            ::core::option::Option::Some(
                ::eventsource_core::private::ToString::to_string(&self.0),
            )
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::private::serde::Serialize for OrderId {
        fn serialize<S: ::eventsource_core::private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::eventsource_core::private::serde::Serialize::serialize(&self.0, serializer)
        }
    }
    #[automatically_derived]
    impl<'de> ::eventsource_core::private::serde::Deserialize<'de> for OrderId {
        fn deserialize<D: ::eventsource_core::private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            match <Uuid as ::eventsource_core::private::serde::Deserialize<
                'de,
            >>::deserialize(deserializer) {
                ::core::result::Result::Ok(value) => {
                    ::core::result::Result::Ok(Self { 0: value })
                }
                ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
            }
        }
    }
};
