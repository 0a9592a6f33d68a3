//! What an append is made of: runs of events, copies under terms, a key, and what must hold, in messages that are stored
//! together.

use std::collections::BTreeMap;

use bytes::Bytes;
use eventsource_core::{
    Append, Check, IdSource as _, Key, NewEvent, Placed, Position, Query, RandomIds, Record,
    Rejected, RejectedProblem, StampPlace, StreamCheck, StreamName, Version,
};

use crate::frame::{self, ToCopy};
use crate::known::Last;
use crate::open::Shared;
use crate::place::{self, IN_ONE_MESSAGE};
use crate::wire::{Expected, Outgoing};

/// The most messages that are stored together, as the server is set unless somebody sets it otherwise.
const TOGETHER: usize = 1000;

/// What is known of the last message of each subject of a plan, in the order of [`Plan::subjects`].
pub(crate) type Lasts = Vec<Last>;

/// An append, as far as it does not depend on what is stored.
pub(crate) struct Plan<'a> {
    pub(crate) checks: &'a [Check],
    pub(crate) key: Option<&'a Key>,
    /// The key has a subject of its own. One that nobody else has is looked for where the append would stand.
    pub(crate) key_subject: Option<String>,
    /// No other request has this number.
    pub(crate) request: u64,
    runs: Vec<Run<'a>>,
    /// Terms of the events, each with the events that are copied under it: run and index.
    copied: BTreeMap<String, Vec<(usize, usize)>>,
    /// Streams that it writes to or asks about, each once.
    streams: Vec<(String, &'a StreamName)>,
    /// The checks of streams, each with the index of its stream.
    stream_checks: Vec<(usize, &'a StreamCheck)>,
    /// Terms that it asks about, sorted.
    asked: Vec<String>,
    /// It rests on the whole log.
    pub(crate) whole: bool,
}

/// Events for one stream that stand beside each other in the append: one message.
struct Run<'a> {
    /// The index of its stream.
    stream: usize,
    events: Vec<&'a NewEvent>,
}

