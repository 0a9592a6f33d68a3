//! Generated code compiles wherever it is put: without a prelude, beside types that are called like the standard ones,
//! inside functions, under lints that deny.
#![no_implicit_prelude]
#![deny(warnings, unused_qualifications, clippy::pedantic, clippy::nursery)]

extern crate eventsource_core as renamed;

mod shadows {
    #![allow(dead_code, non_camel_case_types, reason = "they are only in the way")]

    pub struct Result;
    pub struct Ok;
    pub struct Err;
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Vec;
    pub struct Box;
    pub struct String;
    pub struct ToString;
    pub struct Event;
    pub struct Command;
    pub struct Aggregate;
    pub struct Decision;
    pub struct Handle;
    pub struct Apply;
    pub struct Context;
    pub struct Events;
    pub struct Tags;
    pub struct Default;
    pub struct Clone;
    pub struct Debug;
    pub struct PartialEq;
    pub struct Serialize;
    pub struct Deserialize;
    pub trait From {}
    pub trait Into {}
    pub trait TryFrom {}
    pub mod core {}
    pub mod std {}
    pub mod serde {}
    pub mod eventsource_core {}
    pub const fn drop() {}

    /// Methods that everything has, with the names of those that generated code calls.
    pub trait InTheWay {
        fn add(&self) {}
        fn clone(&self) {}
        fn create(&self) {}
        fn eq(&self) {}
        fn field(&self) {}
        fn finish(&self) {}
        fn fmt(&self) {}
        fn from(&self) {}
        fn handle(&self) {}
        fn into(&self) {}
        fn read(&self) {}
        fn record(&self) {}
        fn tags(&self) {}
        fn write(&self) {}
    }

    impl<T> InTheWay for T {}
}

/// Macros with the names of those that generated code could call.
#[allow(unused_macros, reason = "they are only in the way")]
mod macros {
    macro_rules! in_the_way {
        ($($name:ident)*) => {$(
            macro_rules! $name {
                () => {
                    ::std::compile_error!("generated code has called the user's macro")
                };
            }
        )*};
    }
    in_the_way!(assert compile_error file line matches panic stringify unreachable vec);
}

mod domain {
    #[allow(unused_imports, reason = "they are only in the way")]
    use super::shadows::*;
    use ::eventsource_core::{aggregate, apply, command, event, handle};

    #[derive(::std::fmt::Debug)]
    pub struct Never;

    impl ::std::fmt::Display for Never {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str("never")
        }
    }

    impl ::std::error::Error for Never {}

    #[derive(::eventsource_core::Id)]
    pub struct ThingId(::std::string::String);

    /// With fields that are called like our locals, and a raw one.
    #[event(name = "thing.happened")]
    #[serde(rename_all = "camelCase")]
    pub struct Happened {
        #[tag]
        pub tags: u8,
        pub writer: u8,
        pub reader: u8,
        pub message: u8,
        #[tag]
        pub r#type: u8,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        pub event: ::std::option::Option<u8>,
        #[cfg(any())]
        #[tag]
        pub absent: Absent,
    }

    #[event]
    #[derive(Clone, Eq)]
    #[deprecated = "replaying what is deprecated must not warn"]
    pub struct r#Move(u8);

    /// With fields that are called like our locals, and a raw one.
    #[::eventsource_core::decision_model(events(Happened, super::elsewhere::Far, r#Dotted))]
    pub struct Model {
        tags: u8,
        event: u8,
        meta: u8,
        r#match: u8,
    }

    #[::eventsource_core::decision_model(events(Happened))]
    pub struct Tagged {
        #[tag]
        r#type: u8,
        #[tag = "tags"]
        message: u8,
        #[cfg(any())]
        #[tag]
        absent: Absent,
        seen: u8,
    }

    #[apply]
    impl Model {
        fn happened(&mut self, event: &Happened) {
            self.event = event.tags;
        }
        fn far(&mut self, _: &super::elsewhere::Far) {
            self.meta += 1;
        }
        fn dotted(&mut self, _: &r#Dotted) {
            self.tags = self.r#match;
        }
    }

    #[apply]
    impl Tagged {
        fn happened(&mut self, _: &Happened) {
            self.seen += self.r#type + self.message;
        }
    }

    #[event(stream = "dotted/{type}-{name}")]
    pub struct r#Dotted {
        #[tag]
        pub r#type: u8,
        pub name: ::std::string::String,
    }

    #[command]
    pub struct Do {
        pub state: u8,
        pub context: u8,
    }

    /// With variants that are called like the parameters of generated functions.
    #[derive(
        ::std::fmt::Debug, ::std::cmp::PartialEq, ::std::cmp::Eq, ::eventsource_core::Event,
    )]
    pub enum Letters {
        A,
        D(u8, u8),
        E,
        R,
        S { w: u8 },
        W,
    }

    #[allow(deprecated, reason = "it lists what is deprecated")]
    #[aggregate(id = ThingId, error = Never, events(Happened, r#Move, super::elsewhere::Far), commands(Do, r#Type), snapshot)]
    #[derive(::std::default::Default)]
    pub struct Thing {
        events: u8,
    }

    #[allow(deprecated, reason = "it applies what is deprecated")]
    #[apply]
    impl Thing {
        fn happened(&mut self, event: &Happened) {
            self.events = event.tags;
        }
        fn r#move(&mut self, event: &r#Move) {
            self.events = event.0;
        }
        fn far(&mut self, _: &super::elsewhere::Far) {
            self.events += 1;
        }
    }

    #[handle]
    impl Thing {
        fn r#do(&self, command: Do) -> ::std::result::Result<Happened, Never> {
            let (tags, writer) = (command.state, command.context);
            ::std::result::Result::Ok(Happened {
                tags,
                writer,
                reader: self.events,
                message: 0,
                r#type: 0,
                event: ::std::option::Option::None,
            })
        }

        #[command]
        pub fn r#type(&self, events: u8, r#match: u8) -> ::std::option::Option<Happened> {
            let _ = (events, r#match);
            ::std::option::Option::None
        }
    }
}

