#[allow(deprecated, unreachable_patterns, unused_qualifications, unused_variables)]
#[allow(clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    impl __es::Command for Place {
        const NAME: &'static str = "Place";
        const PLACE: __es::Place = __es::Place::here();
    }
};
