//! Processes, reactors and projections in the catalogue and in the lock: what a process sends and waits for, and events that
//! nobody but a projection reads. The process is the one of the example `instant_payments`.
#![allow(missing_docs, reason = "a program that is read as a whole")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::convert::Infallible;
use std::fs;

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, Registry};
use eventsource_schema::{Catalogue, Lock, LockError, What};
use expect_test::{expect, expect_file};
use serde_json::{Value, json};

#[path = "../../examples/instant_payments/domain.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod payments;

use payments::{Account, Held, Payment, Screening, Transmission};

fn registry() -> Registry {
    Registry::new()
        .with::<Account>()
        .with::<Screening>()
        .with::<Transmission>()
        .with::<payments::PaymentRequest>()
        .with::<Payment>()
        .with_process::<Payment>()
}

#[test]
fn a_process_is_drawn_between_events_and_commands() {
    let catalogue = Catalogue::of(&registry());
    expect_file!["processes/payments.mmd"].assert_eq(&catalogue.to_mermaid());
    expect_file!["processes/event-model.mmd"].assert_eq(&catalogue.to_event_model());
}

#[test]
fn the_catalogue_knows_what_a_process_sends_and_waits_for() {
    let catalogue = Catalogue::of(&registry());
    let [process] = catalogue.consumers.as_slice() else {
        panic!("one process: {:?}", catalogue.consumers);
    };
    assert_eq!((process.kind.as_str(), process.version), ("process", None));
    assert_eq!(process.commands, ["Hold"]);
    assert_eq!(process.timers, ["Overdue"]);
    let mut commands = catalogue.commands.iter();
    let hold = commands.find(|command| command.name == "Hold").unwrap();
    assert_eq!(hold.sent_by, ["payment"]);
    let [overdue] = catalogue.timers.as_slice() else {
        panic!("one timer: {:?}", catalogue.timers);
    };
    assert_eq!(overdue.name, "Overdue");
    assert_eq!(overdue.aggregates, ["payment"]);
    assert_eq!(overdue.fields[0].name, "payment");
    assert!(overdue.place.contains("domain.rs:"), "{}", overdue.place);
    assert!(jsonschema::is_valid(&overdue.schema, &overdue.example));
    assert!(!jsonschema::is_valid(&overdue.schema, &json!({})));

    let text = catalogue.to_markdown();
    for line in [
        "A process: it sends `Hold`.",
        "Sent by `payment`.",
        "### Overdue",
        "The timer `Overdue`, version 1, examples/instant_payments/domain.rs.",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
}

#[test]
fn in_asyncapi_a_process_receives_events_and_sends_commands() {
    let document = Catalogue::of(&registry()).to_asyncapi("payments", "1");
    let sends = &document["operations"]["send.commands.account.payment"];
    assert_eq!(sends["action"], "send");
    assert_eq!(sends["channel"]["$ref"], "#/channels/commands.account");
    let [message] = sends["messages"].as_array().unwrap().as_slice() else {
        panic!("one command: {sends}");
    };
    let pointer = message["$ref"].as_str().unwrap();
    let found = document.pointer(pointer.strip_prefix('#').unwrap());
    assert!(found.is_some(), "{pointer} leads nowhere");
    let receives = &document["operations"]["read.streams.account.payment"];
    assert_eq!(receives["action"], "receive");
}

mod side_by_side {
    use super::*;

    pub struct Balances;
    #[projection(name = "balances")]
    impl Balances {
        async fn held(&self, _: &Recorded<Held>) {}
    }

    /// With what is held as well.
    pub struct Newer;
    #[projection(name = "balances", version = 2)]
    impl Newer {
        async fn held(&self, _: &Recorded<Held>) {}
    }

    /// A decision model that is called like the projection.
    #[decision_model(name = "balances", events(Held))]
    #[derive(Default)]
    pub struct Model;

    #[apply]
    impl Model {
        fn held(&mut self, _: &Held) {}
    }
}

#[test]
fn versions_stand_side_by_side() {
    let registry = registry()
        .with_projection::<side_by_side::Newer>()
        .with_projection::<side_by_side::Balances>()
        .with_consumer::<side_by_side::Model>();
    registry.check_consumers().unwrap();
    let catalogue = Catalogue::of(&registry);
    let operations = &catalogue.to_asyncapi("payments", "1")["operations"];
    let operations = operations.as_object().unwrap();
    let reads = |name: &str| operations.contains_key(&format!("read.streams.account.{name}"));
    assert!(reads("balances"), "{operations:?}");
    assert!(reads("balances_2"), "{operations:?}");
    assert!(reads("balances.decision_model"), "{operations:?}");
    let diagram = catalogue.to_mermaid();
    assert!(diagram.contains(r#"[/"balances 2"/]"#), "{diagram}");
    assert!(diagram.contains(r#"[/"balances"/]"#), "{diagram}");
    let mut events = catalogue.events.iter();
    let held = events.find(|event| event.name == "account.held").unwrap();
    assert_eq!(held.consumers, ["payment", "balances"]);
}

mod shared {
    use super::*;

    pub struct Letters;
    #[reactor(name = "letters")]
    impl Letters {
        async fn held(&self, _: &Recorded<Held>) -> Result<(), BoxError> {
            Ok(())
        }
    }

    pub struct Index;
    #[projection(name = "letters")]
    impl Index {
        async fn held(&self, _: &Recorded<Held>) {}
    }

    /// A process keeps its checkpoints under names of their own.
    pub struct Payments;
    #[projection(name = "payment")]
    impl Payments {
        async fn held(&self, _: &Recorded<Held>) {}
    }
}

#[test]
fn the_lock_tells_two_that_would_share_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let lock = |registry| Lock::new(folder.path().join("schema.lock")).registry(registry);
    let registry = registry()
        .with_projection::<shared::Payments>()
        .with_reactor::<shared::Letters>();
    lock(registry.clone()).update().unwrap();
    let both = registry.with_projection::<shared::Index>();
    let Err(LockError::Broken { problems, .. }) = lock(both).check() else {
        panic!("they would share a checkpoint");
    };
    let [problem] = problems.as_slice() else {
        panic!("one problem: {problems:?}");
    };
    assert!(matches!(problem.what, What::OneName(_)), "{problem}");
    let text = problem.to_string();
    assert!(text.contains("shared::Letters"), "{text}");
    assert!(text.contains("shared::Index"), "{text}");
    assert_eq!(text.matches("tests/processes.rs:").count(), 2, "{text}");
}

/// A process with a timer, in a module of its own.
macro_rules! process {
    ($name:ident, $timer:item) => {
        pub mod $name {
            use super::*;

            $timer

            #[event(name = "approval.asked")]
            pub struct Asked;

            #[aggregate(name = "approval", id = u64, error = Infallible, events(Asked), commands())]
            #[derive(Default)]
            pub struct Approval;

            #[apply]
            impl Approval {
                fn asked(&mut self, _: &Asked) {}
            }

            #[process]
            impl Approval {
                fn overdue(&self, _: &Overdue) -> Next<Self> {
                    Next::nothing()
                }
            }

            pub fn registry() -> Registry {
                Registry::new().with::<Approval>().with_process::<Approval>()
            }
        }
    };
}

process! { before,
    #[timer(name = "overdue")]
    pub struct Overdue {
        pub attempt: u32,
    }
}
process! { with_more,
    #[timer(name = "overdue")]
    pub struct Overdue {
        pub attempt: u32,
        pub reason: Option<String>,
    }
}
process! { with_less,
    #[timer(name = "overdue")]
    pub struct Overdue {}
}
process! { with_required,
    #[timer(name = "overdue")]
    pub struct Overdue {
        pub attempt: u32,
        pub reason: String,
    }
}
process! { renamed,
    #[timer]
    pub struct Overdue {
        pub attempt: u32,
    }
}

/// What the lock of `before` says of another program, without the numbers of lines.
fn told(after: Registry) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.lock");
    let lock = |registry: Registry| Lock::new(&path).registry(registry);
    lock(before::registry()).update().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\nevent $approval.due/overdue 1\n"), "{text}");
    assert!(
        lock(before::registry())
            .check()
            .unwrap()
            .unrecorded
            .is_empty()
    );
    match lock(after).check() {
        Ok(held) => format!("harmless\n{}\n", held.unrecorded.join("\n")),
        Err(LockError::Broken { problems, .. }) => {
            let all = problems.iter().map(|problem| format!("{problem}\n"));
            let text = all.collect::<String>();
            let mut parts = text.split(".rs:");
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |told, part| {
                told + ".rs" + part.trim_start_matches(|digit: char| digit.is_ascii_digit())
            })
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_timers_that_are_set_can_be_read_as_is_harmless() {
    expect![[r#"
        harmless
        `$approval.due/overdue` version 1 reads more than it did
    "#]]
    .assert_eq(&told(with_more::registry()));
    expect![[r#"
        harmless

    "#]]
    .assert_eq(&told(before::registry()));
}

#[test]
fn a_timer_that_is_set_is_still_read() {
    expect![[r#"
        `$approval.due/overdue` version 1: the field `attempt` is gone, and stored events have it (eventsource-schema/tests/processes.rs)
            make another timer of it, with a name and a method of its own, and keep `Overdue` and its method as they were for the timers that are set
    "#]].assert_eq(&told(with_less::registry()));
    expect![[r#"
        `$approval.due/overdue` version 1: the field `reason` is new and required, and stored events lack it (eventsource-schema/tests/processes.rs)
            write `#[serde(default)]` on `reason`, or make it an `Option`, if that is what stored events mean; else make another timer of it, with a name and a method of its own, and keep `Overdue` and its method as they were for the timers that are set
    "#]].assert_eq(&told(with_required::registry()));
    expect![[r#"
        `$approval.due/overdue` version 1: nothing reads what is stored under this name any more (schema.lock:8)
            put the method for it in the `#[process]` of `approval` back, for the timers that are set; or, if its struct was renamed, write `#[timer(name = "overdue")]` on it; or, if the process is in a crate that this test does not name, write `use that_crate as _;`
    "#]].assert_eq(&told(renamed::registry()));
}

#[event(name = "account.moved", into(Withdrawn, Deposited))]
pub struct Moved {
    pub amount: u64,
}
#[event(name = "account.withdrawn", from = Moved)]
pub struct Withdrawn {
    pub amount: u64,
}
#[event(name = "account.deposited", from = Moved)]
pub struct Deposited {
    pub amount: u64,
}

impl From<Moved> for Withdrawn {
    fn from(old: Moved) -> Self {
        Self { amount: old.amount }
    }
}
impl From<Moved> for Deposited {
    fn from(old: Moved) -> Self {
        Self { amount: old.amount }
    }
}

pub struct Deposits;
#[projection(name = "deposits")]
impl Deposits {
    async fn deposited(&self, _: &Recorded<Deposited>) {}
}

pub struct Movements;
#[projection(name = "movements")]
impl Movements {
    async fn withdrawn(&self, _: &Recorded<Withdrawn>) {}
    async fn deposited(&self, _: &Recorded<Deposited>) {}
}

/// The events of another program, for instance.
#[test]
fn events_that_a_projection_alone_reads_are_known_with_their_old_versions() {
    let registry = Registry::new()
        .with_projection::<Deposits>()
        .with_projection::<Movements>();
    let catalogue = Catalogue::of(&registry);
    let names: Vec<_> = catalogue.events.iter().map(|event| &event.name).collect();
    assert_eq!(names, ["account.deposited", "account.withdrawn"]);
    let deposited = &catalogue.events[0];
    assert_eq!(deposited.consumers, ["deposits", "movements"]);
    assert_eq!(deposited.earlier[0].name, "account.moved");
    let Value::Object(example) = &deposited.example else {
        panic!("{deposited:?}");
    };
    assert!(example.contains_key("amount"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.lock");
    let lock = Lock::new(&path).registry(registry);
    lock.update().unwrap();
    assert!(lock.check().unwrap().unrecorded.is_empty());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\nevent account.moved 1\n"), "{text}");
}
