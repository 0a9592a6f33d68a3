#[allow(deprecated, unused_qualifications, unused_variables)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Aggregate for Order {
        const NAME: &'static str = "Order";
        const CREATED: bool = __p::any(&[<Self as __p::Apply<OrderEvent>>::CREATES]);
        type Id = OrderId;
        type Error = OrderError;
        type Event = OrderEvent;
        type Command = OrderCommand;
        fn initial() -> __p::Option<Self> {
            <__p::Start<
                { <Order as __p::Aggregate>::CREATED },
            > as __p::Initial<Order>>::initial()
        }
        #[inline]
        fn visit_event<V: __p::EventVisitor<Self>>(
            event: &OrderEvent,
            to: V,
        ) -> V::Output {
            <Self as __p::Apply<OrderEvent>>::visit(event, to)
        }
    }
    impl __p::Decision<Order> for OrderEvent {
        fn record(self, to: &mut __p::Events<Order>) -> __p::Recorded<Order> {
            __p::record(self, to)
        }
    }
    impl __p::ListedCommand<Order> for OrderCommand {
        const HANDLER: __p::Handler<Order, Self> = <Order as __p::Handle<
            OrderCommand,
        >>::HANDLER;
    }
    const _: () = __p::whole::<Order>();
    impl __p::Registered for Order {
        const ENTRY: __p::AggregateEntry = __p::AggregateEntry::here::<Self>();
    }
    __p::inventory::submit! {
        < Order as __p::Registered > ::ENTRY
    }
};
