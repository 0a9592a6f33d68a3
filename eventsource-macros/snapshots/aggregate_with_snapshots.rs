#[derive(
    ::core::fmt::Debug,
    ::eventsource_core::private::serde::Serialize,
    ::eventsource_core::private::serde::Deserialize,
    ::eventsource_core::Aggregate
)]
#[serde(crate = "::eventsource_core::private::serde")]
#[aggregate(
    id = OrderId,
    error = OrderError,
    events = OrderEvent,
    commands = OrderCommand,
    snapshot(every = 50, version = 2)
)]
/// An order.
pub struct Order {
    /// How many.
    pub count: u32,
}
impl __p::Snapshotted for Order {
    const FINGERPRINT: __p::Fingerprint = __p::fingerprint::<
        Self,
    >(
        10680745893854478224,
        &[
            <Self as __p::Apply<__Event<__E0>>>::TOKENS,
            #[cfg(feature = "returns")]
            <Self as __p::Apply<__Event<__E1>>>::TOKENS,
        ],
    );
    const EVERY: u64 = 50;
}
