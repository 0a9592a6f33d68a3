//! What may be done to an event that is stored, and what is said about it: every kind of change, as `before` and `after`.
#![allow(missing_docs, reason = "a program that is read as a whole")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fs;

use eventsource_core::prelude::*;
use eventsource_core::{Registered, Registry};
use eventsource_schema::{Lock, LockError};
use expect_test::{Expect, expect};

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub struct Never;

/// An aggregate `account` of the event `Opened`, in a module of its own.
macro_rules! program {
    ($name:ident { $($items:item)* }) => {
        pub mod $name {
            #![allow(unused_imports, dead_code)]
            use std::collections::BTreeMap;

            use eventsource_core::Uuid;

            use super::*;

            $($items)*

            #[aggregate(name = "account", id = u64, error = Never, events(Opened), commands())]
            #[derive(Default)]
            pub struct Account;

            #[apply]
            impl Account {
                fn opened(&mut self, _: &Opened) {}
            }
        }
    };
}

/// The same, of two events.
macro_rules! closable {
    ($name:ident { $($items:item)* }) => {
        pub mod $name {
            #![allow(unused_imports, dead_code)]
            use std::collections::BTreeMap;

            use eventsource_core::Uuid;

            use super::*;

            $($items)*

            #[aggregate(name = "account", id = u64, error = Never, events(Opened, Closed), commands())]
            #[derive(Default)]
            pub struct Account;

            #[apply]
            impl Account {
                fn opened(&mut self, _: &Opened) {}
            }
            #[apply]
            impl Account {
                fn closed(&mut self, _: &Closed) {}
            }
        }
    };
}

/// The same, of one event, with another retired.
macro_rules! closed_once {
    ($name:ident { $($items:item)* }) => {
        pub mod $name {
            #![allow(unused_imports, dead_code)]
            use std::collections::BTreeMap;

            use eventsource_core::Uuid;

            use super::*;

            $($items)*

            #[aggregate(name = "account", id = u64, error = Never, events(Opened), commands(), retired("account.closed"))]
            #[derive(Default)]
            pub struct Account;

            #[apply]
            impl Account {
                fn opened(&mut self, _: &Opened) {}
            }
        }
    };
}

/// The same, of the event `Paid`.
macro_rules! paying {
    ($name:ident { $($items:item)* }) => {
        pub mod $name {
            #![allow(unused_imports, dead_code)]
            use std::collections::BTreeMap;

            use eventsource_core::Uuid;

            use super::*;

            $($items)*

            #[aggregate(name = "account", id = u64, error = Never, events(Paid), commands())]
            #[derive(Default)]
            pub struct Account;

            #[apply]
            impl Account {
                fn paid(&mut self, _: &Paid) {}
            }
        }
    };
}

/// Records `Before`, and says what is wrong with `After`, and what is new in it.
fn change<Before: Registered, After: Registered>() -> String {
    change_of(
        &Registry::new().with::<Before>(),
        &Registry::new().with::<After>(),
    )
}

fn change_of(before: &Registry, after: &Registry) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.lock");
    let lock = |registry: &Registry| Lock::new(&path).registry(registry.clone());
    lock(before).update().unwrap();
    let held = lock(before).check().unwrap();
    assert!(held.unrecorded.is_empty(), "{:?}", held.unrecorded);
    let text = fs::read_to_string(&path).unwrap();
    lock(before).update().unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text,
        "it is the same when it is written again"
    );
    match lock(after).check() {
        Ok(held) => {
            let recorded = lock(after).update().unwrap();
            assert_eq!(recorded, held.unrecorded);
            assert!(lock(after).check().unwrap().unrecorded.is_empty());
            let news: Vec<_> = held
                .unrecorded
                .into_iter()
                .map(|line| format!("new: {line}\n"))
                .collect();
            format!("harmless\n{}", news.concat())
        }
        Err(LockError::Broken { problems, .. }) => {
            lock(after)
                .update()
                .expect_err("it is not recorded by an update");
            assert_eq!(
                fs::read_to_string(&path).unwrap(),
                text,
                "nothing was written"
            );
            lock(after).overwrite().unwrap();
            assert!(lock(after).check().unwrap().unrecorded.is_empty());
            let told = problems.iter().map(|problem| format!("{problem}\n"));
            without_lines(&told.collect::<String>())
        }
        Err(error) => panic!("{error}"),
    }
}

