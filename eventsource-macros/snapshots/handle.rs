#[allow(
    clippy::missing_const_for_fn,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
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
#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use ::eventsource_core::private as __es;
    impl __es::Handle<Place> for Order {
        const CREATES: bool = true;
        #[inline]
        fn handle(command: Place, on: __es::Deciding<'_, Self>) -> __es::Decided<Self> {
            on.absent()?;
            <Result<
                Placed,
                OrderError,
            > as __es::Decision<Order>>::conclude(<Order>::place(command), on)
        }
    }
    impl __es::Handle<SendBack> for Order {
        #[inline]
        fn handle(
            command: SendBack,
            on: __es::Deciding<'_, Self>,
        ) -> __es::Decided<Self> {
            <Result<
                Returned,
                OrderError,
            > as __es::Decision<
                Order,
            >>::conclude(
                <Order>::send_back(on.existing()?, command.count, on.context),
                on,
            )
        }
    }
    const _: &[()] = &[
        <Place as __es::CommandOf<Order>>::LISTED,
        <SendBack as __es::CommandOf<Order>>::LISTED,
    ];
};
