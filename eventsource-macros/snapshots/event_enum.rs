#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    #[derive(__es::Deserialize)]
    #[serde(crate = "__es::serde")]
    struct __Shipped {
        parcel: String,
        weight: u32,
    }
    #[derive(__es::Serialize)]
    #[serde(crate = "__es::serde")]
    struct __ShippedRef<'__a> {
        parcel: &'__a String,
        weight: &'__a u32,
    }
    #[derive(__es::Deserialize)]
    #[serde(crate = "__es::serde")]
    struct __Cancelled;
    #[derive(__es::Serialize)]
    #[serde(crate = "__es::serde")]
    struct __CancelledRef;
    #[automatically_derived]
    impl __es::MessageSet for OrderEvent {
        const ROWS: &'static [__es::Row] = &[
            <Placed as __es::Event>::ROW.at(0, "Placed"),
            __es::Row::of::<OrderEvent>(1, "Shipped", "order.shipped", 1),
            __es::Row::of::<OrderEvent>(2, "Cancelled", "Cancelled", 1),
        ];
        fn write<W: __es::MessageWriter>(&self, to: W) -> __es::Result<W::Ok, W::Error> {
            match *self {
                Self::Placed(ref it) => __es::Event::write_event(it, to),
                Self::Shipped { parcel: ref __field0, weight: ref __field1 } => {
                    to.write(
                        "order.shipped",
                        1,
                        &__ShippedRef {
                            parcel: __field0,
                            weight: __field1,
                        },
                    )
                }
                Self::Cancelled => to.write("Cancelled", 1, &__CancelledRef),
            }
        }
        fn read<R: __es::MessageReader>(
            variant: u16,
            from: R,
        ) -> __es::Result<Self, R::Error> {
            match variant {
                0 => __es::Event::read_event(from).map(Self::Placed),
                1 => {
                    let __payload: __Shipped = from.read()?;
                    __es::Ok(Self::Shipped {
                        parcel: __payload.parcel,
                        weight: __payload.weight,
                    })
                }
                2 => {
                    let __payload: __Cancelled = from.read()?;
                    __es::Ok(Self::Cancelled)
                }
                _ => __es::Err(from.no_such_variant()),
            }
        }
    }
    #[automatically_derived]
    impl __es::EventSet for OrderEvent {
        fn tags(&self, tags: &mut __es::Tags) {
            match *self {
                Self::Placed(ref it) => <Placed as __es::Event>::tags(it, tags),
                Self::Shipped { parcel: ref __field0, weight: ref __field1 } => {
                    tags.add("parcel", <String as __es::TagValue>::tag_value(__field0));
                }
                Self::Cancelled => {}
            }
        }
    }
    const _: () = {
        __es::distinct::<OrderEvent>(1, "event");
        __es::distinct::<OrderEvent>(2, "event");
    };
};
