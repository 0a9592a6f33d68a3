#[allow(deprecated, clippy::all, clippy::nursery, clippy::pedantic)]
const _: () = {
    use renamed::runtime::private as __es;
    #[derive(__es::Deserialize)]
    #[serde(crate = "__es::serde")]
    struct __Cancel;
    #[derive(__es::Serialize)]
    #[serde(crate = "__es::serde")]
    struct __CancelRef;
    #[automatically_derived]
    impl __es::MessageSet for OrderCommand {
        const ROWS: &'static [__es::Row] = &[
            <Place as __es::Command>::ROW.at(0, "Place"),
            __es::Row::of::<OrderCommand>(1, "Cancel", "Cancel", 1),
        ];
        fn write<W: __es::MessageWriter>(&self, to: W) -> __es::Result<W::Ok, W::Error> {
            match *self {
                Self::Place(ref it) => __es::Command::write_command(it, to),
                Self::Cancel => to.write("Cancel", 1, &__CancelRef),
            }
        }
        fn read<R: __es::MessageReader>(
            variant: u16,
            from: R,
        ) -> __es::Result<Self, R::Error> {
            match variant {
                0 => __es::Command::read_command(from).map(Self::Place),
                1 => {
                    let __payload: __Cancel = from.read()?;
                    __es::Ok(Self::Cancel)
                }
                _ => __es::Err(from.no_such_variant()),
            }
        }
    }
    impl __es::CommandSet for OrderCommand {}
    impl __es::AnyCommand for OrderCommand {
        fn write_any<W: __es::MessageWriter>(
            &self,
            to: W,
        ) -> __es::Result<W::Ok, W::Error> {
            __es::MessageSet::write(self, to)
        }
    }
    const _: () = {
        __es::distinct::<OrderCommand>(1, "command");
    };
};
