//! Projections, reactors and processes in the registry: found by themselves, with what they read; and two that would share a
//! checkpoint are told.

use eventsource_core::message::{Place, Row};
use eventsource_core::prelude::*;
use eventsource_core::{BoxError, ConsumerEntry, Memory, Projection, Registry};

#[event(name = "account.opened")]
pub struct Opened;

#[event(name = "account.closed")]
pub struct Closed;

#[derive(Default)]
struct Open(u64);

/// How many accounts are open.
#[projection(name = "open", version = 3)]
impl Open {
    fn opened(&mut self, _: &Recorded<Opened>) {
        self.0 += 1;
    }

    fn closed(&mut self, _: &Recorded<Closed>) {
        self.0 -= 1;
    }
}

struct Letters;

#[reactor(name = "letters")]
impl Letters {
    async fn opened(&self, _: &Recorded<Opened>) -> Result<(), BoxError> {
        Ok(())
    }
}

#[event(name = "welcome.begun")]
pub struct Begun;

#[aggregate(name = "welcome", id = String, error = std::convert::Infallible, events(Begun), commands())]
#[derive(Default)]
struct Welcome;

#[apply]
impl Welcome {
    fn begun(&mut self, _: &Begun) {}
}

#[timer(name = "unanswered")]
struct Unanswered;

#[process]
impl Welcome {
    #[key(opened.stream.id().to_owned())]
    fn opened(&self, opened: &Recorded<Opened>) -> Next<Self> {
        let _ = opened;
        Next::record(Begun)
    }

    fn call_refused(&self, _: &Refused<Call>) -> Next<Self> {
        Next::nothing().end()
    }

    fn unanswered(&self, _: &Unanswered) -> Next<Self> {
        Next::nothing().end()
    }
}

#[command]
struct Call;

/// Its name is that of a process, which keeps its checkpoints under others.
struct Welcomed;

#[projection(name = "welcome")]
impl Welcomed {
    async fn begun(&self, _: &Recorded<Begun>) {}
}

fn found<'r>(registry: &'r Registry, kind: &str) -> &'r ConsumerEntry {
    let mut all = registry.consumers().iter();
    all.find(|entry| entry.kind == kind && ["open", "letters", "welcome"].contains(&entry.name))
        .unwrap_or_else(|| panic!("no {kind}: {registry:?}"))
}

#[test]
fn they_register_themselves_with_what_they_read() {
    let registry = Registry::discovered();
    for (kind, name, version, events) in [
        (
            "projection",
            "open",
            Some(3),
            &["account.opened", "account.closed"][..],
        ),
        ("reactor", "letters", Some(1), &["account.opened"]),
        ("process", "welcome", None, &["account.opened"]),
    ] {
        let entry = found(&registry, kind);
        assert_eq!((entry.name, entry.version), (name, version));
        let rows = entry.reads.rows().unwrap();
        let names: Vec<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names, events);
        assert!(
            entry.place.file.ends_with("consumers.rs"),
            "{}",
            entry.place
        );
    }
    registry.check_names().unwrap();
    registry.check_consumers().unwrap();
    assert_eq!(
        found(&registry, "projection").docs,
        "How many accounts are open."
    );
}

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.name).collect()
}

#[test]
fn a_process_registers_what_it_sends_and_waits_for() {
    let registry = Registry::discovered();
    let process = found(&registry, "process");
    assert_eq!(names(process.sends), ["Call"]);
    assert_eq!(names(process.timers), ["unanswered"]);
}

#[test]
fn one_within_a_function_registers_itself() {
    struct Within;

    #[projection(name = "within")]
    impl Within {
        async fn closed(&self, _: &Recorded<Closed>) {}
    }

    let registry = Registry::discovered();
    let entry = registry.consumers().iter().find(|it| it.name == "within");
    assert_eq!(
        names(&entry.unwrap().reads.rows().unwrap()),
        ["account.closed"]
    );
    assert_eq!(Within::PLACE, entry.unwrap().place);
}

/// Another one under the same name, in another version or in the same.
mod other {
    use super::*;

    /// Of another store.
    pub struct Elsewhere;

    #[projection(name = "taken", version = 5)]
    impl Elsewhere {
        fn opened(&self, _: &Recorded<Opened>, _: &eventsource_sqlite::SqliteTx) {}
    }

    #[derive(Default)]
    pub struct Later;

    #[projection(name = "taken", version = 4)]
    impl Later {
        fn opened(&mut self, _: &Recorded<Opened>) {}
    }

    #[derive(Default)]
    pub struct Same;

    #[projection(name = "taken", version = 5)]
    impl Same {
        fn opened(&mut self, _: &Recorded<Opened>) {}
    }
}

struct Taken;

#[reactor(name = "taken")]
impl Taken {
    async fn closed(&self, _: &Recorded<Closed>) {}
}

#[derive(Default)]
struct First;

// By hand, so that it does not register itself: the program has no two of one name and version.
impl Projection for First {
    const NAME: &'static str = "taken";
    const VERSION: u32 = 5;
    const EVENTS: &'static [&'static [Row]] = &[&[Opened::ROW]];
    const PLACE: Place = Place::here();
    type Into = Memory;
}

#[test]
fn two_that_would_share_a_checkpoint_are_told_with_both_places() {
    let side_by_side = Registry::new()
        .with_projection::<other::Later>()
        .with_projection::<other::Same>()
        .with_projection::<other::Elsewhere>()
        .with_reactor::<Taken>();
    side_by_side.check_consumers().unwrap();
    let collision = side_by_side
        .with_projection::<First>()
        .check_consumers()
        .unwrap_err();
    assert_eq!(
        (collision.name.as_str(), collision.attribute),
        ("taken", "projection")
    );
    let text = collision.to_string();
    for part in [
        "other::Same",
        "First",
        "have one stored name, `taken`",
        "#[projection(name = \"…\")]",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(text.matches("consumers.rs:").count(), 2, "{text}");
}
