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
    #[derive(::eventsource_core::private::serde::Deserialize)]
    #[serde(crate = "::eventsource_core::private::serde")]
    struct __Shipped {
        parcel: String,
        weight: u32,
    }
    #[derive(::eventsource_core::private::serde::Serialize)]
    #[serde(crate = "::eventsource_core::private::serde")]
    struct __ShippedRef<'__a> {
        parcel: &'__a String,
        weight: &'__a u32,
    }
    #[derive(::eventsource_core::private::serde::Deserialize)]
    #[serde(crate = "::eventsource_core::private::serde")]
    struct __Cancelled;
    #[derive(::eventsource_core::private::serde::Serialize)]
    #[serde(crate = "::eventsource_core::private::serde")]
    struct __CancelledRef;
    #[automatically_derived]
    impl ::eventsource_core::message::MessageSet for OrderEvent {
        const ROWS: &'static [::eventsource_core::message::Row] = &[
            ::eventsource_core::message::Row {
                variant: 0u16,
                name: <Placed as ::eventsource_core::Event>::NAME,
                version: <Placed as ::eventsource_core::Event>::VERSION,
                type_name: ::core::any::type_name::<Placed>,
                place: <Placed as ::eventsource_core::Event>::PLACE,
            },
            ::eventsource_core::message::Row {
                variant: 1u16,
                name: "order.shipped",
                version: 1u32,
                type_name: ::core::any::type_name::<OrderEvent>,
                place: ::eventsource_core::message::Place {
                    file: ::core::file!(),
                    line: ::core::line!(),
                },
            },
            ::eventsource_core::message::Row {
                variant: 2u16,
                name: "Cancelled",
                version: 1u32,
                type_name: ::core::any::type_name::<OrderEvent>,
                place: ::eventsource_core::message::Place {
                    file: ::core::file!(),
                    line: ::core::line!(),
                },
            },
        ];
        fn write<W: ::eventsource_core::message::MessageWriter>(
            &self,
            writer: W,
        ) -> ::core::result::Result<W::Ok, W::Error> {
            match *self {
                Self::Placed(ref message) => {
                    <Placed as ::eventsource_core::Event>::write_event(message, writer)
                }
                Self::Shipped { parcel: ref __field0, weight: ref __field1 } => {
                    writer
                        .write(
                            "order.shipped",
                            1u32,
                            &__ShippedRef {
                                parcel: __field0,
                                weight: __field1,
                            },
                        )
                }
                Self::Cancelled => writer.write("Cancelled", 1u32, &__CancelledRef),
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
                            <Placed as ::eventsource_core::Event>::read_event(reader)?,
                        ),
                    )
                }
                1u16 => {
                    let __payload: __Shipped = reader.read()?;
                    ::core::result::Result::Ok(Self::Shipped {
                        parcel: __payload.parcel,
                        weight: __payload.weight,
                    })
                }
                2u16 => {
                    let __payload: __Cancelled = reader.read()?;
                    ::core::result::Result::Ok(Self::Cancelled)
                }
                _ => ::core::result::Result::Err(reader.no_such_variant()),
            }
        }
    }
    const _: () = {
        ::eventsource_core::private::distinct(
            <OrderEvent as ::eventsource_core::message::MessageSet>::ROWS,
            1u16,
            "the stored name of `Shipped` is the name of another event in this set: give each its own with `#[event(name = \"…\")]`",
        );
        ::eventsource_core::private::distinct(
            <OrderEvent as ::eventsource_core::message::MessageSet>::ROWS,
            2u16,
            "the stored name of `Cancelled` is the name of another event in this set: give each its own with `#[event(name = \"…\")]`",
        );
    };
    #[automatically_derived]
    impl ::eventsource_core::EventSet for OrderEvent {
        fn tags(&self, tags: &mut ::eventsource_core::Tags) {
            match *self {
                Self::Placed(ref message) => {
                    <Placed as ::eventsource_core::Event>::tags(message, tags)
                }
                Self::Shipped { parcel: ref __field0, weight: ref __field1 } => {
                    tags.add(
                        "parcel",
                        <String as ::eventsource_core::TagValue>::tag_value(__field0),
                    );
                }
                Self::Cancelled => {}
            }
        }
    }
};
