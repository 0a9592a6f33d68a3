//! The audit of a run: what writers were told, held against what is stored.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::ControlFlow;

use eventsource_core::{BoundaryStore, EventRef, LogScan, Position, StreamName, Version, Visit};

use crate::process::OtherProcess;
use crate::write::{Fate, Id, fate_in};

/// What became of the appends of a run, by what their writers were told.
#[derive(Debug, Default)]
pub struct Audit {
    fates: HashMap<Id, Fate>,
}

/// What an audit has found; nothing is lost or doubled, or there would have been a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Found {
    /// Appends that were acknowledged, and are there.
    pub acknowledged: u64,
    /// Appends that the store has said were not written, and are not.
    pub refused: u64,
    /// Appends without an answer: each is there once, or not at all.
    pub without_answer: u64,
    /// How many of these are there.
    pub of_these_stored: u64,
    /// All events.
    pub events: u64,
    /// Positions below the head at which nothing is.
    pub gaps: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} acknowledged, {} refused, {} without an answer of which {} are stored; {} events, {} gaps",
            self.acknowledged,
            self.refused,
            self.without_answer,
            self.of_these_stored,
            self.events,
            self.gaps
        )
    }
}

impl Audit {
    /// Notes what a writer was told.
    pub fn note(&mut self, id: Id, fate: Fate) {
        self.fates.insert(id, fate);
    }

    /// Notes what a process has said until now, or before it was killed. Returns how many appends it was about.
    pub fn hear(&mut self, process: &mut OtherProcess) -> usize {
        let mut heard = 0;
        while let Some(line) = process.said() {
            heard += usize::from(self.hear_line(&line));
        }
        heard
    }

    /// Notes everything that a process says until it ends, or says that it has stopped.
    pub async fn hear_out(&mut self, process: &mut OtherProcess) {
        while let Some(line) = process.line().await {
            if line == "stopped" {
                return;
            }
            self.hear_line(&line);
        }
    }

    /// Notes one line of a process; false if it is about something else.
    pub fn hear_line(&mut self, line: &str) -> bool {
        let Some((id, fate)) = fate_in(line) else {
            return false;
        };
        self.note(id, fate);
        true
    }

    /// Sends the next append of each of a killed process's tasks again, which may have been on its way when the
    /// process was killed. Each is then stored once, whatever had become of it. Returns how many had been stored.
    ///
    /// # Panics
    ///
    /// If the store cannot answer.
    pub async fn resolve<S: BoundaryStore>(&mut self, store: &S, who: u64, tasks: u64) -> usize {
        let mut stored = 0;
        for task in 0..tasks {
            let told = self
                .fates
                .keys()
                .filter(|id| id.who == who && id.task == task);
            let number = told.map(|id| id.number + 1).max().unwrap_or(0);
            let id = Id { who, task, number };
            let appended = id.resolve(store).await;
            stored += usize::from(appended.repeated);
            self.note(id, Fate::Acknowledged(appended.placed[0].position));
        }
        stored
    }

    /// How many appends were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        let acknowledged = |fate: &&Fate| matches!(fate, Fate::Acknowledged(_));
        self.fates.values().filter(acknowledged).count() as u64
    }

    /// Reads the whole store and holds it against what writers were told.
    ///
    /// # Panics
    ///
    /// If an acknowledged append is not there, or elsewhere than was said; if one is there twice or in part; if one is
    /// there that was said not to be; if positions do not increase or a stream's versions are not 1, 2, 3 …
    pub async fn check<S: BoundaryStore>(&self, store: &S) -> Found {
        let reading = Reading::default();
        let (reading, head) = store
            .scan_all(LogScan::default(), reading)
            .await
            .expect("the store can be read");
        let mut found = Found {
            events: reading.events,
            gaps: head.0 - reading.events,
            ..Found::default()
        };
        for (id, stored) in &reading.appends {
            assert_eq!(
                stored.parts.len() as u64,
                stored.of,
                "append {id} is there in part, or doubled: {stored:?}"
            );
            assert!(
                stored.parts.keys().copied().eq(0..stored.of),
                "append {id} is there in part, or doubled: {stored:?}"
            );
        }
        for (id, fate) in &self.fates {
            let stored = reading.appends.get(id);
            match fate {
                Fate::Acknowledged(position) => {
                    let place = stored.and_then(|stored| stored.parts.get(&0));
                    assert_eq!(place, Some(position), "append {id}, acknowledged, is lost");
                    found.acknowledged += 1;
                }
                Fate::Refused => {
                    assert!(
                        stored.is_none(),
                        "append {id}, of which the store said that it was not written, is at {stored:?}"
                    );
                    found.refused += 1;
                }
                Fate::GivenUp => {
                    found.without_answer += 1;
                    found.of_these_stored += u64::from(stored.is_some());
                }
            }
        }
        let unheard = reading
            .appends
            .keys()
            .filter(|id| !self.fates.contains_key(id));
        let unheard = unheard.count() as u64;
        found.without_answer += unheard;
        found.of_these_stored += unheard;
        found
    }
}

/// An append as it is stored: its parts and their positions.
#[derive(Debug, Default)]
struct Stored {
    parts: BTreeMap<u64, Position>,
    of: u64,
}

/// What a whole read has seen.
#[derive(Default)]
struct Reading {
    appends: HashMap<Id, Stored>,
    versions: HashMap<StreamName, Version>,
    last: Position,
    events: u64,
}

impl Visit for Reading {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        assert!(
            event.position > self.last,
            "position {} comes after {}",
            event.position,
            self.last
        );
        self.last = event.position;
        self.events += 1;
        let version = self.versions.entry(event.stream.clone()).or_default();
        assert_eq!(
            event.version.0,
            version.0 + 1,
            "a version of the stream `{}`",
            event.stream
        );
        *version = event.version;
        // Other events may be there as well.
        if let Some((id, part, of)) = Id::read(event.payload) {
            let stored = self.appends.entry(id).or_default();
            let before = stored.parts.insert(part, event.position);
            assert_eq!(
                before, None,
                "part {part} of append {id} is doubled at {}",
                event.position
            );
            stored.of = of;
        }
        ControlFlow::Continue(())
    }
}
