#[cfg_attr(
    clippy,
    allow(
        clippy::missing_errors_doc,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_async,
        clippy::unused_self
    )
)]
impl Mailer {
    async fn opened(
        &self,
        event: &Recorded<Opened>,
        key: &ReactionKey,
    ) -> Result<(), MailError> {
        self.mails.send(key, &event.event.owner).await
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
    impl __p::Reactor for Mailer {
        const NAME: &'static str = "welcome-mail";
        const FROM: __p::Begin = __p::Begin::Beginning;
        const EVENTS: &'static [&'static [__p::Row]] = &[&[<__E0 as __p::Event>::ROW]];
        const PLACE: __p::Place = __p::Place::here();
        async fn react<__C: __p::Codec>(
            &self,
            event: &__p::Incoming<'_, __C>,
            key: &__p::ReactionKey,
        ) -> __p::WasProjected {
            for part in __p::Incoming::parts(event, <Self as __p::Reactor>::EVENTS)? {
                if let __p::Some(it) = __p::Incoming::part::<__E0>(event, part)? {
                    let key = &__p::ReactionKey::part(key, part);
                    let it = <Mailer>::opened(self, &it, key).await;
                    <__p::Same<_> as __p::Outcome>::outcome(it)?;
                }
            }
            __p::Ok(())
        }
    }
    __p::inventory::submit! {
        __p::ConsumerEntry::of_reactor:: < Mailer > ()
    }
};
