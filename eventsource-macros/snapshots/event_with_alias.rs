#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Event for Opened {
        const NAME: &'static str = "account.opened";
        const VERSION: u32 = 3;
        const SOURCE: __p::Source = __p::Source::here("owner: String");
        const SHAPE: &'static __p::Shape = &__p::Shape {
            aliases: &["opened", "account.begun"],
            since: 3,
            ..__p::Shape::of::<Self>()
        };
    }
};
