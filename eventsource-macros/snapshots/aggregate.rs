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
    type __E0 = Placed;
    #[cfg(feature = "returns")]
    type __E1 = Returned;
    #[cfg(not(all(feature = "returns")))]
    type __E1 = ();
    type __C0 = Place;
    const __ARE_EVENTS: bool = {
        let _ = <__E0 as ::eventsource_core::Event>::VERSION;
        #[cfg(feature = "returns")]
        let _ = <__E1 as ::eventsource_core::Event>::VERSION;
        true
    };
    #[automatically_derived]
    impl ::eventsource_core::message::MessageSet for OrderEvent {
        const ROWS: &'static [::eventsource_core::message::Row] = &[
            ::eventsource_core::message::Row {
                variant: 0u16,
                name: <__E0 as ::eventsource_core::Event>::NAME,
                version: <__E0 as ::eventsource_core::Event>::VERSION,
                type_name: ::core::any::type_name::<__E0>,
                place: <__E0 as ::eventsource_core::Event>::PLACE,
            },
            #[cfg(feature = "returns")]
            ::eventsource_core::message::Row {
                variant: 1u16,
                name: <__E1 as ::eventsource_core::Event>::NAME,
                version: <__E1 as ::eventsource_core::Event>::VERSION,
                type_name: ::core::any::type_name::<__E1>,
                place: <__E1 as ::eventsource_core::Event>::PLACE,
            },
        ];
        fn write<W: ::eventsource_core::message::MessageWriter>(
            &self,
            writer: W,
        ) -> ::core::result::Result<W::Ok, W::Error> {
            match *self {
                Self::Placed(ref message) => {
                    <__E0 as ::eventsource_core::Event>::write_event(message, writer)
                }
                #[cfg(feature = "returns")]
                Self::Returned(ref message) => {
                    <__E1 as ::eventsource_core::Event>::write_event(message, writer)
                }
            }
        }
        fn read<R: ::eventsource_core::message::MessageReader>(
            variant: u16,
            reader: R,
        ) -> ::core::result::Result<Self, R::Error> {
            match variant {
                0u16 => {
                    ::core::result::Result::Ok(
                        Self::Placed(
                            <__E0 as ::eventsource_core::Event>::read_event(reader)?,
                        ),
                    )
                }
                #[cfg(feature = "returns")]
                1u16 => {
                    ::core::result::Result::Ok(
                        Self::Returned(
                            <__E1 as ::eventsource_core::Event>::read_event(reader)?,
                        ),
                    )
                }
                _ => ::core::result::Result::Err(reader.no_such_variant()),
            }
        }
    }
    const _: () = {
        #[cfg(feature = "returns")]
        ::eventsource_core::private::distinct(
            <OrderEvent as ::eventsource_core::message::MessageSet>::ROWS,
            1u16,
            "the stored name of `Returned` is the name of another event in this set: give each its own with `#[event(name = \"…\")]`",
        );
    };
    #[automatically_derived]
    impl ::eventsource_core::EventSet for OrderEvent {
        fn tags(&self, tags: &mut ::eventsource_core::Tags) {
            match *self {
                Self::Placed(ref message) => {
                    <__E0 as ::eventsource_core::Event>::tags(message, tags)
                }
                #[cfg(feature = "returns")]
                Self::Returned(ref message) => {
                    <__E1 as ::eventsource_core::Event>::tags(message, tags)
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__E0> for OrderEvent {
        #[inline]
        fn from(message: __E0) -> Self {
            Self::Placed(message)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderEvent> for __E0 {
        type Error = OrderEvent;
        fn try_from(message: OrderEvent) -> ::core::result::Result<Self, OrderEvent> {
            match message {
                OrderEvent::Placed(message) => ::core::result::Result::Ok(message),
                #[allow(unreachable_patterns)]
                other => ::core::result::Result::Err(other),
            }
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::EventOf<Order> for __E0 {}
    #[automatically_derived]
    impl ::eventsource_core::Decision<Order> for __E0 {
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
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl ::core::convert::From<__E1> for OrderEvent {
        #[inline]
        fn from(message: __E1) -> Self {
            Self::Returned(message)
        }
    }
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderEvent> for __E1 {
        type Error = OrderEvent;
        fn try_from(message: OrderEvent) -> ::core::result::Result<Self, OrderEvent> {
            match message {
                OrderEvent::Returned(message) => ::core::result::Result::Ok(message),
                #[allow(unreachable_patterns)]
                other => ::core::result::Result::Err(other),
            }
        }
    }
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl ::eventsource_core::EventOf<Order> for __E1 {}
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl ::eventsource_core::Decision<Order> for __E1 {
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
    impl ::core::fmt::Debug for OrderEvent
    where
        for<'__a> __E0: ::eventsource_core::private::DebugIf<'__a>,
        for<'__a> __E1: ::eventsource_core::private::DebugIf<'__a>,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match *self {
                Self::Placed(ref message) => {
                    ::eventsource_core::private::shown(f, "Placed", message)
                }
                #[cfg(feature = "returns")]
                Self::Returned(ref message) => {
                    ::eventsource_core::private::shown(f, "Returned", message)
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrderEvent
    where
        for<'__a> __E0: ::eventsource_core::private::CloneIf<'__a>,
        for<'__a> __E1: ::eventsource_core::private::CloneIf<'__a>,
    {
        fn clone(&self) -> Self {
            match *self {
                Self::Placed(ref message) => {
                    Self::Placed(<__E0 as ::core::clone::Clone>::clone(message))
                }
                #[cfg(feature = "returns")]
                Self::Returned(ref message) => {
                    Self::Returned(<__E1 as ::core::clone::Clone>::clone(message))
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::cmp::PartialEq for OrderEvent
    where
        for<'__a> __E0: ::eventsource_core::private::PartialEqIf<'__a>,
        for<'__a> __E1: ::eventsource_core::private::PartialEqIf<'__a>,
    {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (Self::Placed(left), Self::Placed(right)) => {
                    ::core::cmp::PartialEq::eq(left, right)
                }
                #[cfg(feature = "returns")]
                (Self::Returned(left), Self::Returned(right)) => {
                    ::core::cmp::PartialEq::eq(left, right)
                }
                #[allow(unreachable_patterns)]
                _ => false,
            }
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::private::serde::Serialize for OrderEvent {
        fn serialize<S: ::eventsource_core::private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::eventsource_core::message::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl<'de> ::eventsource_core::private::serde::Deserialize<'de> for OrderEvent {
        fn deserialize<D: ::eventsource_core::private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            ::eventsource_core::message::deserialize(deserializer)
        }
    }
    const __ARE_COMMANDS: bool = {
        let _ = <__C0 as ::eventsource_core::Command>::VERSION;
        true
    };
    #[automatically_derived]
    impl ::eventsource_core::message::MessageSet for OrderCommand {
        const ROWS: &'static [::eventsource_core::message::Row] = &[
            ::eventsource_core::message::Row {
                variant: 0u16,
                name: <__C0 as ::eventsource_core::Command>::NAME,
                version: <__C0 as ::eventsource_core::Command>::VERSION,
                type_name: ::core::any::type_name::<__C0>,
                place: <__C0 as ::eventsource_core::Command>::PLACE,
            },
        ];
        fn write<W: ::eventsource_core::message::MessageWriter>(
            &self,
            writer: W,
        ) -> ::core::result::Result<W::Ok, W::Error> {
            match *self {
                Self::Place(ref message) => {
                    <__C0 as ::eventsource_core::Command>::write_command(message, writer)
                }
            }
        }
        fn read<R: ::eventsource_core::message::MessageReader>(
            variant: u16,
            reader: R,
        ) -> ::core::result::Result<Self, R::Error> {
            match variant {
                0u16 => {
                    ::core::result::Result::Ok(
                        Self::Place(
                            <__C0 as ::eventsource_core::Command>::read_command(reader)?,
                        ),
                    )
                }
                _ => ::core::result::Result::Err(reader.no_such_variant()),
            }
        }
    }
    const _: () = {};
    #[automatically_derived]
    impl ::eventsource_core::CommandSet for OrderCommand {}
    #[automatically_derived]
    impl ::eventsource_core::AnyCommand for OrderCommand {
        fn write_any<W: ::eventsource_core::message::MessageWriter>(
            &self,
            writer: W,
        ) -> ::core::result::Result<W::Ok, W::Error> {
            ::eventsource_core::message::MessageSet::write(self, writer)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<__C0> for OrderCommand {
        #[inline]
        fn from(message: __C0) -> Self {
            Self::Place(message)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderCommand> for __C0 {
        type Error = OrderCommand;
        fn try_from(
            message: OrderCommand,
        ) -> ::core::result::Result<Self, OrderCommand> {
            match message {
                OrderCommand::Place(message) => ::core::result::Result::Ok(message),
                #[allow(unreachable_patterns)]
                other => ::core::result::Result::Err(other),
            }
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::ListedCommand<Order> for __C0 {
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
                <__C0 as ::eventsource_core::private::Known<{ __ARE_COMMANDS }>>::Type,
            >>::handle(state, self, context, events)
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderCommand
    where
        for<'__a> __C0: ::eventsource_core::private::DebugIf<'__a>,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match *self {
                Self::Place(ref message) => {
                    ::eventsource_core::private::shown(f, "Place", message)
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrderCommand {
        fn clone(&self) -> Self {
            match *self {
                Self::Place(ref message) => {
                    Self::Place(
                        <<__C0 as ::eventsource_core::private::Known<
                            { __ARE_COMMANDS },
                        >>::Type as ::core::clone::Clone>::clone(message),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::cmp::PartialEq for OrderCommand
    where
        for<'__a> __C0: ::eventsource_core::private::PartialEqIf<'__a>,
    {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (Self::Place(left), Self::Place(right)) => {
                    ::core::cmp::PartialEq::eq(left, right)
                }
                #[allow(unreachable_patterns)]
                _ => false,
            }
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::private::serde::Serialize for OrderCommand {
        fn serialize<S: ::eventsource_core::private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::eventsource_core::message::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl<'de> ::eventsource_core::private::serde::Deserialize<'de> for OrderCommand {
        fn deserialize<D: ::eventsource_core::private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            ::eventsource_core::message::deserialize(deserializer)
        }
    }
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
    #[automatically_derived]
    impl ::eventsource_core::Handle<OrderCommand> for Order {
        #[inline]
        fn handle(
            state: ::core::option::Option<&Self>,
            command: OrderCommand,
            context: &::eventsource_core::Context<'_, Self>,
            events: &mut ::eventsource_core::Events<Self>,
        ) -> ::core::result::Result<(), ::eventsource_core::Rejection<Self::Error>> {
            match command {
                OrderCommand::Place(command) => {
                    <Order as ::eventsource_core::Handle<
                        <__C0 as ::eventsource_core::private::Known<
                            { __ARE_COMMANDS },
                        >>::Type,
                    >>::handle(state, command, context, events)
                }
            }
        }
    }
    #[automatically_derived]
    impl ::eventsource_core::Aggregate for Order {
        const NAME: &'static str = "order";
        const CREATED: bool = {
            const fn created() -> bool {
                if <Order as ::eventsource_core::Apply<
                    <__E0 as ::eventsource_core::private::Known<{ __ARE_EVENTS }>>::Type,
                >>::CREATES {
                    return true;
                }
                #[cfg(feature = "returns")]
                if <Order as ::eventsource_core::Apply<
                    <__E1 as ::eventsource_core::private::Known<{ __ARE_EVENTS }>>::Type,
                >>::CREATES {
                    return true;
                }
                false
            }
            created()
        };
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
            match *event {
                OrderEvent::Placed(ref event) => {
                    <Order as ::eventsource_core::Apply<
                        <__E0 as ::eventsource_core::private::Known<
                            { __ARE_EVENTS },
                        >>::Type,
                    >>::create(event, meta)
                }
                #[cfg(feature = "returns")]
                OrderEvent::Returned(ref event) => {
                    <Order as ::eventsource_core::Apply<
                        <__E1 as ::eventsource_core::private::Known<
                            { __ARE_EVENTS },
                        >>::Type,
                    >>::create(event, meta)
                }
            }
        }
        #[inline]
        fn apply_event(
            &mut self,
            event: &OrderEvent,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
            match *event {
                OrderEvent::Placed(ref event) => {
                    <Order as ::eventsource_core::Apply<
                        <__E0 as ::eventsource_core::private::Known<
                            { __ARE_EVENTS },
                        >>::Type,
                    >>::apply(self, event, meta)
                }
                #[cfg(feature = "returns")]
                OrderEvent::Returned(ref event) => {
                    <Order as ::eventsource_core::Apply<
                        <__E1 as ::eventsource_core::private::Known<
                            { __ARE_EVENTS },
                        >>::Type,
                    >>::apply(self, event, meta)
                }
            }
        }
        const HAS_INVARIANT: bool = true;
        fn check_invariant(
            &self,
        ) -> ::core::result::Result<(), ::eventsource_core::private::String> {
            ::eventsource_core::InvariantOutcome::outcome((Order::is_sound)(self))
        }
    }
    const _: () = {
        const fn created() -> bool {
            if <Order as ::eventsource_core::Handle<
                <__C0 as ::eventsource_core::private::Known<{ __ARE_COMMANDS }>>::Type,
            >>::CREATES {
                return true;
            }
            false
        }
        ::eventsource_core::private::creation(
            true,
            <Order as ::eventsource_core::Aggregate>::CREATED,
            created(),
            "an event creates `Order`, and none of its commands can: write one of its `#[handle]` methods without `self`",
            "a command creates `Order`, and none of its events does: write one of its `#[apply]` methods without `self`, returning `Self`",
        )
    };
    #[automatically_derived]
    impl ::eventsource_core::Registered for Order {
        const ENTRY: ::eventsource_core::AggregateEntry = ::eventsource_core::AggregateEntry::of::<
            Self,
        >(::eventsource_core::message::Place {
            file: ::core::file!(),
            line: ::core::line!(),
        });
    }
    ::eventsource_core::private::inventory::submit! {
        < Order as ::eventsource_core::Registered > ::ENTRY
    }
};
