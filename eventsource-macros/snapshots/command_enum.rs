#[allow(
    deprecated,
    unused_qualifications,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
const _: () = {
    #[derive(renamed::runtime::private::serde::Deserialize)]
    #[serde(crate = "renamed::runtime::private::serde")]
    struct __Cancel;
    #[derive(renamed::runtime::private::serde::Serialize)]
    #[serde(crate = "renamed::runtime::private::serde")]
    struct __CancelRef;
    #[automatically_derived]
    impl renamed::runtime::message::MessageSet for OrderCommand {
        const ROWS: &'static [renamed::runtime::message::Row] = &[
            renamed::runtime::message::Row {
                variant: 0u16,
                name: <Place as renamed::runtime::Command>::NAME,
                version: <Place as renamed::runtime::Command>::VERSION,
                type_name: ::core::any::type_name::<Place>,
                place: <Place as renamed::runtime::Command>::PLACE,
            },
            renamed::runtime::message::Row {
                variant: 1u16,
                name: "Cancel",
                version: 1u32,
                type_name: ::core::any::type_name::<OrderCommand>,
                place: renamed::runtime::message::Place {
                    file: ::core::file!(),
                    line: ::core::line!(),
                },
            },
        ];
        fn write<W: renamed::runtime::message::MessageWriter>(
            &self,
            writer: W,
        ) -> ::core::result::Result<W::Ok, W::Error> {
            match *self {
                Self::Place(ref message) => {
                    <Place as renamed::runtime::Command>::write_command(message, writer)
                }
                Self::Cancel => writer.write("Cancel", 1u32, &__CancelRef),
            }
        }
        fn read<R: renamed::runtime::message::MessageReader>(
            variant: u16,
            reader: R,
        ) -> ::core::result::Result<Self, R::Error> {
            match variant {
                0u16 => {
                    ::core::result::Result::Ok(
                        Self::Place(
                            <Place as renamed::runtime::Command>::read_command(reader)?,
                        ),
                    )
                }
                1u16 => {
                    let __payload: __Cancel = reader.read()?;
                    ::core::result::Result::Ok(Self::Cancel)
                }
                _ => ::core::result::Result::Err(reader.no_such_variant()),
            }
        }
    }
    const _: () = {
        renamed::runtime::private::distinct(
            <OrderCommand as renamed::runtime::message::MessageSet>::ROWS,
            1u16,
            "the stored name of `Cancel` is the name of another command in this set: give each its own with `#[command(name = \"…\")]`",
        );
    };
    #[automatically_derived]
    impl renamed::runtime::CommandSet for OrderCommand {}
    #[automatically_derived]
    impl renamed::runtime::AnyCommand for OrderCommand {
        fn write_any<W: renamed::runtime::message::MessageWriter>(
            &self,
            writer: W,
        ) -> ::core::result::Result<W::Ok, W::Error> {
            renamed::runtime::message::MessageSet::write(self, writer)
        }
    }
};
