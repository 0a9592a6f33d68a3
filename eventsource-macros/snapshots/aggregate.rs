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
#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    type __E0 = Placed;
    #[cfg(feature = "returns")]
    type __E1 = Returned;
    #[cfg(feature = "returns")]
    type __Events1 = (__E1, __Events2);
    #[cfg(not(all(feature = "returns")))]
    type __Events1 = __Events2;
    type __Events = (__E0, __Events1);
    type __Events2 = ();
    type __C0 = Place;
    type __Commands = (__C0, ());
    #[automatically_derived]
    impl __es::Aggregate for Order {
        const NAME: &'static str = "order";
        const CREATED: bool = __es::any(
            &[
                <Order as __es::Apply<__E0>>::CREATES,
                #[cfg(feature = "returns")]
                <Order as __es::Apply<__E1>>::CREATES,
            ],
        );
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
            match *event {
                OrderEvent::Placed(ref it) => <Order as __es::Apply<__E0>>::visit(it, to),
                #[cfg(feature = "returns")]
                OrderEvent::Returned(ref it) => {
                    <Order as __es::Apply<__E1>>::visit(it, to)
                }
            }
        }
        const HAS_INVARIANT: bool = true;
        fn check_invariant(&self) -> __es::Result<(), __es::String> {
            __es::InvariantOutcome::outcome((Order::is_sound)(self))
        }
    }
    #[automatically_derived]
    impl __es::MessageSet for OrderEvent {
        const ROWS: &'static [__es::Row] = &[
            <__E0 as __es::Event>::ROW.at(0, "Placed"),
            #[cfg(feature = "returns")]
            <__E1 as __es::Event>::ROW.at(1, "Returned"),
        ];
        fn write<W: __es::MessageWriter>(&self, to: W) -> __es::Result<W::Ok, W::Error> {
            match *self {
                Self::Placed(ref it) => __es::Event::write_event(it, to),
                #[cfg(feature = "returns")]
                Self::Returned(ref it) => __es::Event::write_event(it, to),
            }
        }
        fn read<R: __es::MessageReader>(
            variant: u16,
            from: R,
        ) -> __es::Result<Self, R::Error> {
            match variant {
                0 => __es::Event::read_event(from).map(Self::Placed),
                #[cfg(feature = "returns")]
                1 => __es::Event::read_event(from).map(Self::Returned),
                _ => __es::Err(from.no_such_variant()),
            }
        }
    }
    impl __es::EventSet for OrderEvent {}
    const _: () = {
        #[cfg(feature = "returns")] __es::distinct::<OrderEvent>(1, "event");
    };
    impl __es::Debug for OrderEvent
    where
        for<'a> __Events: __es::DebugEach<'a>,
    {
        fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
            __es::debug::<__Events, Self>(self, f)
        }
    }
    impl __es::PartialEq for OrderEvent
    where
        for<'a> __Events: __es::PartialEqEach<'a>,
    {
        fn eq(&self, other: &Self) -> bool {
            __es::equal::<__Events, Self>(self, other)
        }
    }
    impl __es::Clone for OrderEvent
    where
        for<'a> __Events: __es::CloneEach<'a, Self>,
    {
        #[inline]
        fn clone(&self) -> Self {
            __es::clone::<__Events, Self>(self)
        }
    }
    impl __es::Serialize for OrderEvent {
        fn serialize<S: __es::Serializer>(
            &self,
            to: S,
        ) -> __es::Result<S::Ok, S::Error> {
            __es::serialize(self, to)
        }
    }
    impl<'de> __es::Deserialize<'de> for OrderEvent {
        fn deserialize<D: __es::Deserializer<'de>>(
            from: D,
        ) -> __es::Result<Self, D::Error> {
            __es::deserialize(from)
        }
    }
    impl __es::From<__E0> for OrderEvent {
        fn from(it: __E0) -> Self {
            Self::Placed(it)
        }
    }
    impl __es::EventOf<Order> for __E0 {}
    impl __es::Decision<Order> for __E0 {
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    #[cfg(feature = "returns")]
    impl __es::From<__E1> for OrderEvent {
        fn from(it: __E1) -> Self {
            Self::Returned(it)
        }
    }
    #[cfg(feature = "returns")]
    impl __es::EventOf<Order> for __E1 {}
    #[cfg(feature = "returns")]
    impl __es::Decision<Order> for __E1 {
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    #[automatically_derived]
    impl __es::MessageSet for OrderCommand {
        const ROWS: &'static [__es::Row] = &[
            <__C0 as __es::Command>::ROW.at(0, "Place"),
        ];
        fn write<W: __es::MessageWriter>(&self, to: W) -> __es::Result<W::Ok, W::Error> {
            match *self {
                Self::Place(ref it) => __es::Command::write_command(it, to),
            }
        }
        fn read<R: __es::MessageReader>(
            variant: u16,
            from: R,
        ) -> __es::Result<Self, R::Error> {
            match variant {
                0 => __es::Command::read_command(from).map(Self::Place),
                _ => __es::Err(from.no_such_variant()),
            }
        }
    }
    impl __es::CommandSet for OrderCommand {}
    impl __es::AnyCommand for OrderCommand {
        fn write_any<W: __es::MessageWriter>(
            &self,
            to: W,
        ) -> __es::Result<W::Ok, W::Error> {
            __es::MessageSet::write(self, to)
        }
    }
    const _: () = {};
    impl __es::Debug for OrderCommand
    where
        for<'a> __Commands: __es::DebugEach<'a>,
    {
        fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
            __es::debug::<__Commands, Self>(self, f)
        }
    }
    impl __es::PartialEq for OrderCommand
    where
        for<'a> __Commands: __es::PartialEqEach<'a>,
    {
        fn eq(&self, other: &Self) -> bool {
            __es::equal::<__Commands, Self>(self, other)
        }
    }
    impl __es::Clone for OrderCommand
    where
        for<'a> __Commands: __es::CloneEach<'a, Self>,
    {
        #[inline]
        fn clone(&self) -> Self {
            __es::clone::<__Commands, Self>(self)
        }
    }
    impl __es::Serialize for OrderCommand {
        fn serialize<S: __es::Serializer>(
            &self,
            to: S,
        ) -> __es::Result<S::Ok, S::Error> {
            __es::serialize(self, to)
        }
    }
    impl<'de> __es::Deserialize<'de> for OrderCommand {
        fn deserialize<D: __es::Deserializer<'de>>(
            from: D,
        ) -> __es::Result<Self, D::Error> {
            __es::deserialize(from)
        }
    }
    impl __es::From<__C0> for OrderCommand {
        fn from(it: __C0) -> Self {
            Self::Place(it)
        }
    }
    impl __es::CommandOf<Order> for __C0 {
        const DECIDE: __es::Decide<Order, Self> = __es::Handle::handle;
    }
    impl __es::EventOf<Order> for OrderEvent {}
    impl __es::Decision<Order> for OrderEvent {
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    impl __es::CommandOf<Order> for OrderCommand {
        const DECIDE: __es::Decide<Order, Self> = |command, on| match command {
            Self::Place(it) => __es::CommandOf::decide(it, on),
        };
    }
    impl __es::ErrorOf<Order> for OrderError {
        fn into_error(self) -> Self {
            self
        }
    }
    const _: () = __es::creation::<
        Order,
    >("Order", &[<Order as __es::Handle<__C0>>::CREATES]);
    impl __es::Registered for Order {
        const ENTRY: __es::AggregateEntry = __es::AggregateEntry::here::<Self>();
    }
    __es::inventory::submit! {
        < Order as __es::Registered > ::ENTRY
    }
};
