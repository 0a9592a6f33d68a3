#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Event for OpenedV2 {
        const NAME: &'static str = <Self as __p::Precedes<__N0>>::SUCCESSOR.name;
        const VERSION: u32 = 2;
        const SOURCE: __p::Source = __p::Source::here("owner: String");
        const CHAINED: bool = true;
        const SHAPE: &'static __p::Shape = &__p::Shape {
            before: &[<Self as __p::Follows<__F0>>::FORMER],
            into: &[<Self as __p::Precedes<__N0>>::SUCCESSOR],
            ..__p::Shape::of::<Self>()
        };
        const PARTS: u16 = __p::parts(&[<Self as __p::Precedes<__N0>>::SUCCESSOR]);
        fn read_event<R: __p::MessageReader>(from: R) -> __p::Result<Self, R::Error> {
            __p::read_chain::<Self, (__F0, ()), R>(from)
        }
    }
    type __N0 = Opened;
    impl __p::Precedes<__N0> for OpenedV2 {
        const SUCCESSOR: __p::Successor = __p::successor::<Self, __N0>("Opened");
    }
    const _: () = __p::precedes::<
        <__N0 as __p::Known<
            { <OpenedV2 as __p::Precedes<__N0>>::SUCCESSOR.version == 0 },
        >>::Type,
        OpenedV2,
    >("OpenedV2", "Opened");
    type __F0 = OpenedV1;
    impl __p::Follows<__F0> for OpenedV2 {
        const FORMER: &'static __p::Shape = __p::former::<__F0, Self>();
        fn read_former<R: __p::MessageReader>(from: R) -> __p::Result<Self, R::Error> {
            __p::follow::<
                <__F0 as __p::Known<
                    { <OpenedV2 as __p::Follows<__F0>>::FORMER.version == 0 },
                >>::Type,
                Self,
                R,
            >(from)
        }
    }
    const _: () = {
        __p::follows::<OpenedV2, __F0>("OpenedV2", "OpenedV1");
        __p::unbroken::<OpenedV2>("OpenedV2");
    };
};
