impl ::eventsource_core::Command for Place {
    const NAME: &'static str = "Place";
    const SOURCE: &'static str = "count: u32";
    const PLACE: ::eventsource_core::Place = ::eventsource_core::Place::here();
}