/// The messages of an append, and where its events will be.
pub(crate) struct Messages<'p> {
    pub(crate) outgoing: Vec<Outgoing>,
    /// How many of them are runs of events, and how many events with which versions each has.
    runs: Vec<(Version, usize)>,
    /// The last message of each subject once they are stored: how many messages after the first one.
    lasts: Vec<(&'p str, u64, Last)>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new<Reach>(shared: &Shared, append: &'a Append<Reach>) -> Result<Self, Rejected> {
        let subjects = &shared.subjects;
        let mut plan = Self {
            checks: append.checks(),
            key: append
                .idempotency_key()
                .filter(|_| !append.records().is_empty()),
            key_subject: None,
            request: 0,
            runs: Vec::new(),
            copied: BTreeMap::new(),
            streams: Vec::new(),
            stream_checks: Vec::new(),
            asked: Vec::new(),
            whole: false,
        };
        let mut room = 0;
        for (index, record) in append.records().iter().enumerate() {
            plan.add(shared, index, record, &mut room)?;
        }
        for check in append.checks() {
            match check {
                Check::Stream(check) => {
                    let stream = plan.stream(shared, check.stream());
                    plan.stream_checks.push((stream, check));
                }
                Check::NothingMatches { query, .. } => match shared.terms_of(query) {
                    Some(terms) => plan.asked.extend(terms),
                    None => plan.whole = true,
                },
            }
        }
        plan.asked.sort_unstable();
        plan.asked.dedup();
        let is_seen_in_its_stream = append
            .stamp()
            .is_some_and(|stamp| matches!(stamp.place, StampPlace::Version(..)));
        plan.key_subject = plan
            .key
            .filter(|_| !is_seen_in_its_stream || plan.streams.len() > 1)
            .map(|key| subjects.key(key.id));
        if plan.key_subject.is_some() {
            plan.request = RandomIds.fresh().as_u64_pair().1;
        }
        plan.limit(append.records())?;
        Ok(plan)
    }

    /// Adds a record to the last run, or begins another one.
    fn add(
        &mut self,
        shared: &Shared,
        index: usize,
        record: &'a Record,
        room: &mut usize,
    ) -> Result<(), Rejected> {
        let size = record.event.size() + frame::OVERHEAD;
        if size > shared.message_bytes {
            return Err(rejected(
                index,
                record,
                RejectedProblem::TooLarge {
                    what: "message",
                    bytes: size,
                    limit: shared.message_bytes,
                },
            ));
        }
        let fits = |run: &Run<'_>| {
            *self.streams[run.stream].1 == record.stream
                && run.events.len() < IN_ONE_MESSAGE
                && size <= *room
        };
        if !self.runs.last().is_some_and(fits) {
            let stream = self.stream(shared, &record.stream);
            if self.streams.len() > TOGETHER {
                return Err(too_many(index, record, self.streams.len()));
            }
            self.runs.push(Run {
                stream,
                events: Vec::new(),
            });
            *room = shared.message_bytes;
        }
        let number = self.runs.len() - 1;
        let run = &mut self.runs[number];
        *room -= size;
        run.events.push(&record.event);
        let at = (number, run.events.len() - 1);
        let event = &record.event;
        let tags = event.tags.iter().map(|tag| shared.subjects.tag(tag));
        let indexed = shared.indexed_types.iter().any(|own| *own == event.name);
        let kind = indexed.then(|| shared.subjects.kind(&event.name));
        for term in tags.chain(kind) {
            let copied = self.copied.entry(term).or_default();
            if copied.last() != Some(&at) {
                copied.push(at);
            }
        }
        Ok(())
    }

    /// The index of a stream. There are few, and the last one is the likeliest.
    fn stream(&mut self, shared: &Shared, name: &'a StreamName) -> usize {
        let known = self.streams.iter().rposition(|(_, own)| *own == name);
        known.unwrap_or_else(|| {
            self.streams.push((shared.subjects.stream(name), name));
            self.streams.len() - 1
        })
    }

    fn limit(&self, records: &[Record]) -> Result<(), Rejected> {
        let count = self.runs.len()
            + self.copied.len()
            + self.checks.len()
            + self.asked.len()
            + usize::from(self.key_subject.is_some());
        let last = records.len().saturating_sub(1);
        match records.get(last) {
            Some(record) if count > TOGETHER => Err(too_many(last, record, count)),
            _ => Ok(()),
        }
    }

    /// All subjects of which the last message must be known: those of streams, then terms.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &String> {
        self.streams
            .iter()
            .map(|(subject, _)| subject)
            .chain(&self.asked)
    }

    /// Whether the subject with this index is that of a stream.
    pub(crate) fn is_stream(&self, index: usize) -> bool {
        index < self.streams.len()
    }

    /// What is known of the terms of a query.
    pub(crate) fn lasts_of<'l>(
        &self,
        terms: &[String],
        lasts: &'l Lasts,
    ) -> impl Iterator<Item = &'l Last> {
        let known = |term: &String| {
            let index = self.asked.binary_search(term).ok()?;
            lasts.get(self.streams.len() + index)
        };
        terms.iter().filter_map(known)
    }

    /// Whether there is anything that could be stored or checked.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.checks.is_empty()
    }

    pub(crate) fn writes(&self) -> bool {
        !self.runs.is_empty()
    }

    /// The check of a stream that does not hold, and the version that is there.
    pub(crate) fn broken_stream(&self, lasts: &Lasts) -> Option<(&'a StreamCheck, Last)> {
        self.stream_checks.iter().find_map(|(stream, check)| {
            let last = lasts[*stream];
            (!check.holds(last.version)).then_some((*check, last))
        })
    }

    /// The checks that nothing matches.
    pub(crate) fn queries(&self) -> impl Iterator<Item = (&'a Query, Position)> {
        self.checks.iter().filter_map(|check| match check {
            Check::NothingMatches { query, after } => Some((query, *after)),
            Check::Stream(_) => None,
        })
    }

    /// The messages, with what is known now as what is expected.
    pub(crate) fn messages(&self, shared: &Shared, lasts: &Lasts) -> Messages<'_> {
        let mut expected: Vec<(&String, u64)> = Vec::new();
        for (stream, check) in &self.stream_checks {
            // A stream that exists will exist.
            let is_written = self.runs.iter().any(|run| run.stream == *stream);
            if !is_written && matches!(check, StreamCheck::At(..) | StreamCheck::New(_)) {
                expected.push((&self.streams[*stream].0, lasts[*stream].sequence));
            }
        }
        let of_terms = &lasts[self.streams.len()..];
        let unwritten = |(term, _): &(&String, &Last)| !self.copied.contains_key(*term);
        let asked = self.asked.iter().zip(of_terms).filter(unwritten);
        expected.extend(asked.map(|(term, last)| (term, last.sequence)));
        expected.sort_unstable();
        expected.dedup();

        let own = self.runs.len() + self.copied.len() + usize::from(self.key_subject.is_some());
        let mut made = Messages {
            outgoing: Vec::with_capacity(own + expected.len()),
            runs: Vec::with_capacity(self.runs.len()),
            lasts: Vec::new(),
        };
        // What has no expectation of its own carries one of another subject.
        let free = self.runs.len() + self.copied.len() - self.distinct_checked();
        let carriers = expected.len().saturating_sub(free);
        let total = own + carriers;
        let mut expected = expected.into_iter();
        let mut there = || {
            let (subject, sequence) = expected.next()?;
            let subject = subject.clone();
            Some(Expected::There { subject, sequence })
        };

        let mut reached: Vec<Option<Version>> = vec![None; self.streams.len()];
        for (number, run) in self.runs.iter().enumerate() {
            let (before, known) = (reached[run.stream], lasts[run.stream]);
            let first = before.unwrap_or(known.version).next();
            let expected = match before {
                None => Some(Expected::Here(known.sequence)),
                Some(_) => there(),
            };
            let key = self.key.filter(|_| number == 0);
            let rest = (total - number - 1) as u64;
            let last = place::version(first, run.events.len() - 1);
            reached[run.stream] = Some(last);
            let subject = &self.streams[run.stream].0;
            made.push(
                subject,
                expected,
                frame::events(first, rest, key, &run.events),
            );
            made.runs.push((first, run.events.len()));
            made.note(
                subject,
                Last {
                    version: last,
                    ..Last::default()
                },
            );
        }
        for (term, copied) in &self.copied {
            let expected = match self.asked.binary_search(term) {
                Ok(index) => Some(Expected::Here(of_terms[index].sequence)),
                Err(_) => there(),
            };
            let number = made.outgoing.len();
            let copy = |(run, index): &(usize, usize)| ToCopy {
                back: (number - run) as u64,
                index: *index,
                stream: self.streams[self.runs[*run].stream].1,
                version: place::version(made.runs[*run].0, *index),
                event: self.runs[*run].events[*index],
            };
            let copies: Vec<_> = copied.iter().map(copy).collect();
            made.push(term, expected, frame::copies(&copies));
            if let Some((run, index)) = copied.last() {
                // The number of the run is made a sequence number once that of the first message is known.
                made.note(
                    term,
                    Last {
                        position: place::position(*run as u64, *index),
                        ..Last::default()
                    },
                );
            }
        }
        if let (Some(subject), Some(key)) = (&self.key_subject, self.key) {
            let back = made.outgoing.len() as u64;
            let body = frame::outcome(key, self.request, &made.runs, back);
            made.push(subject, Some(Expected::Here(0)), body);
        }
        while let Some(expected) = there() {
            made.push(&shared.subjects.turn, Some(expected), Bytes::new());
        }
        if made.outgoing.is_empty() && self.whole {
            made.push(&shared.subjects.turn, None, Bytes::new());
        }
        debug_assert!(
            self.whole || made.outgoing.len() == total,
            "as many messages as were counted"
        );
        made
    }

    /// How many runs and copies have an expectation of their own.
    fn distinct_checked(&self) -> usize {
        let written = |term: &&String| self.copied.contains_key(*term);
        let mut is_written = vec![false; self.streams.len()];
        for run in &self.runs {
            is_written[run.stream] = true;
        }
        is_written.iter().filter(|written| **written).count()
            + self.asked.iter().filter(written).count()
    }
}

