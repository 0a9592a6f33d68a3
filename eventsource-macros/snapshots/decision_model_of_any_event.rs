#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    #[automatically_derived]
    impl ::eventsource_core::EventOf<Trail> for ::eventsource_core::StoredEvent {}
    #[automatically_derived]
    impl ::eventsource_core::DecisionModel for Trail {
        const NAME: &'static str = "trail";
        type Event = ::eventsource_core::StoredEvent;
        fn tags(&self, tags: &mut ::eventsource_core::Tags) {
            tags.add(
                "customer",
                <CustomerId as ::eventsource_core::TagValue>::tag_value(&self.customer),
            );
        }
        #[inline]
        fn apply_event(
            &mut self,
            event: &::eventsource_core::StoredEvent,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
            <Trail as ::eventsource_core::Apply<
                ::eventsource_core::StoredEvent,
            >>::apply(self, event, meta)
        }
    }
};
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
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
