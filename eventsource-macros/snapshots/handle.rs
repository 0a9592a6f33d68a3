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
    fn place(command: Place) -> Result<Placed, OrderError> {
        Ok(Placed { count: command.count })
    }
    /// Sends it back.
    pub fn send_back(
        &self,
        count: u32,
        context: &Context<Self>,
    ) -> Result<Returned, OrderError> {
        Ok(Returned {
            count,
            at: context.now(),
        })
    }
}
/// Sends it back.
#[::eventsource_core::command(crate = ::eventsource_core, name = "order.return")]
pub struct SendBack {
    /// See [`SendBack`].
    pub count: u32,
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
    const __IS_AGGREGATE: bool = <Order as ::eventsource_core::private::Mentioned<
        ::eventsource_core::private::ByItself,
    >>::IS_AGGREGATE;
    type __Known<T> = <T as ::eventsource_core::private::Known<
        { __IS_AGGREGATE },
    >>::Type;
    const __LISTED: bool = {
        let () = <Place as ::eventsource_core::ListedCommand<__Known<Order>>>::LISTED;
        let () = <SendBack as ::eventsource_core::ListedCommand<__Known<Order>>>::LISTED;
        true
    };
    type __Message0 = Place;
    #[automatically_derived]
    impl ::eventsource_core::Handle<__Message0> for Order
    where
        for<'__a> Order: ::eventsource_core::private::AggregateIf<'__a>,
    {
        const CREATES: bool = true;
        #[inline]
        fn handle(
            state: ::core::option::Option<&Self>,
            command: Place,
            context: &::eventsource_core::Context<'_, Self>,
            events: &mut ::eventsource_core::Events<Self>,
        ) -> ::core::result::Result<
            (),
            ::eventsource_core::Rejection<<Self as ::eventsource_core::Aggregate>::Error>,
        > {
            ::eventsource_core::private::absent(context)?;
            let decision = <__Known<Order>>::place(command);
            let record = <::eventsource_core::private::Same<
                _,
            > as ::eventsource_core::Decision<__Known<Order>>>::record;
            ::eventsource_core::private::decided(record(decision, events))
        }
    }
    type __Message1 = SendBack;
    #[automatically_derived]
    impl ::eventsource_core::Handle<__Message1> for Order
    where
        for<'__a> Order: ::eventsource_core::private::AggregateIf<'__a>,
    {
        #[inline]
        fn handle(
            state: ::core::option::Option<&Self>,
            command: SendBack,
            context: &::eventsource_core::Context<'_, Self>,
            events: &mut ::eventsource_core::Events<Self>,
        ) -> ::core::result::Result<
            (),
            ::eventsource_core::Rejection<<Self as ::eventsource_core::Aggregate>::Error>,
        > {
            let state = ::eventsource_core::private::existing(state)?;
            let decision = <__Known<Order>>::send_back(state, command.count, &*context);
            let record = <::eventsource_core::private::Same<
                _,
            > as ::eventsource_core::Decision<__Known<Order>>>::record;
            ::eventsource_core::private::decided(record(decision, events))
        }
    }
};
