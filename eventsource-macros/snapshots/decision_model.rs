#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    type __E0 = Placed;
    #[cfg(feature = "returns")]
    type __E1 = Returned;
    #[cfg(not(all(feature = "returns")))]
    type __E1 = ();
    pub enum __StockEvent {
        Placed(__E0),
        #[cfg(feature = "returns")]
        Returned(__E1),
    }
    #[automatically_derived]
    impl ::eventsource_core::message::MessageSet for __StockEvent {
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
            <__StockEvent as ::eventsource_core::message::MessageSet>::ROWS,
            1u16,
            "the stored name of `Returned` is the name of another event in this set: give each its own with `#[event(name = \"…\")]`",
        );
    };
    #[automatically_derived]
    impl ::eventsource_core::EventSet for __StockEvent {
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
    impl ::eventsource_core::EventOf<Stock> for __E0 {}
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl ::eventsource_core::EventOf<Stock> for __E1 {}
    const _: () = {
        ::eventsource_core::private::tagged(
            <__E0 as ::eventsource_core::Event>::TAGS,
            "sku",
            "`Placed` has no tag `sku`, so `Stock` would never see it: put `#[tag]` on its field, or take it off the one of `Stock`",
        );
        ::eventsource_core::private::not_created(
            <Stock as ::eventsource_core::Apply<__E0>>::CREATES,
            "`Placed` cannot create `Stock`, which is there before its first event: write its `#[apply]` method with `&mut self`",
        );
    };
    #[cfg(feature = "returns")]
    const _: () = {
        ::eventsource_core::private::tagged(
            <__E1 as ::eventsource_core::Event>::TAGS,
            "sku",
            "`Returned` has no tag `sku`, so `Stock` would never see it: put `#[tag]` on its field, or take it off the one of `Stock`",
        );
        ::eventsource_core::private::not_created(
            <Stock as ::eventsource_core::Apply<__E1>>::CREATES,
            "`Returned` cannot create `Stock`, which is there before its first event: write its `#[apply]` method with `&mut self`",
        );
    };
    #[automatically_derived]
    impl ::eventsource_core::DecisionModel for Stock {
        const NAME: &'static str = "Stock";
        type Event = __StockEvent;
        fn tags(&self, tags: &mut ::eventsource_core::Tags) {
            tags.add(
                "sku",
                <Article as ::eventsource_core::TagValue>::tag_value(&self.article),
            );
        }
        #[inline]
        fn apply_event(
            &mut self,
            event: &__StockEvent,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
            match *event {
                __StockEvent::Placed(ref event) => {
                    <Stock as ::eventsource_core::Apply<__E0>>::apply(self, event, meta)
                }
                #[cfg(feature = "returns")]
                __StockEvent::Returned(ref event) => {
                    <Stock as ::eventsource_core::Apply<__E1>>::apply(self, event, meta)
                }
            }
        }
    }
};
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl Stock {
    /// Before the first event: to be read by a decision.
    #[must_use]
    pub fn of(article: impl ::eventsource_core::TagArgument<Article>) -> Self {
        Self {
            article: ::eventsource_core::TagArgument::into_tag(article),
            left: <u32 as ::core::default::Default>::default(),
        }
    }
}
