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
    #[automatically_derived]
    impl ::eventsource_core::Command for Place {
        const NAME: &'static str = "Place";
        const VERSION: u32 = 1u32;
        const PLACE: ::eventsource_core::message::Place = ::eventsource_core::message::Place {
            file: ::core::file!(),
            line: ::core::line!(),
        };
    }
};
