#[derive(
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
)]
#[serde(crate = "::eventsource_core::private::serde")]
#[cfg_attr(clippy, allow(clippy::derive_partial_eq_without_eq))]
pub struct Placed {
    #[cfg_attr(
        not(doc),
        serde(bound = "for<'__a> Customer: ::eventsource_core::private::FieldIf<'__a>")
    )]
    pub customer: Option<Customer>,
    pub count: u32,
}
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    const __VALUES: bool = {
        <Customer as __p::Value>::IS_VALUE;
        true
    };
    enum __Block {}
    type __Anything = <__Block as __p::Known<{ __VALUES }>>::Type;
    impl<'a> __p::FieldIf<'a> for __Anything
    where
        for<'b> __Anything: __p::FieldIf<'b>,
    {}
    type __T0 = <Option<Customer> as __p::Known<{ __VALUES }>>::Type;
    type __T1 = <u32 as __p::Known<{ __VALUES }>>::Type;
    #[automatically_derived]
    impl __p::Debug for Placed {
        fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
            __p::show_fields(
                f,
                "Placed",
                &[
                    ("customer", __p::shown_as::<__T0>(&self.customer)),
                    ("count", __p::shown_as::<__T1>(&self.count)),
                ],
            )
        }
    }
    #[automatically_derived]
    impl __p::Clone for Placed {
        fn clone(&self) -> Self {
            Self {
                customer: <__T0 as __p::Clone>::clone(&self.customer),
                count: <__T1 as __p::Clone>::clone(&self.count),
            }
        }
    }
    #[automatically_derived]
    impl __p::PartialEq for Placed {
        fn eq(&self, other: &Self) -> bool {
            <__T0 as __p::PartialEq>::eq(&self.customer, &other.customer)
                && <__T1 as __p::PartialEq>::eq(&self.count, &other.count)
        }
    }
    impl __p::Event for Placed {
        const NAME: &'static str = "Placed";
        const SOURCE: __p::Source = __p::Source::here(
            "customer: Option<Customer>\ncount: u32",
        );
    }
};
