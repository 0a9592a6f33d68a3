#[allow(deprecated, unreachable_patterns, unused_qualifications, unused_variables)]
#[allow(clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    #[automatically_derived]
    impl __es::Event for Placed {
        const NAME: &'static str = "order.placed";
        const VERSION: u32 = 2;
        const PLACE: __es::Place = __es::Place::here();
        fn tags(&self, tags: &mut __es::Tags) {
            tags.add(
                "customer",
                <CustomerId as __es::TagValue>::tag_value(&self.customer),
            );
            tags.add("sku", <String as __es::TagValue>::tag_value(&self.article));
        }
    }
};
