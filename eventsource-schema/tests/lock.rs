//! The lock as a file: made, checked, written, merged; and what it learns, or asks for.
#![allow(missing_docs, reason = "a program that is read as a whole")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fs;
use std::path::PathBuf;

use eventsource_core::prelude::*;
use eventsource_core::{Registry, Uuid};
use eventsource_schema::{Lock, LockError, What};
use expect_test::expect;

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub struct Never;

#[derive(Id)]
pub struct CustomerId(Uuid);

/// A text that begins with `IBAN`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

impl TryFrom<String> for Iban {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.starts_with("IBAN") {
            true => Ok(Self(text)),
            false => Err("an IBAN begins with `IBAN`".into()),
        }
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.0
    }
}

#[value]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    Cash,
    Card { digits: u16 },
    Transfer { note: Option<String> },
}

#[event(name = "invoice.sent")]
pub struct Sent {
    #[tag]
    pub customer: CustomerId,
    pub total: u64,
}

#[event(name = "invoice.paid")]
pub struct Paid {
    pub method: Method,
}

#[event(name = "invoice.refunded")]
pub struct Refunded {
    pub amount: u64,
    pub to: Iban,
}

#[aggregate(name = "invoice", id = u64, error = Never, events(Sent, Paid), commands())]
#[derive(Default)]
pub struct Invoice {
    open: u64,
}

#[apply]
impl Invoice {
    fn sent(&mut self, event: &Sent) {
        self.open += event.total;
    }

    fn paid(&mut self, _: &Paid) {
        self.open = 0;
    }
}

#[aggregate(name = "refund", id = u64, error = Never, events(Refunded), commands())]
#[derive(Default)]
pub struct Refund {
    left: u64,
}

#[apply]
impl Refund {
    fn refunded(&mut self, event: &Refunded) {
        self.left -= event.amount;
    }
}

/// Events that belong to no aggregate, as variants of their own.
#[derive(Event)]
pub enum Notice {
    #[event(name = "notice.given")]
    Given {
        #[tag]
        customer: CustomerId,
        text: String,
    },
    #[event(name = "notice.withdrawn")]
    Withdrawn,
}

#[decision_model(events(Sent))]
pub struct Sales {
    #[tag]
    customer: CustomerId,
    sold: u64,
}

#[apply]
impl Sales {
    fn sent(&mut self, event: &Sent) {
        self.sold += event.total;
    }
}

/// A directory that is taken away again, and a lock in it.
struct Scratch {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("schema.lock");
        Self {
            _directory: directory,
            path,
        }
    }

    fn lock(&self, registry: Registry) -> Lock {
        Lock::new(&self.path).registry(registry)
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }
}

