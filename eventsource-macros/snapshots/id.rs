#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    #[automatically_derived]
    impl __es::Debug for OrderId {
        fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
            f.debug_tuple("OrderId").field(&self.0).finish()
        }
    }
    #[automatically_derived]
    impl __es::Clone for OrderId {
        fn clone(&self) -> Self {
            Self {
                0: __es::Clone::clone(&self.0),
            }
        }
    }
    #[automatically_derived]
    impl __es::PartialEq for OrderId {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    #[automatically_derived]
    impl __es::cmp::Eq for OrderId {}
    #[automatically_derived]
    impl __es::cmp::PartialOrd for OrderId {
        fn partial_cmp(&self, other: &Self) -> __es::Option<__es::cmp::Ordering> {
            __es::Some(__es::cmp::Ord::cmp(self, other))
        }
    }
    #[automatically_derived]
    impl __es::cmp::Ord for OrderId {
        fn cmp(&self, other: &Self) -> __es::cmp::Ordering {
            __es::cmp::Ord::cmp(&self.0, &other.0)
        }
    }
    #[automatically_derived]
    impl __es::hash::Hash for OrderId {
        fn hash<H: __es::hash::Hasher>(&self, state: &mut H) {
            __es::hash::Hash::hash(&self.0, state);
        }
    }
    #[automatically_derived]
    impl __es::From<Uuid> for OrderId {
        fn from(value: Uuid) -> Self {
            Self { 0: value }
        }
    }
    #[automatically_derived]
    impl __es::fmt::Display for OrderId {
        fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
            __es::fmt::Display::fmt(&self.0, f)
        }
    }
    #[automatically_derived]
    impl __es::FromStr for OrderId {
        type Err = __es::InvalidId;
        fn from_str(text: &str) -> __es::Result<Self, __es::InvalidId> {
            match <Uuid as __es::FromStr>::from_str(text) {
                __es::Ok(value) => __es::Ok(Self { 0: value }),
                __es::Err(error) => {
                    __es::Err(__es::InvalidId::new("OrderId", text, error))
                }
            }
        }
    }
    #[automatically_derived]
    impl __es::Id for OrderId {
        fn parse(text: &str) -> __es::Result<Self, __es::InvalidId> {
            <Self as __es::FromStr>::from_str(text)
        }
    }
    #[automatically_derived]
    impl __es::TagValue for OrderId {
        fn tag_value(&self) -> __es::Option<__es::String> {
            __es::Some(__es::ToString::to_string(&self.0))
        }
    }
    #[automatically_derived]
    impl __es::Serialize for OrderId {
        fn serialize<S: __es::Serializer>(
            &self,
            serializer: S,
        ) -> __es::Result<S::Ok, S::Error> {
            __es::Serialize::serialize(&self.0, serializer)
        }
    }
    #[automatically_derived]
    impl<'de> __es::Deserialize<'de> for OrderId {
        fn deserialize<D: __es::Deserializer<'de>>(
            deserializer: D,
        ) -> __es::Result<Self, D::Error> {
            match <Uuid as __es::Deserialize<'de>>::deserialize(deserializer) {
                __es::Ok(value) => __es::Ok(Self { 0: value }),
                __es::Err(error) => __es::Err(error),
            }
        }
    }
};
