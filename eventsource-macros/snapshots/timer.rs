#[derive(
    ::core::fmt::Debug,
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
)]
#[serde(crate = "::eventsource_core::private::serde")]
#[cfg_attr(clippy, allow(clippy::derive_partial_eq_without_eq))]
pub struct Overdue {
    pub attempt: u32,
}
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Timer for Overdue {
        const NAME: &'static str = "overdue";
        const SOURCE: __p::Source = __p::Source::here("attempt: u32");
    }
};
