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
    async fn tables(&self, tx: &mut PgTx) -> Result<()> {
        tx.execute_batch("CREATE TABLE {balances} (account TEXT PRIMARY KEY)").await
    }
    async fn opened(&self, event: &Recorded<Opened>, tx: &mut PgTx) -> Result<()> {
        tx.execute("INSERT INTO {balances} VALUES ($1)", &[&event.stream.id()]).await
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
    #[automatically_derived]
    impl __p::Projection for Balances {
        const NAME: &'static str = "balances";
        const VERSION: u32 = 1u32;
        const EVENTS: &'static [&'static [__p::Row]] = &[&[<__E0 as __p::Event>::ROW]];
        const PLACE: __p::Place = __p::Place::here();
        type Into = PgTx;
    }
    #[automatically_derived]
    impl __p::ProjectThrough for Balances {
        async fn create(&self, tx: &mut PgTx) -> __p::WasProjected {
            __p::projected(<Balances>::tables(self, tx).await)
        }
        async fn project<__C: __p::Codec>(
            &self,
            event: &__p::Incoming<'_, __C>,
            tx: &mut PgTx,
        ) -> __p::WasProjected {
            for part in __p::Incoming::parts(event, <Self as __p::Projection>::EVENTS)? {
                if let __p::Some(it) = __p::Incoming::part::<__E0>(event, part)? {
                    let it = <Balances>::opened(self, &it, tx).await;
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
