//! Generated code compiles wherever it is put: without a prelude, beside types that are called like the standard ones,
//! inside functions, under lints that deny.
#![no_implicit_prelude]
#![deny(warnings, unused_qualifications, clippy::pedantic, clippy::nursery)]

extern crate eventsource_core as renamed;

mod shadows {
    #![allow(dead_code, non_camel_case_types, reason = "they are only in the way")]

    pub struct Result;
    pub struct Option;
    pub struct Vec;
    pub struct String;
    pub struct Event;
    pub struct Command;
    pub struct Handle;
    pub struct Apply;
    pub struct Context;
    pub struct Default;
    pub struct Clone;
    pub trait From {}
    pub trait Into {}
    pub mod core {}
    pub mod std {}
    pub mod serde {}
    pub mod eventsource_core {}
    pub const fn drop() {}
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

    #[command]
    pub struct Do {
        pub state: u8,
        pub context: u8,
    }

    /// With variants that are called like the parameters of generated functions.
    #[derive(::std::fmt::Debug, ::std::cmp::PartialEq, ::eventsource_core::Event)]
    pub enum Letters {
        A,
        D(u8, u8),
        E,
        R,
        S { w: u8 },
        W,
    }

    #[allow(deprecated, reason = "it lists what is deprecated")]
    #[aggregate(id = ThingId, error = Never, events(Happened, r#Move, super::elsewhere::Far), commands(Do, r#Type))]
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

#[test]
fn inside_a_function() {
    use ::eventsource_core::prelude::*;

    #[event(crate = renamed)]
    struct Happened;

    #[derive(::std::fmt::Debug, ::thiserror::Error)]
    #[error("never")]
    struct Never;

    #[aggregate(crate = renamed, name = "local", id = u8, error = Never, events(Happened), commands(Do))]
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

    let _ = Local::given(()).when(Do).then(Happened);
    let _ = domain::Thing::given(())
        .when(domain::Type {
            events: 1,
            r#match: 2,
        })
        .then_nothing();
}
