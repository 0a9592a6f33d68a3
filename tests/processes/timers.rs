//! Timers: each is taken once, in the order in which they are due, by the clock that is set.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{Ended, ManualClock, MemoryStore, ProcessRunner, Timestamp};

#[event(name = "meeting.planned")]
pub struct Planned {
    #[tag]
    pub agenda: u64,
    pub name: String,
    pub at_second: u64,
}

#[event(name = "agenda.rung")]
pub struct Rung {
    pub name: String,
}

#[event(name = "agenda.cleared")]
pub struct Cleared;

#[aggregate(name = "meeting", id = u64, error = Infallible, events(Planned), commands(Plan))]
#[derive(Default)]
pub struct Meeting;

#[apply]
impl Meeting {
    fn planned(&mut self, _: &Planned) {}
}

#[handle]
impl Meeting {
    #[command]
    pub fn plan(&self, agenda: u64, name: String, at_second: u64) -> Result<Planned, Infallible> {
        Ok(Planned {
            agenda,
            name,
            at_second,
        })
    }
}

/// Rings when a meeting begins.
#[aggregate(name = "agenda", id = u64, error = Infallible, events(Rung, Cleared), commands())]
#[derive(Default)]
pub struct Agenda {
    rung: Vec<String>,
}

#[apply]
impl Agenda {
    fn rung(&mut self, event: &Rung) {
        self.rung.push(event.name.clone());
    }
    fn cleared(&mut self, _: &Cleared) {}
}

#[timer(name = "agenda.ring")]
pub struct Ring {
    name: String,
}

#[process(tag = "agenda", from = start)]
impl Agenda {
    fn planned(&self, event: &Recorded<Planned>) -> Next<Self> {
        let Planned {
            name, at_second, ..
        } = event.event.clone();
        match &*name {
            "nothing more" => Next::record(Cleared).end(),
            _ => Next::nothing().timer_at(second(at_second), Ring { name }),
        }
    }

    fn ring(&self, timer: &Ring) -> Next<Self> {
        Next::record(Rung {
            name: timer.name.clone(),
        })
    }
}

fn second(second: u64) -> Timestamp {
    Timestamp::default().saturating_add(Duration::from_secs(second))
}

/// An agenda on a store, whose time stands still unless it is set.
struct Office {
    store: MemoryStore,
    clock: Arc<ManualClock>,
}

impl Office {
    fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            clock: Arc::default(),
        }
    }

    fn agendas(&self) -> Repository<Agenda, MemoryStore> {
        Repository::new(self.store.clone()).clock(Arc::clone(&self.clock))
    }

    fn process(&self) -> ProcessRunner<Agenda, MemoryStore> {
        self.agendas().process()
    }

    async fn plan(&self, agenda: u64, name: &str, at_second: u64) {
        let plan = Plan {
            agenda,
            name: name.into(),
            at_second,
        };
        let meetings = Repository::<Meeting, _>::new(self.store.clone());
        meetings.execute(&agenda, plan).await.unwrap();
    }

    /// What has rung when everything is done that is due at a second.
    async fn rung_at(&self, at: u64) -> Vec<String> {
        self.clock.set(second(at));
        assert_eq!(self.process().settle().await.unwrap(), Ended::CaughtUp);
        self.rung(1).await
    }

    async fn rung(&self, agenda: u64) -> Vec<String> {
        let agenda = self.agendas().find(&agenda).await.unwrap();
        agenda.map_or_else(Vec::new, |agenda| agenda.rung.clone())
    }
}

#[tokio::test]
async fn timers_are_taken_in_the_order_in_which_they_are_due() {
    let office = Office::new();
    office.plan(1, "third", 30).await;
    office.plan(1, "in a thousand years", 31_556_952_000).await;
    office.plan(1, "first", 10).await;
    office.plan(1, "second", 20).await;
    assert!(office.rung_at(9).await.is_empty());
    assert_eq!(office.rung_at(10).await, ["first"]);
    assert_eq!(office.rung_at(19).await, ["first"]);
    // Each call of `process` is a new start, so this goes over a restart as well.
    assert_eq!(office.rung_at(300).await, ["first", "second", "third"]);
    assert_eq!(office.process().settle().await.unwrap(), Ended::CaughtUp);
    assert_eq!(office.rung(1).await.len(), 3);
    let long_ago = office.rung_at(31_556_952_000).await;
    assert_eq!(long_ago.last().unwrap(), "in a thousand years");
}

#[tokio::test]
async fn many_may_be_due_at_one_moment_and_one_that_is_late_is_due_at_once() {
    let office = Office::new();
    for number in 0..300 {
        office.plan(1, &number.to_string(), 10).await;
    }
    let all: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    assert_eq!(office.rung_at(10).await, all);
    office.plan(1, "late", 5).await;
    assert_eq!(office.rung_at(10).await.last().unwrap(), "late");
}

#[tokio::test]
async fn a_process_that_has_ended_takes_nothing_more() {
    let office = Office::new();
    office.plan(1, "before", 10).await;
    office.plan(1, "after", 20).await;
    assert_eq!(office.rung_at(10).await, ["before"]);
    office.plan(1, "nothing more", 0).await;
    office.plan(1, "ignored", 15).await;
    office.plan(2, "another's", 15).await;
    let runner = office.process();
    office.clock.set(second(30));
    runner.settle().await.unwrap();
    assert_eq!(office.rung(1).await, ["before"]);
    assert_eq!(office.rung(2).await, ["another's"]);
    assert_eq!(runner.handle().pending_timers(), 0);
    let loaded = office.agendas().load(&1).await.unwrap();
    assert_eq!(loaded.version().0, 2);
}

/// Waits until it is so, for no longer than a test may take.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    for _ in 0..2_000 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not come to that: {what}");
}

#[tokio::test]
async fn a_running_process_sees_that_the_clock_was_set_and_goes_on_after_a_restart() {
    let office = Office::new();
    for round in 1..4 {
        let runner = office.process();
        let handle = runner.handle();
        let running = tokio::spawn(runner.run());
        office.plan(1, &format!("one {round}"), round * 100).await;
        office.plan(1, "never", 1_000_000).await;
        let pending = usize::try_from(round).unwrap() + 1;
        until("set", async || handle.pending_timers() == pending).await;
        office.clock.set(second(round * 100));
        until("rung", async || office.rung(1).await.len() == pending - 1).await;
        until("caught up", async || handle.lag().await.unwrap() == 0).await;
        handle.stop();
        assert_eq!(running.await.unwrap().unwrap(), Ended::Stopped);
        // What is pending was kept, to begin with.
        let kept = office.store.kept_state("agenda/timers", 1).await.unwrap();
        assert!(kept.is_some());
    }
    assert_eq!(office.rung(1).await, ["one 1", "one 2", "one 3"]);
}
