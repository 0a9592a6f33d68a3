#[allow(deprecated, unused_qualifications)]
#[cfg_attr(
    clippy,
    allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)
)]
const _: () = {
    use renamed::runtime::private as __p;
    #[derive(__p::serde::Deserialize)]
    #[serde(crate = "__p::serde")]
    struct __CancelPayload;
    #[derive(__p::serde::Serialize)]
    #[serde(crate = "__p::serde")]
    struct __CancelPayloadRef;
    impl __p::MessageSet for OrderCommand {
        const ROWS: &'static [__p::Row] = &[
            <Place as __p::Command>::ROW.at(0, "Place"),
            __p::Row::of::<OrderCommand>(1, "Cancel", "command", "Cancel", 1),
        ];
        fn write<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
            match *self {
                Self::Place(ref it) => __p::Command::write_command(it, to),
                Self::Cancel => to.write("Cancel", 1, &__CancelPayloadRef),
            }
        }
        fn read<R: __p::MessageReader>(
            variant: u16,
            from: R,
        ) -> __p::Result<Self, R::Error> {
            match variant {
                0 => __p::Command::read_command(from).map(Self::Place),
                1 => {
                    let __payload: __CancelPayload = from.read()?;
                    __p::Ok(Self::Cancel)
                }
                _ => __p::Err(from.no_such_variant()),
            }
        }
    }
    impl __p::CommandSet for OrderCommand {}
    impl __p::AnyCommand for OrderCommand {
        type By = __p::AsCommandSet;
    }
    const _: () = {
        __p::distinct::<OrderCommand>(1);
    };
};
