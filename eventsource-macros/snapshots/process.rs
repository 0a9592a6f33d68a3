#[cfg_attr(
    clippy,
    allow(
        clippy::missing_errors_doc,
        clippy::trivially_copy_pass_by_ref,
        clippy::unnecessary_wraps,
        clippy::unused_self
    )
)]
impl Transfer {
    fn requested(event: &Recorded<Requested>) -> Next<Self> {
        Next::record(Begun {
            amount: event.event.amount,
        })
    }
    #[allow(unused_variables)]
    fn withdrawn(&self, event: &Recorded<Withdrawn>) -> Result<Next<Self>, Odd> {
        Ok(Next::record(Taken))
    }
    fn overdue(&self, _: &Overdue) -> Next<Self> {
        Next::nothing()
    }
    fn deposit_refused(&self, refused: &Refused<Deposit>) -> Next<Self> {
        Next::record(Failed {
                reason: refused.reason.clone(),
            })
            .end()
    }
}
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    type __T0 = Requested;
    const __K0: bool = <__T0 as __p::Event>::VERSION > 0;
    type __E0 = <__T0 as __p::Known<{ __K0 }>>::Type;
    type __T1 = Withdrawn;
    const __K1: bool = <__T1 as __p::Event>::VERSION > 0;
    type __E1 = <__T1 as __p::Known<{ __K1 }>>::Type;
    type __T2 = Deposit;
    const __K2: bool = <__T2 as __p::Command>::VERSION > 0;
    type __E2 = <__T2 as __p::Known<{ __K2 }>>::Type;
    type __T3 = Overdue;
    const __K3: bool = <__T3 as __p::Timer>::IS_TIMER;
    type __E3 = <__T3 as __p::Known<{ __K3 }>>::Type;
    const _: () = __p::routed(
        <__E0 as __p::Event>::SHAPE,
        "transfer",
        "Requested",
        "Transfer",
    );
    impl __p::Awaits<__E3> for Transfer {}
    #[automatically_derived]
    impl __p::Process for Transfer
    where
        for<'a> Transfer: __p::AggregateIf<'a>,
    {
        const FROM: __p::Begin = __p::Begin::Beginning;
        const EVENTS: &'static [&'static [__p::Row]] = &[
            &[<__E0 as __p::Event>::ROW],
            &[<__E1 as __p::Event>::ROW],
        ];
        const SENDS: &'static [__p::Row] = &[<__E2 as __p::Command>::ROW];
        const TIMERS: &'static [__p::Row] = &[<__E3 as __p::Timer>::ROW];
        const PLACE: __p::Place = __p::Place::here();
        fn receive<__C: __p::Codec>(
            input: &__p::Input<'_, __C>,
            calls: &mut __p::Calls<Self>,
        ) -> __p::WasProjected {
            if let __p::Some(it) = __p::Input::event::<__E0>(input)? {
                let keys = __p::Input::tagged::<Self>(input, "transfer")?;
                __p::Calls::begin(
                    calls,
                    keys,
                    it.part,
                    move || {
                        let it = <Transfer>::requested(&it);
                        <__p::Same<_> as __p::IntoNext<Self>>::into_next(it)
                    },
                );
            }
            if let __p::Some(it) = __p::Input::event::<__E1>(input)? {
                let keys = {
                    let event = &it;
                    <__p::Same<
                        _,
                    > as __p::Keys<
                        <Self as __p::Aggregate>::Id,
                    >>::keys(event.event.transfer)
                };
                __p::Calls::take(
                    calls,
                    keys,
                    it.part,
                    move |this| {
                        let it = <Transfer>::withdrawn(this, &it);
                        <__p::Same<_> as __p::IntoNext<Self>>::into_next(it)
                    },
                );
            }
            if let __p::Some(it) = __p::Input::refused::<__E2>(input)? {
                __p::Calls::own(
                    calls,
                    move |this| {
                        let it = <Transfer>::deposit_refused(this, &it);
                        <__p::Same<_> as __p::IntoNext<Self>>::into_next(it)
                    },
                );
            }
            if let __p::Some(it) = __p::Input::timer::<__E3>(input)? {
                __p::Calls::own(
                    calls,
                    move |this| {
                        let it = <Transfer>::overdue(this, &it);
                        <__p::Same<_> as __p::IntoNext<Self>>::into_next(it)
                    },
                );
            }
            __p::Ok(())
        }
    }
    #[allow(unused_imports)]
    use __p::NoProcess as _;
    __p::inventory::submit! {
        __p::ProcessEntry:: < Transfer > ::ENTRY
    }
};