mod elsewhere {
    #[::eventsource_core::event]
    pub struct Far;
}

/// A process, with parameters that are called like our locals.
mod process {
    use super::domain::{Do, Happened, Never, ThingId};
    #[allow(unused_imports, reason = "they are only in the way")]
    use super::shadows::*;
    use ::eventsource_core::{Next, Recorded, Refused, aggregate, apply, event, process, timer};

    #[event]
    pub struct Noted;

    #[timer]
    pub struct r#Late {
        pub timer: u8,
        pub payload: ::std::string::String,
    }

    #[aggregate(id = ThingId, error = Never, events(Noted), commands())]
    #[derive(::std::default::Default)]
    pub struct Watch;

    #[apply]
    impl Watch {
        fn noted(&mut self, _: &Noted) {}
    }

    #[process(tag = "type")]
    impl Watch {
        fn happened(&self, it: &Recorded<Happened>) -> Next<Self> {
            let timer = r#Late {
                timer: it.event.tags,
                payload: ::std::string::String::new(),
            };
            Next::record(Noted).timer_after(::std::time::Duration::ZERO, timer)
        }

        #[key(::std::option::Option::<ThingId>::None.or_else(|| { let _ = calls; ::std::option::Option::None }))]
        fn r#far(
            &self,
            calls: &Recorded<super::elsewhere::Far>,
        ) -> ::std::result::Result<Next<Self>, Never> {
            ::std::result::Result::Ok(Next::nothing())
        }

        fn r#do(&self, keys: &Refused<Do>) -> Next<Self> {
            let _ = keys;
            Next::nothing().end()
        }

        fn late(&self, this: &r#Late) -> Next<Self> {
            let _ = this;
            Next::nothing()
        }

        #[cfg(any())]
        fn absent(&self, _: &Absent) -> Next<Self> {}
    }
}

/// Enums of the user's own, states, a start by an event, and serde's attributes.
mod machine {
    use super::domain::{Never, ThingId};
    #[allow(unused_imports, reason = "they are only in the way")]
    use super::shadows::*;
    use ::eventsource_core::{aggregate, apply, command, event, handle, value};

    /// A value that is one of its kinds.
    #[value]
    #[serde(tag = "kind", content = "of", rename_all = "SCREAMING_SNAKE_CASE")]
    pub enum Shape {
        Round,
        #[serde(rename = "CORNERED", alias = "ANGLED")]
        Angular {
            #[serde(with = "as_text")]
            corners: u8,
        },
        #[cfg(any())]
        Absent(Absent),
    }

    /// A value that stands in another one.
    #[value]
    #[serde(default, deny_unknown_fields)]
    #[derive(::std::default::Default)]
    pub struct Size {
        pub width: u32,
        #[serde(skip_serializing_if = "is_zero")]
        pub height: u32,
    }

    /// A value that looks like what is in it.
    #[value]
    #[serde(transparent)]
    pub struct Label(pub ::std::string::String);

