/// Everything that can happen to [`Order`].
#[allow(deprecated)]
pub enum OrderEvent {
    /// See [`Placed`].
    Placed(Placed),
    #[cfg(feature = "returns")]
    /// See [`Returned`].
    Returned(Returned),
}
/// Everything that can be asked of [`Order`].
#[allow(deprecated)]
pub enum OrderCommand {
    /// See [`Place`].
    Place(Place),
}
#[allow(deprecated, unreachable_patterns, unused_qualifications, unused_variables)]
#[allow(clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    type __E0 = Placed;
    #[cfg(feature = "returns")]
    type __E1 = Returned;
    #[cfg(not(all(feature = "returns")))]
    type __E1 = ();
    type __C0 = Place;
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
    impl __es::Handle<OrderCommand> for Order {
        #[inline]
        fn handle(
            state: __es::Option<&Self>,
            command: OrderCommand,
            context: &__es::Context<'_, Self>,
            events: &mut __es::Events<Self>,
        ) -> __es::Decided<Self> {
            match command {
                OrderCommand::Place(it) => {
                    <Order as __es::Handle<__C0>>::handle(state, it, context, events)
                }
            }
        }
    }
    #[automatically_derived]
    impl __es::MessageSet for OrderEvent {
        const ROWS: &'static [__es::Row] = &[
            <__E0 as __es::Event>::ROW.at(0),
            #[cfg(feature = "returns")]
            <__E1 as __es::Event>::ROW.at(1),
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
        #[cfg(feature = "returns")] __es::distinct::<OrderEvent>(1, "Returned", "event");
    };
    #[automatically_derived]
    impl __es::Debug for OrderEvent
    where
        for<'a> __E0: __es::DebugIf<'a>,
        for<'a> __E1: __es::DebugIf<'a>,
    {
        fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
            match *self {
                Self::Placed(ref it) => f.debug_tuple("Placed").field(it).finish(),
                #[cfg(feature = "returns")]
                Self::Returned(ref it) => f.debug_tuple("Returned").field(it).finish(),
            }
        }
    }
    #[automatically_derived]
    impl __es::Clone for OrderEvent
    where
        for<'a> __E0: __es::CloneIf<'a>,
        for<'a> __E1: __es::CloneIf<'a>,
    {
        fn clone(&self) -> Self {
            match *self {
                Self::Placed(ref it) => Self::Placed(__es::Clone::clone(it)),
                #[cfg(feature = "returns")]
                Self::Returned(ref it) => Self::Returned(__es::Clone::clone(it)),
            }
        }
    }
    #[automatically_derived]
    impl __es::PartialEq for OrderEvent
    where
        for<'a> __E0: __es::PartialEqIf<'a>,
        for<'a> __E1: __es::PartialEqIf<'a>,
    {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (Self::Placed(left), Self::Placed(right)) => left == right,
                #[cfg(feature = "returns")]
                (Self::Returned(left), Self::Returned(right)) => left == right,
                _ => false,
            }
        }
    }
    #[automatically_derived]
    impl __es::Serialize for OrderEvent {
        fn serialize<S: __es::Serializer>(
            &self,
            to: S,
        ) -> __es::Result<S::Ok, S::Error> {
            __es::serialize(self, to)
        }
    }
    #[automatically_derived]
    impl<'de> __es::Deserialize<'de> for OrderEvent {
        fn deserialize<D: __es::Deserializer<'de>>(
            from: D,
        ) -> __es::Result<Self, D::Error> {
            __es::deserialize(from)
        }
    }
    #[automatically_derived]
    impl __es::From<__E0> for OrderEvent {
        #[inline]
        fn from(it: __E0) -> Self {
            Self::Placed(it)
        }
    }
    #[automatically_derived]
    impl __es::TryFrom<OrderEvent> for __E0 {
        type Error = OrderEvent;
        fn try_from(set: OrderEvent) -> __es::Result<Self, OrderEvent> {
            match set {
                OrderEvent::Placed(it) => __es::Ok(it),
                other => __es::Err(other),
            }
        }
    }
    impl __es::EventOf<Order> for __E0 {}
    #[automatically_derived]
    impl __es::Decision<Order> for __E0 {
        #[inline]
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl __es::From<__E1> for OrderEvent {
        #[inline]
        fn from(it: __E1) -> Self {
            Self::Returned(it)
        }
    }
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl __es::TryFrom<OrderEvent> for __E1 {
        type Error = OrderEvent;
        fn try_from(set: OrderEvent) -> __es::Result<Self, OrderEvent> {
            match set {
                OrderEvent::Returned(it) => __es::Ok(it),
                other => __es::Err(other),
            }
        }
    }
    #[cfg(feature = "returns")]
    impl __es::EventOf<Order> for __E1 {}
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl __es::Decision<Order> for __E1 {
        #[inline]
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    #[automatically_derived]
    impl __es::MessageSet for OrderCommand {
        const ROWS: &'static [__es::Row] = &[<__C0 as __es::Command>::ROW.at(0)];
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
    #[automatically_derived]
    impl __es::AnyCommand for OrderCommand {
        fn write_any<W: __es::MessageWriter>(
            &self,
            to: W,
        ) -> __es::Result<W::Ok, W::Error> {
            __es::MessageSet::write(self, to)
        }
    }
    const _: () = {};
    #[automatically_derived]
    impl __es::Debug for OrderCommand
    where
        for<'a> __C0: __es::DebugIf<'a>,
    {
        fn fmt(&self, f: &mut __es::Formatter<'_>) -> __es::fmt::Result {
            match *self {
                Self::Place(ref it) => f.debug_tuple("Place").field(it).finish(),
            }
        }
    }
    #[automatically_derived]
    impl __es::Clone for OrderCommand
    where
        for<'a> __C0: __es::CloneIf<'a>,
    {
        fn clone(&self) -> Self {
            match *self {
                Self::Place(ref it) => Self::Place(__es::Clone::clone(it)),
            }
        }
    }
    #[automatically_derived]
    impl __es::PartialEq for OrderCommand
    where
        for<'a> __C0: __es::PartialEqIf<'a>,
    {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (Self::Place(left), Self::Place(right)) => left == right,
                _ => false,
            }
        }
    }
    #[automatically_derived]
    impl __es::Serialize for OrderCommand {
        fn serialize<S: __es::Serializer>(
            &self,
            to: S,
        ) -> __es::Result<S::Ok, S::Error> {
            __es::serialize(self, to)
        }
    }
    #[automatically_derived]
    impl<'de> __es::Deserialize<'de> for OrderCommand {
        fn deserialize<D: __es::Deserializer<'de>>(
            from: D,
        ) -> __es::Result<Self, D::Error> {
            __es::deserialize(from)
        }
    }
    #[automatically_derived]
    impl __es::From<__C0> for OrderCommand {
        #[inline]
        fn from(it: __C0) -> Self {
            Self::Place(it)
        }
    }
    #[automatically_derived]
    impl __es::TryFrom<OrderCommand> for __C0 {
        type Error = OrderCommand;
        fn try_from(set: OrderCommand) -> __es::Result<Self, OrderCommand> {
            match set {
                OrderCommand::Place(it) => __es::Ok(it),
                other => __es::Err(other),
            }
        }
    }
    impl __es::CommandOf<Order> for __C0 {
        const DECIDE: __es::Decide<Order, Self> = <Order as __es::Handle<Self>>::handle;
    }
    impl __es::EventOf<Order> for OrderEvent {}
    #[automatically_derived]
    impl __es::Decision<Order> for OrderEvent {
        #[inline]
        fn record(self, events: &mut __es::Events<Order>) -> __es::Recorded<Order> {
            __es::record(self, events)
        }
    }
    impl __es::CommandOf<Order> for OrderCommand {
        const DECIDE: __es::Decide<Order, Self> = <Order as __es::Handle<Self>>::handle;
    }
    #[automatically_derived]
    impl __es::ErrorOf<Order> for OrderError {
        fn into_error(self) -> Self {
            self
        }
    }
    const _: () = __es::creation::<
        Order,
    >("Order", &[<Order as __es::Handle<__C0>>::CREATES]);
    impl __es::Registered for Order {
        const ENTRY: __es::AggregateEntry = __es::AggregateEntry::of::<
            Self,
        >(__es::Place::here());
    }
    __es::inventory::submit! {
        < Order as __es::Registered > ::ENTRY
    }
};
