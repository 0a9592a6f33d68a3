#[allow(
    clippy::missing_const_for_fn,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::needless_pass_by_ref_mut,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
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
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
const _: () = {
    const __IS_AGGREGATE: bool = <Order as ::eventsource_core::Aggregate>::IS_AGGREGATE;
    type __Known<T> = <T as ::eventsource_core::private::Known<
        { __IS_AGGREGATE },
    >>::Type;
    enum __Block {}
    impl ::eventsource_core::private::Mentioned<__Known<__Block>> for __Known<Order> {
        const IS_AGGREGATE: bool = __IS_AGGREGATE;
    }
    const __LISTED: bool = {
        let () = <Placed as ::eventsource_core::EventOf<__Known<Order>>>::LISTED;
        #[cfg(feature = "returns")]
        let () = <Returned as ::eventsource_core::EventOf<__Known<Order>>>::LISTED;
        true
    };
    impl ::eventsource_core::Decision<Order>
    for <__Block as ::eventsource_core::private::Known<{ __LISTED }>>::Type
    where
        for<'__a> Order: ::eventsource_core::private::AggregateIf<'__a>,
    {
        fn record(
            self,
            _: &mut ::eventsource_core::Events<Order>,
        ) -> ::core::result::Result<
            (),
            <Order as ::eventsource_core::Aggregate>::Error,
        > {
            match self {}
        }
    }
    type __Message0 = Placed;
    #[automatically_derived]
    impl ::eventsource_core::Apply<__Message0> for Order
    where
        for<'__a> Order: ::eventsource_core::private::AggregateIf<'__a>,
    {
        const CREATES: bool = true;
        fn create(
            event: &Placed,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(<__Known<Order>>::placed(event))
        }
        fn apply(
            &mut self,
            _: &Placed,
            _: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
            ::core::result::Result::Err(::eventsource_core::Misapplied::CreatedTwice)
        }
    }
    #[cfg(feature = "returns")]
    type __Message1 = Returned;
    #[cfg(feature = "returns")]
    #[automatically_derived]
    impl ::eventsource_core::Apply<__Message1> for Order
    where
        for<'__a> Order: ::eventsource_core::private::AggregateIf<'__a>,
    {
        #[inline]
        fn apply(
            &mut self,
            event: &Returned,
            meta: &::eventsource_core::EventMeta<'_>,
        ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
            <__Known<Order>>::returned(self, event, &*meta);
            ::core::result::Result::Ok(())
        }
    }
};