/// With the numbers of lines of this file replaced, after a look at whether there are any.
fn without_lines(text: &str) -> String {
    let file = "tests/changes.rs:";
    let mut parts = text.split(file);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        assert_ne!(rest.len(), part.len(), "there is no line: {part}");
        told.push_str("tests/changes.rs:<line>");
        told.push_str(rest);
    }
    told
}

fn dangerous<Before: Registered, After: Registered>(expected: &Expect) {
    let told = change::<Before, After>();
    assert!(!told.starts_with("harmless"), "{told}");
    expected.assert_eq(&told);
}

fn harmless<Before: Registered, After: Registered>(expected: &Expect) {
    let told = change::<Before, After>();
    assert!(told.starts_with("harmless"), "{told}");
    expected.assert_eq(&told);
}

program! { start {
    #[event(name = "account.opened")]
    pub struct Opened {
        pub owner: String,
        pub limit: u32,
        pub note: Option<String>,
    }
} }

macro_rules! opened {
    ($name:ident { $($fields:tt)* }) => {
        program! { $name {
            #[event(name = "account.opened")]
            pub struct Opened { $($fields)* }
        } }
    };
}

macro_rules! case {
    ($kind:ident $test:ident: $before:ident -> $after:ident, $expected:expr) => {
        #[test]
        fn $test() {
            $kind::<$before::Account, $after::Account>(&$expected);
        }
    };
}

