//! What is the same in the code for every list of messages, as macros by example: the compiler writes these out itself, at
//! a fraction of what the same tokens cost when a procedural macro makes them one by one. The procedural macros check
//! what the user wrote, and call them with names alone; `__p` is this crate's `private` where they do.
//!
//! An error is reported at the user's word, since each name has come with its place: as `tt`, which keeps it, where `ident`
//! does not. Nothing here is an error of its own: what does not hold of a message is said once, in the table of the set, or
//! in the constants beside it. A trait that may not hold of the user's type comes with its place too: the compiler takes two
//! errors for one only where they stand at one place.

/// The table of an enum around messages, reading and writing. `$known<T>` is `T` if the table compiles, which it does where
/// all of them are messages; else it is the compiler's error type, about which nothing more is said.
#[doc(hidden)]
#[macro_export]
macro_rules! __message_set {
    (
        $set:tt $known:tt $interface:tt $write:tt $read:tt $([$($retired:literal)+])?
        $($(#[$cfg:meta])* $number:literal $name:literal $message:tt $variant:tt,)*
    ) => {
        type $known<T> = <T as __p::Known<{ <$set as __p::MessageSet>::ROWS.is_empty() }>>::Type;
        impl __p::MessageSet for $set {
            const ROWS: &'static [__p::Row] =
                &[$($(#[$cfg])* <$message as __p::$interface>::ROW.at($number, $name),)*];
            $(const RETIRED: &'static [&'static str] = &[$($retired,)+];)?

            fn write<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
                let to: $known<W> = to;
                match *self {
                    $($(#[$cfg])* Self::$variant(ref it) => to.$write(it),)*
                }
            }

            fn read<R: __p::MessageReader>(variant: u16, from: R) -> __p::Result<Self, R::Error> {
                let from: $known<R> = from;
                match variant {
                    $($(#[$cfg])* $number => from.$read().map(Self::$variant),)*
                    _ => __p::Err(from.no_such_variant()),
                }
            }
        }
    };
}

/// An enum around events. `$retired` are the stored names of events that were retired.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_set {
    (
        $set:tt $([$($retired:literal)+])?
        $($(#[$cfg:meta])* $number:literal $name:literal $message:tt $variant:tt,)*
    ) => {
        __p::message_set! {
            $set __Event Event write_event read_event $([$($retired)+])?
            $($(#[$cfg])* $number $name $message $variant,)*
        }
        impl __p::EventSet for $set {}
    };
}

/// Conversions into a generated enum, and its standard traits: `Debug`, `Clone` and `PartialEq`, each if all of its
/// messages have it, and serde's two through the table. `$each` is the list of them as one type.
#[doc(hidden)]
#[macro_export]
macro_rules! __generated_enum {
    ($set:tt $each:tt [$cloned:ty] $($(#[$cfg:meta])* $number:literal $message:tt $variant:tt,)*) => {
        $(
            $(#[$cfg])*
            impl __p::From<$message> for $set {
                fn from(it: $message) -> Self {
                    Self::$variant(it)
                }
            }
        )*
        impl __p::Debug for $set where for<'a> $each: __p::DebugEach<'a> {
            fn fmt(&self, f: &mut __p::Formatter<'_>) -> __p::fmt::Result {
                __p::debug::<$each, Self>(self, f)
            }
        }
        impl __p::PartialEq for $set where for<'a> $each: __p::PartialEqEach<'a> {
            fn eq(&self, other: &Self) -> bool {
                __p::equal::<$each, Self>(self, other)
            }
        }
        impl __p::Clone for $set where for<'a> $cloned: __p::CloneEach<'a, Self> {
            #[inline]
            fn clone(&self) -> Self {
                __p::clone::<$cloned, Self>(self)
            }
        }
        impl __p::serde::Serialize for $set {
            fn serialize<S: __p::serde::Serializer>(&self, to: S) -> __p::Result<S::Ok, S::Error> {
                __p::serialize(self, to)
            }
        }
        impl<'de> __p::serde::Deserialize<'de> for $set {
            fn deserialize<D: __p::serde::Deserializer<'de>>(from: D) -> __p::Result<Self, D::Error> {
                __p::deserialize(from)
            }
        }
    };
}

/// The enum of an aggregate's events. Where one of the list is no event, every type is a decision of the aggregate's: that
/// has been reported, and what a handler returns is then not reported beside it.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_enum {
    (
        [$decision:path] $set:tt $([$($retired:literal)+])?
        $($(#[$cfg:meta])* $number:literal $name:literal $message:tt $variant:tt,)*
    ) => {
        __p::event_set! { $set $([$($retired)+])? $($(#[$cfg])* $number $name $message $variant,)* }
        __p::generated_enum! { $set __Events [__Events] $($(#[$cfg])* $number $message $variant,)* }
        $(
            $(#[$cfg])*
            impl $decision for $message {
                type By = __p::AsEvent;
            }
        )*
        impl $decision for __Event<$set> {
            type By = __p::AsEvent;
        }
    };
}

/// The enum of an aggregate's commands, their dispatcher. `$there` is the aggregate, at the place of the command in its
/// list: there it is said that nothing handles it.
#[doc(hidden)]
#[macro_export]
macro_rules! __command_enum {
    (
        [$dispatched:path] $owner:tt $set:tt
        $($(#[$cfg:meta])* $number:literal $name:literal $message:tt $variant:tt $there:tt,)*
    ) => {
        __p::message_set! {
            $set __Command Command write_command read_command
            $($(#[$cfg])* $number $name $message $variant,)*
        }
        // A command has `Clone`, or it is none, and that has been reported.
        __p::generated_enum! {
            $set __Commands [__Command<__Commands>] $($(#[$cfg])* $number $message $variant,)*
        }
        impl __p::CommandSet for $set {}
        impl __p::AnyCommand for $set {
            type By = __p::AsCommandSet;
        }
        $(
            $(#[$cfg])*
            impl $dispatched for $message {
                const HANDLER: __p::Handler<$owner, Self> =
                    <$there as __p::Handle<__Command<$message>>>::HANDLER;
            }
        )*
        impl $dispatched for $set {
            const HANDLER: __p::Handler<$owner, Self> = __p::Handler::new(|command, on| match command {
                $($(#[$cfg])* Self::$variant(it) => __p::decide(it, on),)*
            });
        }
    };
}
