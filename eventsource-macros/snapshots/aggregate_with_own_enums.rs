#[allow(deprecated, unused_qualifications)]
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
            let to: <V as __p::Known<{ <Order as __p::Aggregate>::CREATED }>>::Type = to;
            to.visit(event)
        }
    }
    impl __p::Decision<Order> for OrderEvent {
        type By = __p::AsEvent;
    }
    const _: () = __p::whole::<Order>();
    impl __p::DispatchedBy<Order> for OrderCommand {
        const HANDLER: __p::Handler<Order, Self> = <Order as __p::Handle<
            OrderCommand,
        >>::HANDLER;
    }
    impl __p::Registered for Order {
        const ENTRY: __p::AggregateEntry = __p::AggregateEntry::here::<Self>();
    }
    __p::inventory::submit! {
        < Order as __p::Registered > ::ENTRY
    }
};