opened! { field_gone { pub owner: String, pub note: Option<String>, } }
case!(dangerous a_field_is_gone: start -> field_gone, expect![[r#"
    `account.opened` version 1: the field `limit` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { field_renamed { pub holder: String, pub limit: u32, pub note: Option<String>, } }
case!(dangerous a_field_is_renamed: start -> field_renamed, expect![[r#"
    `account.opened` version 1: the field `owner` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        if it is called `holder` now, write `#[serde(alias = "owner")]` on `holder`; else make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { field_renamed_by_serde { #[serde(rename = "holder")] pub owner: String, pub limit: u32, pub note: Option<String>, } }
case!(dangerous a_field_is_renamed_by_serde: start -> field_renamed_by_serde, expect![[r#"
    `account.opened` version 1: the field `owner` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        if it is called `holder` now, write `#[serde(alias = "owner")]` on `holder`; else make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { field_renamed_with_alias { #[serde(alias = "owner")] pub holder: String, pub limit: u32, pub note: Option<String>, } }
case!(harmless a_field_is_renamed_and_read_under_its_old_name_too: start -> field_renamed_with_alias, expect![[r#"
    harmless
    new: `account.opened` version 1 reads more than it did
"#]]);

opened! { alias_gone { pub holder: String, pub limit: u32, pub note: Option<String>, } }
case!(dangerous the_other_name_of_a_field_is_gone: field_renamed_with_alias -> alias_gone, expect![[r#"
    `account.opened` version 1: the field `holder` is not read under the name `owner` any more, under which it is stored (eventsource-schema/tests/changes.rs:<line>)
        write `#[serde(alias = "owner")]` on `holder` again
"#]]);

opened! { field_retyped { pub owner: String, pub limit: String, pub note: Option<String>, } }
case!(dangerous a_field_is_retyped: start -> field_retyped, expect![[r#"
    `account.opened` version 1: `limit` was stored as u32 and is read as text (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { number_narrowed { pub owner: String, pub limit: u16, pub note: Option<String>, } }
case!(dangerous a_number_is_narrowed: start -> number_narrowed, expect![[r#"
    `account.opened` version 1: `limit` was stored as u32 and is read as u16 (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { sign_added { pub owner: String, pub limit: i32, pub note: Option<String>, } }
case!(dangerous a_number_gets_a_sign_and_loses_a_bit: start -> sign_added, expect![[r#"
    `account.opened` version 1: `limit` was stored as u32 and is read as i32 (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { number_widened { pub owner: String, pub limit: i64, pub note: Option<String>, } }
case!(harmless a_number_is_widened: start -> number_widened, expect![[r#"
    harmless
    new: `account.opened` version 1 reads more than it did
"#]]);

opened! { text_to_uuid { pub owner: Uuid, pub limit: u32, pub note: Option<String>, } }
case!(dangerous a_text_becomes_a_uuid: start -> text_to_uuid, expect![[r#"
    `account.opened` version 1: `owner` was stored as text and is read as text of uuid (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);
case!(harmless a_uuid_becomes_a_text: text_to_uuid -> start, expect![[r#"
    harmless
    new: `account.opened` version 1 reads more than it did
"#]]);

opened! { required_added { pub owner: String, pub limit: u32, pub note: Option<String>, pub branch: String, } }
case!(dangerous a_required_field_is_new: start -> required_added, expect![[r#"
    `account.opened` version 1: the field `branch` is new and required, and stored events lack it (eventsource-schema/tests/changes.rs:<line>)
        write `#[serde(default)]` on `branch`, or make it an `Option`, if that is what stored events mean; else make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { optional_added { pub owner: String, pub limit: u32, pub note: Option<String>, pub branch: Option<String>, } }
case!(harmless an_optional_field_is_new: start -> optional_added, expect![[r#"
    harmless
    new: `account.opened` version 1 reads more than it did
"#]]);

opened! { default_added { pub owner: String, pub limit: u32, pub note: Option<String>, #[serde(default)] pub branch: String, } }
case!(harmless a_field_with_a_default_is_new: start -> default_added, expect![[r#"
    harmless
    new: `account.opened` version 1 reads more than it did
"#]]);
case!(dangerous a_default_is_gone: default_added -> required_added, expect![[r#"
    `account.opened` version 1: the field `branch` is required now, and may be absent in stored events (eventsource-schema/tests/changes.rs:<line>)
        write `#[serde(default)]` on `branch` again; else make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            #[serde(default)]
            pub branch: String,
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { optional_required { pub owner: String, pub limit: u32, pub note: String, } }
case!(dangerous an_optional_field_is_required: start -> optional_required, expect![[r#"
    `account.opened` version 1: `note` may be `null` in stored events, and `null` is not read any more (eventsource-schema/tests/changes.rs:<line>)
        make it an `Option` again; or make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

opened! { optional_defaulted { pub owner: String, pub limit: u32, #[serde(default)] pub note: String, } }
case!(dangerous an_optional_field_gets_a_default_in_its_place: start -> optional_defaulted, expect![[r#"
    `account.opened` version 1: `note` may be `null` in stored events, and `null` is not read any more (eventsource-schema/tests/changes.rs:<line>)
        make it an `Option` again; or make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(name = "account.opened", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);
case!(harmless a_required_field_is_optional: optional_required -> start, expect![[r#"
    harmless
    new: `account.opened` version 1 reads more than it did
"#]]);

opened! { reordered { pub note: Option<String>, pub limit: u32, pub owner: String, } }
case!(harmless fields_are_reordered: start -> reordered, expect![[r#"
    harmless
"#]]);

opened! { documented {
    /// Whose it is.
    pub owner: String,
    pub limit: u32,
    pub note: Option<String>,
} }
case!(harmless a_field_is_documented: start -> documented, expect![[r#"
    harmless
"#]]);

program! { renamed_in_rust {
    pub use AccountOpened as Opened;
    #[event(name = "account.opened")]
    pub struct AccountOpened { pub owner: Name, pub limit: u32, pub note: Option<String> }
    #[value]
    pub struct Name(String);
} }
case!(harmless rust_types_are_renamed_and_wrapped: start -> renamed_in_rust, expect![[r#"
    harmless
"#]]);

// -- events, versions, aggregates ------------------------------------------------------------------------------------

program! { event_renamed {
    #[event(name = "account.begun")]
    pub struct Opened { pub owner: String, pub limit: u32, pub note: Option<String> }
} }
case!(dangerous an_event_is_renamed: start -> event_renamed, expect![[r#"
    `account.opened` version 1: nothing reads what is stored under this name any more (schema.lock:8)
        if it is `Opened` (eventsource-schema/tests/changes.rs:<line>) now, write `#[event(name = "account.opened", …)]` on it, or `alias = "account.opened"` if `account.begun` is to be its name from now on; or, if nothing comes of it any more, write `retired("account.opened")` in the `#[aggregate(…)]` of `account`
"#]]);

program! { event_renamed_with_alias {
    #[event(name = "account.begun", alias = "account.opened")]
    pub struct Opened { pub owner: String, pub limit: u32, pub note: Option<String> }
} }
case!(harmless an_event_is_renamed_with_an_alias: start -> event_renamed_with_alias, expect![[r#"
    harmless
    new: the aggregate `account` reads or applies other events
    new: `account.begun` version 1 is new
    new: `account.opened` version 1 becomes another version
"#]]);

closable! { two_events {
    #[event(name = "account.opened")]
    pub struct Opened { pub owner: String, pub limit: u32, pub note: Option<String> }
    #[event(name = "account.closed")]
    pub struct Closed;
} }
case!(harmless an_event_is_new: start -> two_events, expect![[r#"
    harmless
    new: the aggregate `account` reads or applies other events
    new: `account.closed` version 1 is new
"#]]);
case!(dangerous an_event_is_gone: two_events -> start, expect![[r#"
    `account.closed` version 1: nothing reads what is stored under this name any more (schema.lock:9)
        put it back; or, if nothing comes of it any more, write `retired("account.closed")` in the `#[aggregate(…)]` of `account`; or, if it is in a crate that this test does not name, write `use that_crate as _;`
"#]]);

closed_once! { event_retired {
    #[event(name = "account.opened")]
    pub struct Opened { pub owner: String, pub limit: u32, pub note: Option<String> }
} }
case!(harmless an_event_is_retired: two_events -> event_retired, expect![[r#"
    harmless
"#]]);

closable! { unit_with_field {
    #[event(name = "account.opened")]
    pub struct Opened { pub owner: String, pub limit: u32, pub note: Option<String> }
    #[event(name = "account.closed")]
    pub struct Closed { pub reason: Option<String> }
} }
case!(harmless an_event_without_fields_gets_an_optional_one: two_events -> unit_with_field, expect![[r#"
    harmless
    new: `account.closed` version 1 reads more than it did
"#]]);

program! { chain {
    #[event(version = 1, of = Opened)]
    pub struct OpenedV1 { pub owner: String, pub limit: u32, pub note: Option<String> }
    #[event(name = "account.opened", version = 2, from = OpenedV1)]
    pub struct Opened { pub owner: String, pub limit: u64, pub branch: String }
    impl From<OpenedV1> for Opened {
        fn from(old: OpenedV1) -> Self {
            Self { owner: old.owner, limit: old.limit.into(), branch: "main".into() }
        }
    }
} }
case!(harmless a_new_version_has_a_chain: start -> chain, expect![[r#"
    harmless
    new: the aggregate `account` reads or applies other events
    new: `account.opened` version 1 becomes another version
    new: `account.opened` version 2 is new
"#]]);

program! { chain_changed {
    #[event(version = 1, of = Opened)]
    pub struct OpenedV1 { pub owner: String, pub limit: u32 }
    #[event(name = "account.opened", version = 2, from = OpenedV1)]
    pub struct Opened { pub owner: String, pub limit: u64, pub branch: String }
    impl From<OpenedV1> for Opened {
        fn from(old: OpenedV1) -> Self {
            Self { owner: old.owner, limit: old.limit.into(), branch: "main".into() }
        }
    }
} }
case!(dangerous an_old_version_is_changed: chain -> chain_changed, expect![[r#"
    `account.opened` version 1: the field `note` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        version 1 was stored like that, and cannot change any more: put `OpenedV1` back as it was

        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }
"#]]);

program! { chain_means_other {
    #[event(version = 1, of = Opened)]
    pub struct OpenedV1 { pub owner: String, pub limit: u32, pub note: Option<String> }
    #[event(name = "account.opened", version = 2, from = OpenedV1)]
    pub struct Opened { pub owner: String, pub limit: u64, pub branch: String }
    impl From<OpenedV1> for Opened {
        fn from(old: OpenedV1) -> Self {
            Self { owner: old.owner, limit: u64::from(old.limit) * 100, branch: "main".into() }
        }
    }
} }
case!(dangerous an_old_version_becomes_something_else: chain -> chain_means_other, expect![[r#"
    `account.opened` version 1: the stored example {"limit":1,"note":"text","owner":"text"} became account.opened 2 {"branch":"main","limit":1,"owner":"text"} and becomes account.opened 2 {"branch":"main","limit":100,"owner":"text"} (eventsource-schema/tests/changes.rs:<line>)
        history means something else now: if that is a mistake, mend the `From` or the `upcast`; if it is what you want, take it into the lock with `EVENTSOURCE_SCHEMA=overwrite`
"#]]);

program! { chain_cut {
    #[event(name = "account.opened", version = 2, since = 2)]
    pub struct Opened { pub owner: String, pub limit: u64, pub branch: String }
} }
case!(dangerous the_chain_no_longer_reaches_the_present: chain -> chain_cut, expect![[r#"
    `account.opened` version 1: nothing reads this version any more, and makes today's event of it (eventsource-schema/tests/changes.rs:<line>)
        put it back, and let the next version be made of it

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub limit: u32,
            pub note: Option<String>,
            pub owner: String,
        }

        #[event(…, version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);

program! { version_back {
    #[event(name = "account.opened")]
    pub struct Opened { pub owner: String, pub limit: u32, pub note: Option<String> }
} }
case!(dangerous a_version_goes_back: chain -> version_back, expect![[r#"
    `account.opened` version 2: nothing reads this version any more, and makes today's event of it (eventsource-schema/tests/changes.rs:<line>)
        it is version 1 again in the source: versions go up, write `version = 2` or more
"#]]);

program! { upcast_by_json {
    #[event(name = "account.opened", version = 2, upcast(1 = with_branch))]
    pub struct Opened { pub owner: String, pub limit: u64, pub branch: String }
    fn with_branch(mut old: serde_json::Value) -> serde_json::Value {
        old["branch"] = "main".into();
        old
    }
} }
case!(harmless a_new_version_is_made_of_json: start -> upcast_by_json, expect![[r#"
    harmless
    new: the aggregate `account` reads or applies other events
    new: `account.opened` version 1 becomes another version
    new: `account.opened` version 2 is new
"#]]);

program! { upcast_broken {
    #[event(name = "account.opened", version = 2, upcast(1 = with_branch))]
    pub struct Opened { pub owner: String, pub limit: u64, pub branch: String }
    fn with_branch(old: serde_json::Value) -> serde_json::Value {
        old
    }
} }
case!(dangerous json_of_an_old_version_does_not_become_the_new_one: start -> upcast_broken, expect![[r#"
    `account.opened` version 1: the stored example {"limit":1,"note":"text","owner":"text"} is not read: the payload of `account.opened` does not decode: missing field `branch` at line 1 column 40 (eventsource-schema/tests/changes.rs:<line>)
        mend how version 1 becomes `Opened`
"#]]);

pub mod aggregate_renamed {
    pub use super::start::Opened;
    use super::*;

    #[aggregate(name = "konto", id = u64, error = Never, events(Opened), commands())]
    #[derive(Default)]
    pub struct Account;

    #[apply]
    impl Account {
        fn opened(&mut self, _: &Opened) {}
    }
}
case!(dangerous an_aggregate_is_renamed: start -> aggregate_renamed, expect![[r#"
    `account`: no aggregate has this name any more, and streams begin with it (schema.lock)
        if it is `Account` (eventsource-schema/tests/changes.rs:<line>) now, write `#[aggregate(name = "account", …)]` on it; else put it back; and if it is in a crate that this test does not name, write `use that_crate as _;`
"#]]);

pub mod event_moved {
    pub use super::two_events::{Closed, Opened};
    use super::*;

    #[aggregate(name = "account", id = u64, error = Never, events(Opened), commands())]
    #[derive(Default)]
    pub struct Account;

    #[apply]
    impl Account {
        fn opened(&mut self, _: &Opened) {}
    }

    #[decision_model(events(Closed))]
    pub struct Closings {
        count: u32,
    }

    #[apply]
    impl Closings {
        fn closed(&mut self, _: &Closed) {
            self.count += 1;
        }
    }
}

#[test]
fn an_aggregate_no_longer_lists_an_event_that_others_read() {
    let told = change_of(
        &Registry::new().with::<two_events::Account>(),
        &Registry::new()
            .with::<event_moved::Account>()
            .with_consumer::<event_moved::Closings>(),
    );
    expect![[r#"
        `account.closed` version 1: the aggregate `account` does not list it any more, and its streams hold it (eventsource-schema/tests/changes.rs:<line>)
            list it in `events(…)` of `account` again; or, if its streams may hold it and nothing comes of it any more, write `retired("account.closed")` there
    "#]].assert_eq(&told);
}

pub mod apply_panics {
    pub use super::start::Opened;
    use super::*;

    #[aggregate(name = "account", id = u64, error = Never, events(Opened), commands())]
    #[derive(Default)]
    pub struct Account;

    #[apply]
    impl Account {
        fn opened(&mut self, event: &Opened) {
            assert!(event.limit > 1000, "there are no small limits");
        }
    }
}
case!(dangerous an_event_that_was_applied_cannot_be: start -> apply_panics, expect![[r#"
    `account.opened` version 1: the aggregate `account` applied the stored example and does not any more: it panicked: there are no small limits (eventsource-schema/tests/changes.rs:<line>)
        what has happened cannot be refused: mend the `#[apply]` method of `Account`, so that it does something sensible with every event that is stored
"#]]);

// -- tags -------------------------------------------------------------------------------------------------------------

opened! { tagged { #[tag] pub owner: String, pub limit: u32, pub note: Option<String>, } }
opened! { tag_renamed { #[tag = "holder"] pub owner: String, pub limit: u32, pub note: Option<String>, } }
case!(dangerous a_tag_is_new: start -> tagged, expect![[r#"
    `account.opened` version 1: the tag `owner` is new: stored events do not have it, and are not found by it (eventsource-schema/tests/changes.rs:<line>)
        whoever asks for `owner` does not see the events that are stored: take `#[tag]` off again, or record new events under a new stored name, or copy the store with the tag added
"#]]);
case!(dangerous a_tag_is_gone: tagged -> start, expect![[r#"
    `account.opened` version 1: the tag `owner` is gone: new events are not found by it, where stored ones are (eventsource-schema/tests/changes.rs:<line>)
        write `#[tag = "owner"]` on its field again
"#]]);
case!(dangerous a_tag_is_renamed: tagged -> tag_renamed, expect![[r#"
    `account.opened` version 1: the tag `owner` is gone: new events are not found by it, where stored ones are (eventsource-schema/tests/changes.rs:<line>)
        write `#[tag = "owner"]` on its field again
"#]]);

// -- nested types -----------------------------------------------------------------------------------------------------

macro_rules! paid {
    ($name:ident { $($items:item)* }) => {
        paying! { $name {
            #[event(name = "account.paid")]
            pub struct Paid { pub method: Method, pub lines: Vec<Line>, pub by: BTreeMap<String, u8> }
            $($items)*
        } }
    };
}

paid! { nested {
    #[value]
    pub enum Method { Cash, Card { number: u16 }, Voucher(String) }
    #[value]
    pub struct Line { pub price: u64 }
} }

paid! { variant_gone {
    #[value]
    pub enum Method { Cash, Card { number: u16 } }
    #[value]
    pub struct Line { pub price: u64 }
} }
case!(dangerous a_variant_is_gone: nested -> variant_gone, expect![[r#"
    `account.paid` version 1: the variant `method::Voucher` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        put the variant back; or make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Paid)]
        pub struct PaidV1 {
            pub by: BTreeMap<String, u8>,
            pub lines: Vec<Line>,
            pub method: MethodV1,
        }

        #[value]
        pub enum MethodV1 {
            Card {
                number: u16,
            },
            Cash,
            Voucher(String),
        }

        #[event(name = "account.paid", version = 2, from = PaidV1)]
        pub struct Paid { … }

        impl From<PaidV1> for Paid { … }
"#]]);
case!(harmless a_variant_is_new: variant_gone -> nested, expect![[r#"
    harmless
    new: `account.paid` version 1 reads more than it did
"#]]);

paid! { variant_renamed {
    #[value]
    pub enum Method { Cash, Card { number: u16 }, Coupon(String) }
    #[value]
    pub struct Line { pub price: u64 }
} }
case!(dangerous a_variant_is_renamed: nested -> variant_renamed, expect![[r#"
    `account.paid` version 1: the variant `method::Voucher` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        if it is called `Coupon` now, write `#[serde(alias = "Voucher")]` on `Coupon`; else make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Paid)]
        pub struct PaidV1 {
            pub by: BTreeMap<String, u8>,
            pub lines: Vec<Line>,
            pub method: MethodV1,
        }

        #[value]
        pub enum MethodV1 {
            Card {
                number: u16,
            },
            Cash,
            Voucher(String),
        }

        #[event(name = "account.paid", version = 2, from = PaidV1)]
        pub struct Paid { … }

        impl From<PaidV1> for Paid { … }
"#]]);

paid! { variant_renamed_with_alias {
    #[value]
    pub enum Method { Cash, Card { number: u16 }, #[serde(alias = "Voucher")] Coupon(String) }
    #[value]
    pub struct Line { pub price: u64 }
} }
case!(harmless a_variant_is_renamed_with_an_alias: nested -> variant_renamed_with_alias, expect![[r#"
    harmless
    new: `account.paid` version 1 reads more than it did
"#]]);

paid! { variant_retyped {
    #[value]
    pub enum Method { Cash, Card(u16), Voucher(String) }
    #[value]
    pub struct Line { pub price: u64 }
} }
case!(dangerous a_variant_holds_something_else: nested -> variant_retyped, expect![[r#"
    `account.paid` version 1: `method::Card` was stored as struct and is read as u16 (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Paid)]
        pub struct PaidV1 {
            pub by: BTreeMap<String, u8>,
            pub lines: Vec<Line>,
            pub method: MethodV1,
        }

        #[value]
        pub enum MethodV1 {
            Card {
                number: u16,
            },
            Cash,
            Voucher(String),
        }

        #[event(name = "account.paid", version = 2, from = PaidV1)]
        pub struct Paid { … }

        impl From<PaidV1> for Paid { … }
"#]]);

paid! { tagging_changed {
    #[value]
    #[serde(tag = "type")]
    pub enum Method { Cash, Card { number: u16 } }
    #[value]
    pub struct Line { pub price: u64 }
} }
case!(dangerous an_enum_is_tagged_otherwise: variant_gone -> tagging_changed, expect![[r#"
    `account.paid` version 1: `method` was stored as enum and is read as enum by type (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Paid)]
        pub struct PaidV1 {
            pub by: BTreeMap<String, u8>,
            pub lines: Vec<Line>,
            pub method: MethodV1,
        }

        #[value]
        pub enum MethodV1 {
            Card {
                number: u16,
            },
            Cash,
        }

        #[event(name = "account.paid", version = 2, from = PaidV1)]
        pub struct Paid { … }

        impl From<PaidV1> for Paid { … }
"#]]);

paid! { nested_field_gone {
    #[value]
    pub enum Method { Cash, Card { number: u16 }, Voucher(String) }
    #[value]
    pub struct Line { pub amount: u64 }
} }
case!(dangerous a_field_of_a_nested_struct_is_renamed: nested -> nested_field_gone, expect![[r#"
    `account.paid` version 1: the field `lines[].price` is gone, and stored events have it (eventsource-schema/tests/changes.rs:<line>)
        if it is called `amount` now, write `#[serde(alias = "price")]` on `amount`; else make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Paid)]
        pub struct PaidV1 {
            pub by: BTreeMap<String, u8>,
            pub lines: Vec<LinesV1>,
            pub method: Method,
        }

        #[value]
        pub struct LinesV1 {
            pub price: u64,
        }

        #[event(name = "account.paid", version = 2, from = PaidV1)]
        pub struct Paid { … }

        impl From<PaidV1> for Paid { … }
"#]]);

paid! { newtype_changed {
    #[value]
    pub enum Method { Cash, Card { number: u16 }, Voucher(String) }
    #[value]
    pub struct Line { pub price: Money }
    #[value]
    pub struct Money(String);
} }
case!(dangerous what_a_newtype_holds_is_changed: nested -> newtype_changed, expect![[r#"
    `account.paid` version 1: `lines[].price` was stored as u64 and is read as text (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Paid)]
        pub struct PaidV1 {
            pub by: BTreeMap<String, u8>,
            pub lines: Vec<LinesV1>,
            pub method: Method,
        }

        #[value]
        pub struct LinesV1 {
            pub price: u64,
        }

        #[event(name = "account.paid", version = 2, from = PaidV1)]
        pub struct Paid { … }

        impl From<PaidV1> for Paid { … }
"#]]);

macro_rules! spread {
    ($name:ident, $($ids:tt)*) => {
        program! { $name {
            #[event(name = "account.spread")]
            pub struct Opened { $($ids)* }
        } }
    };
}
spread! { list, pub to: Vec<u32> }
spread! { pair, pub to: (u32, u32) }
spread! { three, pub to: (u32, u32, u32) }
spread! { map, pub to: BTreeMap<u32, u32> }
case!(dangerous a_list_becomes_a_tuple: list -> pair, expect![[r#"
    `account.spread` version 1: `to` was stored as list and is read as tuple of 2 (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub to: Vec<u32>,
        }

        #[event(name = "account.spread", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);
case!(dangerous a_tuple_gets_longer: pair -> three, expect![[r#"
    `account.spread` version 1: `to` was stored as tuple of 2 and is read as tuple of 3 (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub to: (u32, u32),
        }

        #[event(name = "account.spread", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);
case!(dangerous a_list_becomes_a_map: list -> map, expect![[r#"
    `account.spread` version 1: `to` was stored as list and is read as map (eventsource-schema/tests/changes.rs:<line>)
        make version 2 of it, and keep version 1 as it was

        #[event(version = 1, of = Opened)]
        pub struct OpenedV1 {
            pub to: Vec<u32>,
        }

        #[event(name = "account.spread", version = 2, from = OpenedV1)]
        pub struct Opened { … }

        impl From<OpenedV1> for Opened { … }
"#]]);