impl<'p> Messages<'p> {
    fn push(&mut self, subject: &str, expected: Option<Expected>, body: Bytes) {
        self.outgoing.push(Outgoing {
            subject: subject.to_owned(),
            expected,
            body,
        });
    }

    fn note(&mut self, subject: &'p str, last: Last) {
        let number = self.outgoing.len() as u64 - 1;
        self.lasts.push((subject, number, last));
    }

    /// Where the events are, with the first message at this number, and what is to be remembered.
    pub(crate) fn placed(
        &self,
        first: u64,
    ) -> (Vec<Placed>, impl Iterator<Item = (&'p str, Last)>) {
        let mut placed = Vec::new();
        for (number, (version, count)) in (first..).zip(&self.runs) {
            placed.extend((0..*count).map(|index| Placed {
                position: place::position(number, index),
                version: place::version(*version, index),
            }));
        }
        let lasts = self.lasts.iter().map(move |(subject, number, last)| {
            let copied = last.position != Position::START || last.version == Version::NONE;
            let position = match copied {
                true => Position(last.position.0 + place::position(first, 0).0),
                false => Position::START,
            };
            let last = Last {
                sequence: first + number,
                position,
                ..*last
            };
            (*subject, last)
        });
        (placed, lasts)
    }
}

fn too_many(index: usize, record: &Record, count: usize) -> Rejected {
    let problem = RejectedProblem::TooMany {
        what: "streams, tags and checks in one append",
        count,
        limit: TOGETHER,
    };
    rejected(index, record, problem)
}

fn rejected(index: usize, record: &Record, problem: RejectedProblem) -> Rejected {
    Rejected {
        index,
        name: record.event.name.chars().take(80).collect(),
        problem,
    }
}
