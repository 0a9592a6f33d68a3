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
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    type __Owner = <Order as __p::Known<
        { <Order as __p::Mentioned<__p::ByItself>>::IS_AGGREGATE },
    >>::Type;
    const _: () = {
        <Place as __p::ListedCommand<__Owner>>::LISTED;
        <SendBack as __p::ListedCommand<__Owner>>::LISTED;
    };
    type __M0 = Place;
    impl __p::Handle<__M0> for Order
    where
        for<'a> Order: __p::AggregateIf<'a>,
    {
        const CREATES: bool = true;
        fn handle(command: __M0, on: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
            on.absent()?;
            let to = <__p::Same<_> as __p::Decision<__Owner>>::conclude;
            to(__Owner::place(command), on)
        }
    }
    type __M1 = SendBack;
    impl __p::Handle<__M1> for Order
    where
        for<'a> Order: __p::AggregateIf<'a>,
    {
        fn handle(command: __M1, on: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
            let to = <__p::Same<_> as __p::Decision<__Owner>>::conclude;
            to(__Owner::send_back(on.existing()?, command.count, &*on.context), on)
        }
    }
};
