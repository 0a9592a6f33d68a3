/// Everything that can happen to [`Order`].
#[allow(deprecated, missing_docs)]
pub enum OrderEvent {
    Placed(Placed),
    #[cfg(feature = "returns")]
    Returned(Returned),
}
/// Everything that can be asked of [`Order`].
#[allow(deprecated, missing_docs)]
pub enum OrderCommand {
    Place(Place),
}
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
    type __C0 = Place;
    impl __p::Aggregate for Order {
        const NAME: &'static str = "order";
        const CREATED: bool = __p::any(
            &[
                <Self as __p::Apply<__Event<__E0>>>::CREATES,
                #[cfg(feature = "returns")]
                <Self as __p::Apply<__Event<__E1>>>::CREATES,
            ],
        );
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
            match *event {
                OrderEvent::Placed(ref it) => to.visit(it),
                #[cfg(feature = "returns")]
                OrderEvent::Returned(ref it) => to.visit(it),
            }
        }
        const HAS_INVARIANT: bool = true;
        fn check_invariant(&self) -> __p::Result<(), __p::String> {
            __p::InvariantOutcome::outcome((Order::is_sound)(self))
        }
    }
    #[cfg(feature = "returns")]
    type __Events1 = (__E1, __Events2);
    #[cfg(not(all(feature = "returns")))]
    type __Events1 = __Events2;
    type __Events = (__E0, __Events1);
    type __Events2 = ();
    __p::event_enum! {
        [__p::Decision < Order >] OrderEvent 0 "Placed" __E0 Placed, #[cfg(feature =
        "returns")] 1 "Returned" __E1 Returned,
    }
    const _: () = {
        __p::listed::<OrderEvent>(0);
        #[cfg(feature = "returns")] __p::listed::<OrderEvent>(1);
    };
    type __Commands = (__C0, ());
    __p::command_enum! {
        [__p::DispatchedBy < Order >] Order OrderCommand 0 "Place" __C0 Place Order,
    }
    const _: () = {};
    const _: () = __p::creation::<Order, __Commands>("Order");
    impl __p::Registered for Order {
        const ENTRY: __p::AggregateEntry = __p::AggregateEntry::here::<Self>()
            .with_docs("An order of a customer.\n\nIt is placed once.");
    }
    __p::inventory::submit! {
        < Order as __p::Registered > ::ENTRY
    }
};
