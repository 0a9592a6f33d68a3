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
#[allow(deprecated, unused_qualifications, unused_variables)]
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
            match *event {
                OrderEvent::Placed(ref it) => {
                    <Self as __p::Apply<__Event<__E0>>>::visit(it, to)
                }
                #[cfg(feature = "returns")]
                OrderEvent::Returned(ref it) => {
                    <Self as __p::Apply<__Event<__E1>>>::visit(it, to)
                }
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
    type __Event<T> = <T as __p::Known<
        { <OrderEvent as __p::MessageSet>::ROWS.is_empty() },
    >>::Type;
    impl __p::MessageSet for OrderEvent {
        const ROWS: &'static [__p::Row] = &[
            <__E0 as __p::Event>::ROW.at(0, "Placed"),
            #[cfg(feature = "returns")]
            <__E1 as __p::Event>::ROW.at(1, "Returned"),
        ];
        fn write<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
            match *self {
                Self::Placed(ref it) => __p::Event::write_event(it, to),
                #[cfg(feature = "returns")]
                Self::Returned(ref it) => __p::Event::write_event(it, to),
            }
        }
        fn read<R: __p::MessageReader>(
            variant: u16,
            from: R,
        ) -> __p::Result<Self, R::Error> {
            match variant {
                0 => __p::Event::read_event(from).map(Self::Placed),
                #[cfg(feature = "returns")]
                1 => __p::Event::read_event(from).map(Self::Returned),
                _ => __p::Err(from.no_such_variant()),
            }
        }
    }
    impl __p::EventSet for OrderEvent {}
    const _: () = {
        __p::listed::<OrderEvent>(0);
        #[cfg(feature = "returns")] __p::listed::<OrderEvent>(1);
    };
    impl __p::Debug for OrderEvent
    where
        for<'a> __Events: __p::DebugEach<'a>,
    {
        fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
            __p::debug::<__Events, Self>(self, f)
        }
    }
    impl __p::PartialEq for OrderEvent
    where
        for<'a> __Events: __p::PartialEqEach<'a>,
    {
        fn eq(&self, other: &Self) -> bool {
            __p::equal::<__Events, Self>(self, other)
        }
    }
    impl __p::Clone for OrderEvent
    where
        for<'a> __Events: __p::CloneEach<'a, Self>,
    {
        #[inline]
        fn clone(&self) -> Self {
            __p::clone::<__Events, Self>(self)
        }
    }
    impl __p::serde::Serialize for OrderEvent {
        fn serialize<S: __p::serde::Serializer>(
            &self,
            to: S,
        ) -> __p::Result<S::Ok, S::Error> {
            __p::serialize(self, to)
        }
    }
    impl<'de> __p::serde::Deserialize<'de> for OrderEvent {
        fn deserialize<D: __p::serde::Deserializer<'de>>(
            from: D,
        ) -> __p::Result<Self, D::Error> {
            __p::deserialize(from)
        }
    }
    impl __p::From<__E0> for OrderEvent {
        fn from(it: __E0) -> Self {
            Self::Placed(it)
        }
    }
    #[cfg(feature = "returns")]
    impl __p::From<__E1> for OrderEvent {
        fn from(it: __E1) -> Self {
            Self::Returned(it)
        }
    }
    impl __p::Decision<Order> for __E0 {
        type By = __p::AsEvent;
    }
    #[cfg(feature = "returns")]
    impl __p::Decision<Order> for __E1 {
        type By = __p::AsEvent;
    }
    impl __p::Decision<Order> for __Event<OrderEvent> {
        type By = __p::AsEvent;
    }
    type __Commands = (__C0, ());
    type __Command<T> = <T as __p::Known<
        { <OrderCommand as __p::MessageSet>::ROWS.is_empty() },
    >>::Type;
    impl __p::MessageSet for OrderCommand {
        const ROWS: &'static [__p::Row] = &[<__C0 as __p::Command>::ROW.at(0, "Place")];
        fn write<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
            match *self {
                Self::Place(ref it) => __p::Command::write_command(it, to),
            }
        }
        fn read<R: __p::MessageReader>(
            variant: u16,
            from: R,
        ) -> __p::Result<Self, R::Error> {
            match variant {
                0 => __p::Command::read_command(from).map(Self::Place),
                _ => __p::Err(from.no_such_variant()),
            }
        }
    }
    impl __p::CommandSet for OrderCommand {}
    impl __p::AnyCommand for OrderCommand {
        type By = __p::AsCommandSet;
    }
    const _: () = {};
    impl __p::Debug for OrderCommand
    where
        for<'a> __Commands: __p::DebugEach<'a>,
    {
        fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
            __p::debug::<__Commands, Self>(self, f)
        }
    }
    impl __p::PartialEq for OrderCommand
    where
        for<'a> __Commands: __p::PartialEqEach<'a>,
    {
        fn eq(&self, other: &Self) -> bool {
            __p::equal::<__Commands, Self>(self, other)
        }
    }
    impl __p::Clone for OrderCommand
    where
        for<'a> __Command<__Commands>: __p::CloneEach<'a, Self>,
    {
        #[inline]
        fn clone(&self) -> Self {
            __p::clone::<__Command<__Commands>, Self>(self)
        }
    }
    impl __p::serde::Serialize for OrderCommand {
        fn serialize<S: __p::serde::Serializer>(
            &self,
            to: S,
        ) -> __p::Result<S::Ok, S::Error> {
            __p::serialize(self, to)
        }
    }
    impl<'de> __p::serde::Deserialize<'de> for OrderCommand {
        fn deserialize<D: __p::serde::Deserializer<'de>>(
            from: D,
        ) -> __p::Result<Self, D::Error> {
            __p::deserialize(from)
        }
    }
    impl __p::From<__C0> for OrderCommand {
        fn from(it: __C0) -> Self {
            Self::Place(it)
        }
    }
    impl __p::DispatchedBy<Order> for __C0 {
        const HANDLER: __p::Handler<Order, Self> = <Order as __p::Handle<
            __Command<__C0>,
        >>::HANDLER;
    }
    impl __p::DispatchedBy<Order> for OrderCommand {
        const HANDLER: __p::Handler<Order, Self> = __p::Handler::new(|command, on| match command {
            Self::Place(it) => __p::decide(it, on),
        });
    }
    const _: () = __p::creation::<Order, __Commands>("Order");
    impl __p::Registered for Order {
        const ENTRY: __p::AggregateEntry = __p::AggregateEntry::here::<Self>()
            .with_docs("An order of a customer.\n\nIt is placed once.");
    }
    __p::inventory::submit! {
        < Order as __p::Registered > ::ENTRY
    }
};
