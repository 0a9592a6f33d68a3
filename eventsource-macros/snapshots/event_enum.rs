#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    #[derive(__p::serde::Deserialize)]
    #[serde(crate = "__p::serde")]
    struct __ShippedPayload {
        parcel: String,
        weight: u32,
    }
    #[derive(__p::serde::Serialize)]
    #[serde(crate = "__p::serde")]
    struct __ShippedPayloadRef<'__a> {
        parcel: &'__a String,
        weight: &'__a u32,
    }
    #[derive(__p::serde::Deserialize)]
    #[serde(crate = "__p::serde")]
    struct __CancelledPayload;
    #[derive(__p::serde::Serialize)]
    #[serde(crate = "__p::serde")]
    struct __CancelledPayloadRef;
    impl __p::MessageSet for OrderEvent {
        const ROWS: &'static [__p::Row] = &[
            <Placed as __p::Event>::ROW.at(0, "Placed"),
            __p::Row::of::<OrderEvent>(1, "Shipped", "event", "order.shipped", 1)
                .with_source("#parcel\nparcel: String\nweight: u32"),
            __p::Row::of::<OrderEvent>(2, "Cancelled", "event", "Cancelled", 1),
        ];
        fn write<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
            match *self {
                Self::Placed(ref it) => __p::Event::write_event(it, to),
                Self::Shipped { parcel: ref __field0, weight: ref __field1 } => {
                    to.write(
                        "order.shipped",
                        1,
                        &__ShippedPayloadRef {
                            parcel: __field0,
                            weight: __field1,
                        },
                    )
                }
                Self::Cancelled => to.write("Cancelled", 1, &__CancelledPayloadRef),
            }
        }
        fn read<R: __p::MessageReader>(
            variant: u16,
            from: R,
        ) -> __p::Result<Self, R::Error> {
            match variant {
                0 => __p::Event::read_event(from).map(Self::Placed),
                1 => {
                    let __payload: __ShippedPayload = from.read()?;
                    __p::Ok(Self::Shipped {
                        parcel: __payload.parcel,
                        weight: __payload.weight,
                    })
                }
                2 => {
                    let __payload: __CancelledPayload = from.read()?;
                    __p::Ok(Self::Cancelled)
                }
                _ => __p::Err(from.no_such_variant()),
            }
        }
    }
    #[automatically_derived]
    impl __p::EventSet for OrderEvent {
        fn tags(&self, tags: &mut __p::Tags) {
            match *self {
                Self::Placed(ref it) => <Placed as __p::Event>::tags(it, tags),
                Self::Shipped { parcel: ref __field0, weight: ref __field1 } => {
                    tags.add("parcel", <String as __p::TagValue>::tag_value(__field0));
                }
                Self::Cancelled => {}
            }
        }
    }
    const _: () = {
        __p::distinct::<OrderEvent>(0);
        __p::distinct::<OrderEvent>(1);
        __p::distinct::<OrderEvent>(2);
    };
};
