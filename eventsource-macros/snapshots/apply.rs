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
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    const __KNOWN: bool = <Order as __p::State>::IS_STATE;
    type __Owner = <Order as __p::Known<{ __KNOWN }>>::Type;
    enum __Block {}
    impl __p::Mentioned<<__Block as __p::Known<{ __KNOWN }>>::Type> for __Owner {
        const IS_AGGREGATE: bool = __KNOWN;
    }
    const __LISTED: bool = {
        <Placed as __p::EventOf<__Owner>>::LISTED;
        #[cfg(feature = "returns")] <Returned as __p::EventOf<__Owner>>::LISTED;
        true
    };
    impl __p::Decision<Order> for <__Block as __p::Known<{ __LISTED }>>::Type
    where
        for<'a> Order: __p::AggregateIf<'a>,
    {
        type By = __p::Itself;
    }
    type __M0 = Placed;
    impl __p::Apply<__M0> for Order {
        const TOKENS: u64 = 17231672651583598353;
        const CREATES: bool = true;
        fn create(event: &__M0, _: &__p::EventMeta<'_>) -> __p::Option<Self> {
            __p::Some(__Owner::placed(event))
        }
        fn apply(&mut self, _: &__M0, _: &__p::EventMeta<'_>) {}
    }
    #[cfg(feature = "returns")]
    type __M1 = Returned;
    #[cfg(feature = "returns")]
    impl __p::Apply<__M1> for Order {
        const TOKENS: u64 = 13698603654303508571;
        #[inline]
        fn apply(&mut self, event: &__M1, meta: &__p::EventMeta<'_>) {
            __Owner::returned(self, event, &*meta);
        }
    }
};
