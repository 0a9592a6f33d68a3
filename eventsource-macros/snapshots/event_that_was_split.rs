#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Event for Moved {
        const NAME: &'static str = "moved";
        const SOURCE: __p::Source = __p::Source::here("amount: u64");
        const SHAPE: &'static __p::Shape = &__p::Shape {
            into: &[
                <Self as __p::Precedes<__S0>>::SUCCESSOR,
                <Self as __p::Precedes<__S1>>::SUCCESSOR,
            ],
            ..__p::Shape::of::<Self>()
        };
        const PARTS: u16 = __p::parts(
            &[
                <Self as __p::Precedes<__S0>>::SUCCESSOR,
                <Self as __p::Precedes<__S1>>::SUCCESSOR,
            ],
        );
    }
    type __S0 = Withdrawn;
    impl __p::Precedes<__S0> for Moved {
        const SUCCESSOR: __p::Successor = __p::successor::<Self, __S0>("Withdrawn");
    }
    const _: () = __p::precedes::<
        <__S0 as __p::Known<
            { <Moved as __p::Precedes<__S0>>::SUCCESSOR.version == 0 },
        >>::Type,
        Moved,
    >("Moved", "Withdrawn");
    type __S1 = Deposited;
    impl __p::Precedes<__S1> for Moved {
        const SUCCESSOR: __p::Successor = __p::successor::<Self, __S1>("Deposited");
    }
    const _: () = __p::precedes::<
        <__S1 as __p::Known<
            { <Moved as __p::Precedes<__S1>>::SUCCESSOR.version == 0 },
        >>::Type,
        Moved,
    >("Moved", "Deposited");
};
