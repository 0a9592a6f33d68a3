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
    const _: () = {
        type __Field = CustomerId;
        const _: ::eventsource_core::private::Stored<__Field> = ::eventsource_core::private::Stored::NEW;
    };
    #[automatically_derived]
    impl ::eventsource_core::Event for Placed {
        const NAME: &'static str = "order.placed";
        const VERSION: u32 = 2u32;
        const PLACE: ::eventsource_core::message::Place = ::eventsource_core::message::Place {
            file: ::core::file!(),
            line: ::core::line!(),
        };
        const TAGS: &'static [&'static str] = &["customer", "sku"];
        fn tags(&self, tags: &mut ::eventsource_core::Tags) {
            tags.add(
                "customer",
                <CustomerId as ::eventsource_core::TagValue>::tag_value(&self.customer),
            );
            tags.add(
                "sku",
                <String as ::eventsource_core::TagValue>::tag_value(&self.article),
            );
        }
        fn stream(
            &self,
        ) -> ::core::result::Result<
            ::eventsource_core::StreamName,
            ::eventsource_core::InvalidStreamName,
        > {
            ::eventsource_core::private::stream(
                ::core::format_args!("order/{}-{}", & self.customer, & self.article),
            )
        }
    }
};
