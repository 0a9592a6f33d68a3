#[derive(
    ::core::fmt::Debug,
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
)]
#[serde(crate = "::eventsource_core::private::serde")]
/// An order was placed.
#[derive(Eq, Clone)]
pub struct Placed {
    pub count: u32,
}
impl ::eventsource_core::Event for Placed {
    const NAME: &'static str = "order.placed";
    const SOURCE: ::eventsource_core::Source = ::eventsource_core::Source::here(
        "//! An order was placed.\ncount: u32",
    );
}
