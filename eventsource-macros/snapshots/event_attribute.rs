#[derive(
    ::core::fmt::Debug,
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
    ::eventsource_core::Event
)]
#[serde(crate = "::eventsource_core::private::serde")]
#[event(name = "order.placed")]
/// An order was placed.
#[derive(Eq, Clone)]
pub struct Placed {
    pub count: u32,
}
