#[cfg_attr(
    clippy,
    allow(
        clippy::missing_const_for_fn,
        clippy::missing_errors_doc,
        clippy::must_use_candidate,
        clippy::needless_pass_by_value,
        clippy::unnecessary_wraps,
        clippy::unused_self
    )
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
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(clippy, allow(clippy::all, clippy::nursery, clippy::pedantic))]
const _: () = {
    use ::eventsource_core::private as __p;
    impl __p::Handle<Place> for Order {
        const CREATES: bool = true;
        #[inline]
        fn handle(command: Place, on: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
            on.absent()?;
            <Result<
                Placed,
                OrderError,
            > as __p::Decision<Order>>::conclude(Self::place(command), on)
        }
    }
    impl __p::Handle<SendBack> for Order {
        #[inline]
        fn handle(command: SendBack, on: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
            <Result<
                Returned,
                OrderError,
            > as __p::Decision<
                Order,
            >>::conclude(Self::send_back(on.existing()?, command.count, on.context), on)
        }
    }
    const _: &[()] = &[
        <Place as __p::CommandOf<Order>>::LISTED,
        <SendBack as __p::CommandOf<Order>>::LISTED,
    ];
};
