#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Event for Limited {
        const NAME: &'static str = "account.limited";
        const VERSION: u32 = 3;
        const SOURCE: __p::Source = __p::Source::here("cents: u64");
        const SHAPE: &'static __p::Shape = &__p::Shape {
            upcasts: &[
                __p::JsonUpcast {
                    version: 1,
                    upcast: |it| __p::Upcasted::outcome(limit::named(it)),
                },
                __p::JsonUpcast {
                    version: 2,
                    upcast: |it| __p::Upcasted::outcome(limit::in_euro(it)),
                },
            ],
            ..__p::Shape::of::<Self>()
        };
        fn read_event<R: __p::MessageReader>(from: R) -> __p::Result<Self, R::Error> {
            __p::read_chain::<Self, (), R>(from)
        }
    }
};
