//! Projections, reactors and processes in the registry: found by themselves, with what they read; and two that would share a
//! checkpoint are told.

use eventsource_core::message::Row;
use eventsource_core::prelude::*;
use eventsource_core::{BoxError, ConsumerEntry, Memory, Projection, Registry};

#[event(name = "account.opened")]
pub struct Opened;

#[event(name = "account.closed")]
pub struct Closed;

#[derive(Default)]
struct Open(u64);

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

#[process]
impl Welcome {
    #[key(opened.stream.id().to_owned())]
    fn opened(&self, opened: &Recorded<Opened>) -> Next<Self> {
        let _ = opened;
        Next::record(Begun)
    }
}

fn found<'r>(registry: &'r Registry, kind: &str) -> &'r ConsumerEntry {
    let mut all = registry.consumers().iter();
    all.find(|entry| entry.kind == kind)
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
        ("process", "", None, &["account.opened"]),
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
