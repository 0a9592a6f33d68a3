#[cfg_attr(
    clippy,
    allow(
        clippy::missing_const_for_fn,
        clippy::must_use_candidate,
        clippy::needless_pass_by_ref_mut,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )
)]
impl Order {
    fn placed(event: &Placed) -> Self {
        Self { count: event.count }
    }
    #[cfg(feature = "returns")]
    fn returned(&mut self, _: &Returned, meta: &EventMeta) {
        self.last = meta.recorded_at();
    }
}
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(clippy, allow(clippy::all, clippy::nursery, clippy::pedantic))]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Apply<Placed> for Order {
        const CREATES: bool = true;
        fn create(event: &Placed, meta: &__p::EventMeta<'_>) -> __p::Option<Self> {
            __p::Some(Self::placed(event))
        }
        fn apply(&mut self, _: &Placed, _: &__p::EventMeta<'_>) {}
    }
    #[cfg(feature = "returns")]
    impl __p::Apply<Returned> for Order {
        #[inline]
        fn apply(&mut self, event: &Returned, meta: &__p::EventMeta<'_>) {
            Self::returned(self, event, meta);
        }
    }
    const _: &[()] = &[
        <Placed as __p::EventOf<Order>>::LISTED,
        #[cfg(feature = "returns")]
        <Returned as __p::EventOf<Order>>::LISTED,
    ];
};
