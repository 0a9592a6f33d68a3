#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    #[automatically_derived]
    impl __es::Aggregate for Order {
        const NAME: &'static str = "Order";
        const CREATED: bool = __es::any(&[<Order as __es::Apply<OrderEvent>>::CREATES]);
        type Id = OrderId;
        type Error = OrderError;
        type Event = OrderEvent;
        type Command = OrderCommand;
        fn initial() -> __es::Option<Self> {
            <__es::Start<
                { <Order as __es::Aggregate>::CREATED },
            > as __es::Initial<Order>>::initial()
        }
        #[inline]
        fn visit_event<V: __es::EventVisitor<Self>>(
            event: &OrderEvent,
            to: V,
        ) -> V::Output {
            <Order as __es::Apply<OrderEvent>>::visit(event, to)
        }
    }
    impl __es::EventOf<Order> for OrderEvent {}
    impl __es::Decision<Order> for OrderEvent {
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    impl __es::CommandOf<Order> for OrderCommand {
        const DECIDE: __es::Decide<Order, Self> = __es::Handle::handle;
    }
    impl __es::ErrorOf<Order> for OrderError {
        fn into_error(self) -> Self {
            self
        }
    }
    impl __es::Registered for Order {
        const ENTRY: __es::AggregateEntry = __es::AggregateEntry::here::<Self>();
    }
    __es::inventory::submit! {
        < Order as __es::Registered > ::ENTRY
    }
};
