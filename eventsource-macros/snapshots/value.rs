#[derive(
    ::core::fmt::Debug,
    ::core::clone::Clone,
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
)]
#[serde(crate = "::eventsource_core::private::serde")]
#[derive(Copy, PartialEq)]
pub struct Money(i64);
