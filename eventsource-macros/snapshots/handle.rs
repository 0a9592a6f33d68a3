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
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl ::eventsource_core::Handle<Place> for Order {
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
        let decision = <Order>::place(command);
        let recorded = <Result<
            Placed,
            OrderError,
        > as ::eventsource_core::Decision<Order>>::record(decision, events);
        ::eventsource_core::private::decided(recorded)
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
const _: () = <Place as ::eventsource_core::CommandOf<Order>>::LISTED;
/// Sends it back.
#[::eventsource_core::command(crate = ::eventsource_core, name = "order.return")]
pub struct SendBack {
    /// See [`SendBack`].
    pub count: u32,
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
impl ::eventsource_core::Handle<SendBack> for Order {
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
        let decision = <Order>::send_back(state, command.count, context);
        let recorded = <Result<
            Returned,
            OrderError,
        > as ::eventsource_core::Decision<Order>>::record(decision, events);
        ::eventsource_core::private::decided(recorded)
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
const _: () = <SendBack as ::eventsource_core::CommandOf<Order>>::LISTED;
