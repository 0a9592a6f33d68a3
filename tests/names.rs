//! Two types of one program with one stored name: found when a repository or a dispatcher is built, with both places.

use eventsource_core::prelude::*;
use eventsource_core::{Dispatcher, MemoryStore, Registry};

macro_rules! aggregate {
    ($module:ident, $name:literal, $event:literal) => {
        mod $module {
            use super::*;

            #[event(name = $event)]
            pub struct Happened;

            #[derive(Debug, thiserror::Error)]
            #[error("never")]
            pub struct Never;

            #[aggregate(name = $name, id = u64, error = Never, events(Happened), commands())]
            #[derive(Default)]
            pub struct Thing;

            #[apply]
            impl Thing {
                fn happened(&mut self, _: &Happened) {}
            }
        }
    };
}

aggregate!(first, "first", "happened");
aggregate!(second, "second", "happened");
aggregate!(third, "third", "third.happened");
aggregate!(fourth, "third", "fourth.happened");

#[test]
fn one_event_name_for_two_types_is_found() {
    let collision = Repository::<first::Thing, _>::try_new(MemoryStore::new()).unwrap_err();
    assert_eq!(
        (&*collision.name, collision.attribute),
        ("happened", "event")
    );
    let text = collision.to_string();
    assert!(
        text.contains("first::Happened") && text.contains("second::Happened"),
        "{text}"
    );
    assert!(
        text.contains("names.rs:") && text.contains("write `#[event(name = \"…\")]` on both"),
        "{text}"
    );
}

#[test]
fn one_name_for_two_aggregates_is_found() {
    let collision = Repository::<third::Thing, _>::try_new(MemoryStore::new()).unwrap_err();
    assert_eq!(
        (&*collision.name, collision.attribute),
        ("third", "aggregate")
    );
    assert!(Dispatcher::discover(MemoryStore::new()).is_err());
    assert!(
        Registry::new()
            .with::<fourth::Thing>()
            .with::<first::Thing>()
            .check_names()
            .is_ok()
    );
}

#[test]
#[should_panic(expected = "have one stored name, `happened`")]
fn a_repository_is_not_built() {
    let _ = Repository::<second::Thing, _>::new(MemoryStore::new());
}
