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
    #[automatically_derived]
    impl ::eventsource_core::EventOf<Order> for OrderEvent {}
    #[automatically_derived]
    impl ::eventsource_core::Decision<Order> for OrderEvent {
        #[inline]
        fn record(
            self,
            events: &mut ::eventsource_core::Events<Order>,
        ) -> ::core::result::Result<
            (),
            <Order as ::eventsource_core::Aggregate>::Error,
        > {
            events.push(self);
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::ListedCommand<Order> for OrderCommand {
        #[inline]
        fn decide(
            self,
            state: ::core::option::Option<&Order>,
            context: &::eventsource_core::Context<'_, Order>,
            events: &mut ::eventsource_core::Events<Order>,
        ) -> ::core::result::Result<
            (),
            ::eventsource_core::Rejection<
                <Order as ::eventsource_core::Aggregate>::Error,
            >,
        > {
            <Order as ::eventsource_core::Handle<
                OrderCommand,
            >>::handle(state, self, context, events)
        }
    }
    const __IS_HANDLED: bool = <Order as ::eventsource_core::Handle<
        OrderCommand,
    >>::CREATES;
    #[automatically_derived]
    impl ::eventsource_core::Aggregate for Order {
        const NAME: &'static str = "Order";
        const CREATED: bool = <Order as ::eventsource_core::Apply<OrderEvent>>::CREATES;
        type Id = OrderId;
        type Error = OrderError;
        type Event = OrderEvent;
        type Command = OrderCommand;
        fn initial() -> ::core::option::Option<Self> {
            <::eventsource_core::private::Start<
                { <Order as ::eventsource_core::Aggregate>::CREATED },
            > as ::eventsource_core::private::Initial<Order>>::initial()
        }
        fn create_from(
            event: &OrderEvent,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::option::Option<Self> {
            <Order as ::eventsource_core::Apply<OrderEvent>>::create(event, meta)
        }
        #[inline]
        fn apply_event(
            &mut self,
            event: &OrderEvent,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
            <Order as ::eventsource_core::Apply<OrderEvent>>::apply(self, event, meta)
        }
    }
    type __Handles = <Order as ::eventsource_core::private::Known<
        { __IS_HANDLED },
    >>::Type;
    #[automatically_derived]
    impl ::eventsource_core::Registered for __Handles {
        const ENTRY: ::eventsource_core::AggregateEntry = ::eventsource_core::AggregateEntry::of::<
            Self,
        >(::eventsource_core::message::Place {
            file: ::core::file!(),
            line: ::core::line!(),
        });
    }
    ::eventsource_core::private::inventory::submit! {
        < __Handles as ::eventsource_core::Registered > ::ENTRY
    }
};
