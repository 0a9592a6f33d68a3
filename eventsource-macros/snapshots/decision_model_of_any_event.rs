#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::EventOf<Trail> for __p::StoredEvent {}
    impl __p::State for Trail {
        const IS_STATE: bool = true;
    }
    #[automatically_derived]
    impl __p::DecisionModel for Trail {
        const NAME: &'static str = "trail";
        type Event = __p::StoredEvent;
        fn tags(&self, tags: &mut __p::Tags) {
            tags.add(
                "customer",
                <CustomerId as __p::TagValue>::tag_value(&self.customer),
            );
        }
        #[inline]
        fn apply_event(&mut self, event: &__p::StoredEvent, meta: &__p::EventMeta<'_>) {
            <Trail as __p::Apply<__p::StoredEvent>>::apply(self, event, meta)
        }
    }
    impl __p::RegisteredConsumer for Trail {
        const ENTRY: __p::ConsumerEntry = __p::ConsumerEntry::model_here::<Self>();
    }
    __p::inventory::submit! {
        < Trail as __p::RegisteredConsumer > ::ENTRY
    }
};
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
impl Trail {
    /// Before the first event: to be read by a decision.
    #[must_use]
    fn of(customer: impl ::eventsource_core::TagArgument<CustomerId>) -> Self {
        Self {
            customer: ::eventsource_core::TagArgument::into_tag(customer),
            steps: <Vec<String> as ::core::default::Default>::default(),
        }
    }
}