    /// A value by way of another type.
    #[value(without(Serialize, Deserialize))]
    #[derive(
        ::eventsource_core::private::serde::Serialize,
        ::eventsource_core::private::serde::Deserialize,
    )]
    #[serde(
        crate = "::eventsource_core::private::serde",
        try_from = "u8",
        into = "u8"
    )]
    pub struct Small(u8);

    impl ::std::convert::TryFrom<u8> for Small {
        type Error = &'static str;
        fn try_from(number: u8) -> ::std::result::Result<Self, &'static str> {
            if number < 10 {
                ::std::result::Result::Ok(Self(number))
            } else {
                ::std::result::Result::Err("too large")
            }
        }
    }

    impl ::std::convert::From<Small> for u8 {
        fn from(small: Small) -> Self {
            small.0
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    const fn is_zero(number: &u32) -> bool {
        *number == 0
    }

    mod as_text {
        use ::eventsource_core::private::serde::{
            Deserialize, Deserializer, Serializer, de::Error,
        };

        #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
        pub fn serialize<S: Serializer>(
            number: &u8,
            serializer: S,
        ) -> ::std::result::Result<S::Ok, S::Error> {
            serializer.collect_str(number)
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> ::std::result::Result<u8, D::Error> {
            let text = <::std::string::String as Deserialize>::deserialize(deserializer)?;
            ::std::primitive::str::parse(&text).map_err(D::Error::custom)
        }
    }

    const fn as_before(old: ::eventsource_core::Value) -> ::eventsource_core::Value {
        old
    }

    #[event(name = "machine.built", version = 3, from = BuiltV2, alias = "built")]
    pub struct Built {
        pub shape: Shape,
        #[serde(flatten)]
        pub size: Size,
        pub label: Label,
        pub small: Small,
        #[serde(skip, default)]
        pub seen: bool,
    }

    #[event(version = 2, of = Built, upcast(1 = as_before))]
    pub struct BuiltV2;

    impl ::std::convert::From<BuiltV2> for Built {
        fn from(_: BuiltV2) -> Self {
            ::std::unreachable!("it is only compiled")
        }
    }

    #[event(into(Broken, Parted))]
    pub struct Failed;

    #[event(from = Failed)]
    pub struct Broken;

    #[event(from = Failed)]
    pub struct Parted;

    impl ::std::convert::From<Failed> for Broken {
        fn from(_: Failed) -> Self {
            Self
        }
    }

    impl ::std::convert::From<Failed> for Parted {
        fn from(_: Failed) -> Self {
            Self
        }
    }

    /// With variants of their own and around a struct, fields named like our locals, and conditions.
    #[event]
    pub enum Happening {
        Built(Built),
        /// One with fields.
        #[event(name = "machine.moved", version = 3)]
        Moved {
            #[tag]
            r#where: ::std::string::String,
            writer: u8,
            __payload: u8,
            #[cfg(any())]
            gone: Gone,
            #[serde(default)]
            reader: ::std::option::Option<u8>,
        },
        Turned(u8, #[serde(default)] u8),
        Stopped,
        #[cfg(any())]
        Gone(Gone),
    }

    #[command]
    pub enum Request {
        Build {
            small: u8,
        },
        Stop,
        #[cfg(any())]
        Gone(Gone),
    }

    #[aggregate(name = "machine", id = ThingId, error = Never, events = Happening, commands = Request, snapshot(every = 2))]
    pub enum Machine {
        Running { turns: u8 },
        Stopped,
    }

    #[apply]
    impl Machine {
        fn happened(event: &Happening) -> Self {
            match *event {
                Happening::Turned(turns, _) => Self::Running { turns },
                Happening::Stopped => Self::Stopped,
                _ => Self::Running { turns: 0 },
            }
        }
    }

    #[handle]
    impl Machine {
        fn request(command: Request) -> [Happening; 1] {
            match command {
                Request::Build { small } => [Happening::Built(Built {
                    shape: Shape::Angular { corners: 3 },
                    size: <Size as ::std::default::Default>::default(),
                    label: Label(::std::string::String::new()),
                    small: Small(small),
                    seen: true,
                })],
                Request::Stop => [Happening::Stopped],
            }
        }
    }
}

#[test]
fn own_enums() {
    use ::eventsource_core::prelude::*;

    let stopped = machine::Machine::given(()).when(machine::Request::Stop);
    ::std::mem::drop(stopped.then(machine::Happening::Stopped));
}

#[test]
fn inside_a_function() {
    use ::eventsource_core::prelude::*;

    #[event(crate = renamed)]
    struct Happened;

    #[derive(::std::fmt::Debug, ::thiserror::Error)]
    #[error("never")]
    struct Never;

    #[aggregate(crate = renamed, name = "local", id = u8, error = Never, events(Happened), commands(Do), snapshot)]
    #[derive(::std::default::Default)]
    struct Local;

    #[apply(crate = renamed)]
    impl Local {
        fn happened(&mut self, _: &Happened) {}
    }

    #[handle(crate = renamed)]
    impl Local {
        #[command]
        fn r#do(&self) -> Happened {
            Happened
        }
    }

    #[decision_model(crate = renamed, any_event)]
    struct Any {
        #[tag]
        r#fn: u8,
        seen: u8,
    }

    #[apply(crate = renamed)]
    impl Any {
        fn any(&mut self, _: &renamed::StoredEvent) {
            self.seen += 1;
        }
    }

    ::std::assert_eq!(Any::of(1).given(Happened).seen, 0);
    let _ = domain::Model::of();
    let _ = domain::Tagged::of(1, 2);
    let _ = Local::given(()).when(Do).then(Happened);
    let _ = domain::Thing::given(())
        .when(domain::Type {
            events: 1,
            r#match: 2,
        })
        .then_nothing();
}
