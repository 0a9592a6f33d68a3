#[automatically_derived]
impl ::eventsource_core::Event for Placed {
    const NAME: &'static str = "order.placed";
    const VERSION: u32 = 2;
    const PLACE: ::eventsource_core::Place = ::eventsource_core::Place::here();
    #[cfg_attr(clippy, allow(clippy::all, clippy::nursery, clippy::pedantic))]
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
}
