#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    type __E0 = Placed;
    #[cfg(feature = "returns")]
    type __E1 = Returned;
    pub enum __StockEvent {
        Placed(__E0),
        #[cfg(feature = "returns")]
        Returned(__E1),
    }
    __p::event_set! {
        __StockEvent 0 "Placed" __E0 Placed, #[cfg(feature = "returns")] 1 "Returned"
        __E1 Returned,
    }
    const _: () = {
        __p::listed::<__StockEvent>(0);
        #[cfg(feature = "returns")] __p::listed::<__StockEvent>(1);
    };
    impl __p::EventOf<Stock> for __E0 {}
    const _: () = {
        __p::tagged(<__E0 as __p::Event>::SHAPE, "sku", "Placed", "Stock");
        __p::not_created(<Stock as __p::Apply<__E0>>::CREATES, "Placed", "Stock");
    };
    #[cfg(feature = "returns")]
    impl __p::EventOf<Stock> for __E1 {}
    #[cfg(feature = "returns")]
    const _: () = {
        __p::tagged(<__E1 as __p::Event>::SHAPE, "sku", "Returned", "Stock");
        __p::not_created(<Stock as __p::Apply<__E1>>::CREATES, "Returned", "Stock");
    };
    impl __p::State for Stock {
        const IS_STATE: bool = true;
    }
    #[automatically_derived]
    impl __p::DecisionModel for Stock {
        const NAME: &'static str = "Stock";
        type Event = __StockEvent;
        fn tags(&self, tags: &mut __p::Tags) {
            tags.add("sku", <Article as __p::TagValue>::tag_value(&self.article));
        }
        #[inline]
        fn apply_event(&mut self, event: &__StockEvent, meta: &__p::EventMeta<'_>) {
            match *event {
                __StockEvent::Placed(ref it) => {
                    <Self as __p::Apply<__E0>>::apply(self, it, meta)
                }
                #[cfg(feature = "returns")]
                __StockEvent::Returned(ref it) => {
                    <Self as __p::Apply<__E1>>::apply(self, it, meta)
                }
            }
        }
    }
    impl __p::RegisteredConsumer for Stock {
        const ENTRY: __p::ConsumerEntry = __p::ConsumerEntry::model_here::<Self>();
    }
    __p::inventory::submit! {
        < Stock as __p::RegisteredConsumer > ::ENTRY
    }
};
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
impl Stock {
    /// Before the first event: to be read by a decision.
    #[must_use]
    pub fn of(article: impl ::eventsource_core::TagArgument<Article>) -> Self {
        Self {
            article: ::eventsource_core::TagArgument::into_tag(article),
            left: <u32 as ::core::default::Default>::default(),
        }
    }
}
