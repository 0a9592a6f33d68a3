#[cfg_attr(
    clippy,
    allow(
        clippy::missing_const_for_fn,
        clippy::missing_errors_doc,
        clippy::needless_pass_by_ref_mut,
        clippy::trivially_copy_pass_by_ref,
        clippy::unnecessary_wraps,
        clippy::unused_async,
        clippy::unused_self
    )
)]
impl Balances {
    fn tables(&self, tx: &SqliteTx) -> Result<()> {
        tx.execute_batch("CREATE TABLE {balances} (account TEXT PRIMARY KEY)")
    }
    /// An account was opened.
    fn opened(&self, event: &Recorded<Opened>, tx: &SqliteTx) -> Result<()> {
        tx.execute("INSERT INTO {balances} VALUES (?1)", [event.stream.id()])
    }
    #[cfg(feature = "closing")]
    fn closed(&self, event: &Recorded<account::Closed>, tx: &SqliteTx) {}
    fn forget(&self, stream: &StreamName, tx: &SqliteTx) -> Result<()> {
        tx.execute("DELETE FROM {balances} WHERE account = ?1", [stream.id()])
    }
}
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use ::eventsource_core::private as __p;
    type __T0 = Opened;
    const __K0: bool = <__T0 as __p::Event>::VERSION > 0;
    type __E0 = <__T0 as __p::Known<{ __K0 }>>::Type;
    #[cfg(feature = "closing")]
    type __T1 = account::Closed;
    #[cfg(feature = "closing")]
    const __K1: bool = <__T1 as __p::Event>::VERSION > 0;
    #[cfg(feature = "closing")]
    type __E1 = <__T1 as __p::Known<{ __K1 }>>::Type;
    #[automatically_derived]
    impl __p::Projection for Balances {
        const NAME: &'static str = "balances";
        const VERSION: u32 = 2u32;
        const EVENTS: &'static [&'static [__p::Row]] = &[
            &[<__E0 as __p::Event>::ROW],
            #[cfg(feature = "closing")]
            &[<__E1 as __p::Event>::ROW],
        ];
        const PLACE: __p::Place = __p::Place::here();
        type Into = SqliteTx;
    }
    #[automatically_derived]
    impl __p::Replay for Balances {}
    #[automatically_derived]
    impl __p::ProjectWithin for Balances {
        fn create(&self, tx: &SqliteTx) -> __p::WasProjected {
            __p::projected(<Balances>::tables(self, tx))
        }
        fn forget(&self, stream: &__p::StreamName, tx: &SqliteTx) -> __p::WasProjected {
            __p::projected(<Balances>::forget(self, stream, tx))
        }
        fn project<__C: __p::Codec>(
            &self,
            event: &__p::Incoming<'_, __C>,
            tx: &SqliteTx,
        ) -> __p::WasProjected {
            for part in __p::Incoming::parts(event, <Self as __p::Projection>::EVENTS)? {
                if let __p::Some(it) = __p::Incoming::part::<__E0>(event, part)? {
                    let it = <Balances>::opened(self, &it, tx);
                    <__p::Same<_> as __p::Outcome>::outcome(it)?;
                }
                #[cfg(feature = "closing")]
                if let __p::Some(it) = __p::Incoming::part::<__E1>(event, part)? {
                    let it = <Balances>::closed(self, &it, tx);
                    <__p::Same<_> as __p::Outcome>::outcome(it)?;
                }
            }
            __p::Ok(())
        }
    }
    __p::inventory::submit! {
        __p::ConsumerEntry::of_projection:: < Balances > ()
    }
};