#[test]
fn a_lock_has_a_line_for_each_place_and_an_example_for_each_variant() {
    let scratch = Scratch::new();
    let registry = Registry::new()
        .with::<Invoice>()
        .with_consumer::<Sales>()
        .with_events::<Notice>();
    scratch.lock(registry).update().unwrap();
    expect![[r##"
        # Every event that is stored, as the program reads it. Written by the test that checks it, with
        # EVENTSOURCE_SCHEMA=update; checked in, read in review, not edited by hand.
        eventsource schema 1

        aggregate invoice
          applies invoice.paid 1
          applies invoice.sent 1

        event invoice.paid 1
          *: struct
          method: enum by kind
          method::card: struct
          method::card.digits: u16
          method::cash: struct
          method::transfer: struct
          method::transfer.note: text, may be null, may be absent
          sample {"method":{"kind":"cash"}}
          sample {"method":{"digits":1,"kind":"card"}}
          sample {"method":{"kind":"transfer","note":"text"}}

        event invoice.sent 1
          *: struct
          customer: text of uuid
          total: u64
          tag customer
          sample {"customer":"00000000-0000-4000-8000-000000000001","total":1}

        event notice.given 1
          *: struct
          customer: text of uuid
          text: text
          tag customer
          sample {"customer":"00000000-0000-4000-8000-000000000001","text":"text"}

        event notice.withdrawn 1
          *: nothing
          sample {}
    "##]].assert_eq(&scratch.text());
}

#[test]
fn what_cannot_be_learnt_is_asked_for_and_may_be_given_in_two_ways() {
    let scratch = Scratch::new();
    let lock = scratch.lock(Registry::new().with::<Refund>());
    let error = lock.update().unwrap_err();
    expect![[r#"
        stored events are at risk, says `schema.lock`:

        `invoice.refunded` version 1: the layout of its field `to` cannot be learnt: an IBAN begins with `IBAN` (eventsource-schema/tests/lock.rs:62)
            give an example of the event: `lock!("schema.lock", Refunded { … })`; or, if it is a text of a format of its own, an example of the text: `Lock::text("…")`
    "#]].assert_eq(
        &error
            .to_string()
            .replace(&*scratch.path.to_string_lossy(), "schema.lock"),
    );
    lock.overwrite()
        .expect_err("what is not known cannot be protected");
    assert!(!scratch.path.exists());

    lock.clone().text("IBAN 7").update().unwrap();
    expect![[r##"
        # Every event that is stored, as the program reads it. Written by the test that checks it, with
        # EVENTSOURCE_SCHEMA=update; checked in, read in review, not edited by hand.
        eventsource schema 1

        aggregate refund
          reads invoice.refunded 1

        event invoice.refunded 1
          *: struct
          amount: u64
          to: text of its own format
          sample {"amount":1,"to":"IBAN 7"}
    "##]].assert_eq(&scratch.text());
    let given = lock.sample(Refunded {
        amount: 7,
        to: Iban("IBAN 8".into()),
    });
    given.update().unwrap();
    assert!(
        scratch
            .text()
            .contains(r#"sample {"amount":7,"to":"IBAN 8"}"#)
    );
}

#[test]
fn a_missing_lock_is_an_error_that_says_how_to_make_it() {
    let scratch = Scratch::new();
    let error = scratch
        .lock(Registry::new().with::<Invoice>())
        .check()
        .unwrap_err();
    assert!(matches!(error, LockError::Missing { .. }));
    assert!(
        error
            .to_string()
            .contains("make it with `EVENTSOURCE_SCHEMA=update cargo test`")
    );
}

#[test]
fn an_empty_registry_is_an_error_that_says_how_to_fill_it() {
    let error = Scratch::new().lock(Registry::new()).check().unwrap_err();
    assert!(matches!(error, LockError::Nothing));
    assert!(error.to_string().contains("write `use your_crate as _;`"));
}

#[test]
fn a_line_that_does_not_belong_is_named_and_overwritten() {
    let scratch = Scratch::new();
    let lock = scratch.lock(Registry::new().with::<Invoice>());
    lock.update().unwrap();
    let text = scratch.text();
    fs::write(
        &scratch.path,
        text.replace("aggregate invoice", "<<<<<<< HEAD\naggregate invoice"),
    )
    .unwrap();
    let error = lock.check().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("schema.lock:5: this is no line of a lock: `<<<<<<< HEAD`"),
        "{error}"
    );
    lock.update().expect_err("it may hold what nobody else has");
    lock.overwrite().unwrap();
    assert_eq!(scratch.text(), text);
}

#[test]
fn a_lock_keeps_examples_that_were_once_stored() {
    let scratch = Scratch::new();
    let lock = scratch.lock(Registry::new().with::<Invoice>());
    lock.update().unwrap();
    let stored = r#"  sample {"customer":"67e55044-10b1-426f-9247-bb680e5fe0c8","total":7}"#;
    let first = "  sample {\"customer\":\"00000000";
    let text = scratch
        .text()
        .replacen(first, &format!("{stored}\n{first}"), 1);
    fs::write(&scratch.path, &text).unwrap();
    assert!(lock.check().unwrap().unrecorded.is_empty());
    lock.update().unwrap();
    assert_eq!(scratch.text(), text);

    let unreadable = text.replace("67e55044-10b1-426f-9247-bb680e5fe0c8", "nobody");
    fs::write(&scratch.path, unreadable).unwrap();
    let Err(LockError::Broken { problems, .. }) = lock.check() else {
        panic!("a stored example is not read");
    };
    assert!(
        matches!(problems[0].what, What::NotReadable { .. }),
        "{}",
        problems[0]
    );
    assert_eq!(problems[0].name, "invoice.sent");
}

#[event(name = "letter.sent")]
pub struct Letter {
    #[serde(rename(serialize = "recipient"))]
    pub to: String,
}

#[derive(Event)]
pub enum Letters {
    Sent(Letter),
}

#[test]
fn what_is_written_must_be_read_again() {
    let scratch = Scratch::new();
    let error = scratch
        .lock(Registry::new().with_events::<Letters>())
        .update()
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(r#"the stored example {"recipient":"text"} is not read: "#)
            && text.contains("so that both directions agree"),
        "{text}"
    );
}

pub mod other {
    use super::*;

    #[event(name = "invoice.sent")]
    pub struct Sent;

    #[decision_model(events(Sent))]
    pub struct Letters {
        count: u32,
    }

    #[apply]
    impl Letters {
        fn sent(&mut self, _: &Sent) {
            self.count += 1;
        }
    }
}

#[test]
fn two_types_with_one_stored_name_are_found_with_both_places() {
    let scratch = Scratch::new();
    let registry = Registry::new()
        .with::<Invoice>()
        .with_consumer::<other::Letters>();
    let Err(LockError::Broken { problems, .. }) = scratch.lock(registry).update() else {
        panic!("two types have one name");
    };
    let text = problems[0].to_string();
    assert!(matches!(problems[0].what, What::OneName(_)), "{text}");
    assert!(
        text.contains("lock::Sent (eventsource-schema/tests/lock.rs:"),
        "{text}"
    );
    assert!(text.contains("lock::other::Sent"), "{text}");
    assert!(!scratch.path.exists());
}

/// Run by the next test alone, with variables of its own.
#[test]
#[ignore = "it needs a path, which `what_a_test_does_follows_the_variables` gives it"]
fn a_test_of_a_user() {
    let path = std::env::var("SCHEMA_LOCK").unwrap();
    Lock::new(path)
        .registry(Registry::new().with::<Invoice>())
        .assert();
}

#[test]
fn what_a_test_does_follows_the_variables() {
    let scratch = Scratch::new();
    let run = |variables: &[(&str, &str)]| {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "a_test_of_a_user", "--ignored", "--nocapture"])
            .env("SCHEMA_LOCK", &scratch.path)
            .env_remove("CI")
            .env_remove("EVENTSOURCE_SCHEMA")
            .envs(variables.iter().copied());
        let output = test.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), told)
    };
    let (passed, told) = run(&[("CI", "true")]);
    assert!(!passed && told.contains("there is no `"), "{told}");
    assert!(!scratch.path.exists());

    let (passed, told) = run(&[]);
    assert!(
        passed && told.contains("made: `invoice.sent` version 1 is new"),
        "{told}"
    );
    let text = scratch.text();
    assert!(run(&[("CI", "true")]).0);

    let behind = text
        .split("\nevent invoice.sent")
        .next()
        .unwrap()
        .replace("  applies invoice.sent 1\n", "");
    fs::write(&scratch.path, &behind).unwrap();
    let (passed, told) = run(&[]);
    assert!(
        passed && told.contains("not recorded yet: `invoice.sent` version 1 is new"),
        "{told}"
    );
    assert_eq!(scratch.text(), behind, "only what is told to writes");
    let (passed, told) = run(&[("CI", "1")]);
    assert!(!passed && told.contains("is behind:\n"), "{told}");
    let (passed, told) = run(&[("EVENTSOURCE_SCHEMA", "update"), ("CI", "1")]);
    assert!(
        passed && told.contains("recorded: `invoice.sent` version 1 is new"),
        "{told}"
    );
    assert_eq!(scratch.text(), text);

    fs::write(&scratch.path, text.replace("total: u64", "total: text")).unwrap();
    let (passed, told) = run(&[("EVENTSOURCE_SCHEMA", "update")]);
    assert!(
        !passed && told.contains("`total` was stored as text and is read as u64"),
        "{told}"
    );
    let (passed, told) = run(&[("EVENTSOURCE_SCHEMA", "overwrite")]);
    assert!(
        passed
            && told
                .contains("taken, although: `invoice.sent` version 1: `total` was stored as text"),
        "{told}"
    );
    assert_eq!(scratch.text(), text);

    let (passed, told) = run(&[("EVENTSOURCE_SCHEMA", "overwrit")]);
    assert!(
        !passed
            && told.contains("`EVENTSOURCE_SCHEMA` is `update` or `overwrite`, and not `overwrit`"),
        "{told}"
    );
}
