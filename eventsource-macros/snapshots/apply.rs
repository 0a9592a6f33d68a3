#[allow(
    clippy::missing_const_for_fn,
    clippy::must_use_candidate,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self
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
#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    impl __es::Apply<Placed> for Order {
        const CREATES: bool = true;
        fn create(event: &Placed, meta: &__es::EventMeta<'_>) -> __es::Option<Self> {
            __es::Some(<Order>::placed(event))
        }
        fn apply(&mut self, _: &Placed, _: &__es::EventMeta<'_>) -> __es::Applied {
            __es::Err(__es::Misapplied::CreatedTwice)
        }
    }
    #[cfg(feature = "returns")]
    impl __es::Apply<Returned> for Order {
        #[inline]
        fn apply(
            &mut self,
            event: &Returned,
            meta: &__es::EventMeta<'_>,
        ) -> __es::Applied {
            <Order>::returned(self, event, meta);
            __es::Ok(())
        }
    }
    const _: &[()] = &[
        <Placed as __es::EventOf<Order>>::LISTED,
        #[cfg(feature = "returns")]
        <Returned as __es::EventOf<Order>>::LISTED,
    ];
};
