#[derive(
    ::core::fmt::Debug,
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
)]
#[serde(crate = "::eventsource_core::private::serde")]
/// An order.
pub struct Order {
    /// How many.
    pub count: u32,
}
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
    const _: () = {
        type __Field = u32;
        const _: __p::KeptField<__Field> = __p::KeptField::NEW;
    };
    impl __p::Snapshotted for Order {
        const FINGERPRINT: __p::Fingerprint = __p::fingerprint::<
            Self,
        >(10680745893854478224, &[<Self as __p::Apply<OrderEvent>>::TOKENS]);
        const EVERY: u64 = 50;
    }
    impl __p::Registered for Order {
        const ENTRY: __p::AggregateEntry = __p::AggregateEntry::here::<Self>()
            .with_docs("An order.")
            .with_snapshots::<Self>();
    }
    __p::inventory::submit! {
        < Order as __p::Registered > ::ENTRY
    }
};
impl __p::Snapshotted for Order {
    const FINGERPRINT: __p::Fingerprint = __p::fingerprint::<
        Self,
    >(
        10680745893854478224,
        &[
            <Self as __p::Apply<__Event<__E0>>>::TOKENS,
            #[cfg(feature = "returns")]
            <Self as __p::Apply<__Event<__E1>>>::TOKENS,
        ],
    );
    const EVERY: u64 = 50;
}
