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
impl Index {
    async fn opened(&self, event: &Recorded<Opened>) -> Result<(), IndexError> {
        self.client.put(event.position, &event.event.owner).await
    }
}
#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use renamed::private as __p;
    type __T0 = Opened;
    const __K0: bool = <__T0 as __p::Event>::VERSION > 0;
    type __E0 = <__T0 as __p::Known<{ __K0 }>>::Type;
    #[automatically_derived]
    impl __p::Projection for Index {
        const NAME: &'static str = "index";
        const VERSION: u32 = 1u32;
        const EVENTS: &'static [&'static [__p::Row]] = &[&[<__E0 as __p::Event>::ROW]];
        const PLACE: __p::Place = __p::Place::here();
        type Into = __p::Outside;
    }
    #[automatically_derived]
    impl __p::ProjectOutside for Index {
        async fn project<__C: __p::Codec>(
            &self,
            event: &__p::Incoming<'_, __C>,
        ) -> __p::WasProjected {
            for part in __p::Incoming::parts(event, <Self as __p::Projection>::EVENTS)? {
                if let __p::Some(it) = __p::Incoming::part::<__E0>(event, part)? {
                    let it = <Index>::opened(self, &it).await;
                    <__p::Same<_> as __p::Outcome>::outcome(it)?;
                }
            }
            __p::Ok(())
        }
    }
    __p::inventory::submit! {
        __p::ConsumerEntry::of_projection:: < Index > ()
    }
};
