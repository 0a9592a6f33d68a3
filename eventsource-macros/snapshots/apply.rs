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
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::eventsource_core::Apply<Placed> for Order {
    const CREATES: bool = true;
    fn create(
        event: &Placed,
        meta: &::eventsource_core::EventMeta<'_>,
    ) -> ::core::option::Option<Self> {
        ::core::option::Option::Some(<Order>::placed(event))
    }
    fn apply(
        &mut self,
        _: &Placed,
        _: &::eventsource_core::EventMeta<'_>,
    ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
        ::core::result::Result::Err(::eventsource_core::Misapplied::CreatedTwice)
    }
}
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = <Placed as ::eventsource_core::EventOf<Order>>::LISTED;
#[cfg(feature = "returns")]
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::eventsource_core::Apply<Returned> for Order {
    #[inline]
    fn apply(
        &mut self,
        event: &Returned,
        meta: &::eventsource_core::EventMeta<'_>,
    ) -> ::core::result::Result<(), ::eventsource_core::Misapplied> {
        <Order>::returned(self, event, meta);
        ::core::result::Result::Ok(())
    }
}
#[cfg(feature = "returns")]
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = <Returned as ::eventsource_core::EventOf<Order>>::LISTED;
