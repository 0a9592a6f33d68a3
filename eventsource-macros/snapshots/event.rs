#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    const _: () = {
        type __Field = CustomerId;
        const _: __p::Stored<__Field> = __p::Stored::NEW;
    };
    impl __p::Event for Placed {
        const NAME: &'static str = "order.placed";
        const VERSION: u32 = 2;
        const SOURCE: __p::Source = __p::Source::here(
            "//! An order was placed.\n#customer\ncustomer: CustomerId\n#sku\narticle: String\ncount: u32",
        );
        const TAGS: &'static [&'static str] = &["customer", "sku"];
        fn tags(&self, tags: &mut __p::Tags) {
            tags.add(
                "customer",
                <CustomerId as __p::TagValue>::tag_value(&self.customer),
            );
            tags.add("sku", <String as __p::TagValue>::tag_value(&self.article));
        }
        const SHAPE: &'static __p::Shape = &__p::Shape {
            since: 2,
            ..__p::Shape::of::<Self>()
        };
        fn stream(&self) -> __p::Result<__p::StreamName, __p::InvalidStreamName> {
            __p::stream(
                ::core::format_args!("order/{}-{}", & self.customer, & self.article),
            )
        }
    }
};
