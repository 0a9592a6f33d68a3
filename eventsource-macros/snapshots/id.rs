#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    #[automatically_derived]
    impl __p::Debug for OrderId {
        fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
            __p::shown(f, "OrderId", &self.0)
        }
    }
    #[automatically_derived]
    impl __p::Clone for OrderId {
        fn clone(&self) -> Self {
            Self {
                0: __p::Clone::clone(&self.0),
            }
        }
    }
    #[automatically_derived]
    impl __p::PartialEq for OrderId {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl __p::cmp::Eq for OrderId {}
    #[automatically_derived]
    impl __p::cmp::PartialOrd for OrderId {
        fn partial_cmp(&self, other: &Self) -> __p::Option<__p::cmp::Ordering> {
            __p::Some(__p::cmp::Ord::cmp(self, other))
        }
    }
    #[automatically_derived]
    impl __p::cmp::Ord for OrderId {
        fn cmp(&self, other: &Self) -> __p::cmp::Ordering {
            __p::cmp::Ord::cmp(&self.0, &other.0)
        }
    }
    #[automatically_derived]
    impl __p::hash::Hash for OrderId {
        fn hash<H: __p::hash::Hasher>(&self, state: &mut H) {
            __p::hash::Hash::hash(&self.0, state);
        }
    }
    #[automatically_derived]
    impl __p::From<Uuid> for OrderId {
        fn from(value: Uuid) -> Self {
            Self { 0: value }
        }
    }
    #[automatically_derived]
    impl __p::fmt::Display for OrderId {
        fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
            __p::fmt::Display::fmt(&self.0, f)
        }
    }
    #[automatically_derived]
    impl __p::FromStr for OrderId {
        type Err = __p::InvalidId;
        fn from_str(text: &str) -> __p::Result<Self, __p::InvalidId> {
            match <Uuid as __p::FromStr>::from_str(text) {
                __p::Ok(value) => __p::Ok(Self { 0: value }),
                __p::Err(error) => __p::Err(__p::InvalidId::new("OrderId", text, error)),
            }
        }
    }
    #[automatically_derived]
    impl __p::Id for OrderId {
        fn parse(text: &str) -> __p::Result<Self, __p::InvalidId> {
            <Self as __p::FromStr>::from_str(text)
        }
    }
    #[automatically_derived]
    impl __p::TagValue for OrderId {
        fn tag_value(&self) -> __p::Option<__p::String> {
            __p::Some(__p::ToString::to_string(&self.0))
        }
    }
    #[automatically_derived]
    impl __p::serde::Serialize for OrderId {
        fn serialize<S: __p::serde::Serializer>(
            &self,
            serializer: S,
        ) -> __p::Result<S::Ok, S::Error> {
            __p::serde::Serialize::serialize(&self.0, serializer)
        }
    }
    #[automatically_derived]
    impl<'de> __p::serde::Deserialize<'de> for OrderId {
        fn deserialize<D: __p::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> __p::Result<Self, D::Error> {
            match <Uuid as __p::serde::Deserialize<'de>>::deserialize(deserializer) {
                __p::Ok(value) => __p::Ok(Self { 0: value }),
                __p::Err(error) => __p::Err(error),
            }
        }
    }
};
