#[allow(deprecated, unused_qualifications)]
impl ::eventsource_core::Command for Place {
    const NAME: &'static str = "Place";
    const PLACE: ::eventsource_core::message::Place = ::eventsource_core::message::Place::here();
}
