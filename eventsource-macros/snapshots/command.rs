impl ::eventsource_core::Command for Place {
    const NAME: &'static str = "Place";
    const SOURCE: ::eventsource_core::Source = ::eventsource_core::Source::here(
        "count: u32",
    );
}
