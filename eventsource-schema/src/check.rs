//! A lock against today's program: what is wrong, what is new, and what the lock would be now.

use eventsource_core::{AggregateEntry, StoredEvent};
use serde_json::Value;

use crate::compare;
use crate::contract::{self, Event, Key, Program};
use crate::difference::{Difference, difference};
use crate::file::{File, Locked, Named, Reading, Reads};
use crate::fold::{NotApplied, fold};
use crate::help;
use crate::kept::{self, Flaw};
use crate::learn::Unlearnt;
use crate::next::next;
use crate::problem::{self, Problem, What};

/// What comes of the comparison.
pub(crate) struct Checked {
    pub(crate) problems: Vec<Problem>,
    /// The lock as it should be, but for what is wrong.
    pub(crate) next: File,
}

/// `name` is how the lock is called in messages.
pub(crate) fn check(program: &Program, file: &File, name: &str) -> Checked {
    let mut check = Check {
        program,
        file,
        name,
        problems: Vec::new(),
    };
    check.aggregates();
    for (key, locked) in &file.events {
        check.event(key, locked);
    }
    for (key, event) in &program.events {
        check.learnt(key, event);
    }
    let next = next(program, file);
    check.kept(&next);
    Checked {
        problems: check.problems,
        next,
    }
}

struct Check<'c> {
    program: &'c Program,
    file: &'c File,
    name: &'c str,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn locked_at(&self, locked: &Locked) -> String {
        format!("{}:{}", self.name, locked.line)
    }

    fn aggregates(&mut self) {
        for (name, reads) in &self.file.aggregates {
            let aggregates = &self.program.aggregates;
            let Some(entry) = aggregates.iter().find(|entry| entry.name == name) else {
                let new = aggregates
                    .iter()
                    .find(|entry| !self.file.aggregates.contains_key(entry.name));
                let help = help::aggregate_gone(name, new);
                let place = self.name;
                self.problems.push(Problem::of_aggregate(
                    name,
                    What::AggregateGone,
                    &place,
                    help,
                ));
                continue;
            };
            let set = entry.reflected_events();
            let not_read = reads.events.keys().filter(|(event, version)| {
                set.find(event, *version).is_none() && !set.retired.contains(&event.as_str())
            });
            for key in not_read {
                // What nobody reads any more is said once, of the event.
                if self.program.known_as(key).is_some() {
                    let aggregate = name.clone();
                    let help = help::not_read(name, &key.0);
                    self.problems.push(Problem::of(
                        key,
                        What::NotRead { aggregate },
                        &entry.place,
                        help,
                    ));
                }
            }
            self.applied(entry, reads);
        }
    }

    /// That what was applied still is, and makes the state that it made.
    fn applied(&mut self, entry: &AggregateEntry, reads: &Reads) {
        let samples = |key: &Key| {
            let locked = self.file.events.get(key)?;
            Some(
                locked
                    .samples
                    .iter()
                    .map(|sample| sample.payload.clone())
                    .collect(),
            )
        };
        let samples = reads
            .events
            .keys()
            .filter_map(|key| Some((key.clone(), samples(key)?)));
        let folded = fold(entry, &samples.collect());
        let before = self.problems.len();
        for (key, reading) in &reads.events {
            // What is not even read is said of the event.
            if let (Reading::Applied, Some(Err(NotApplied::Refused(reason)))) =
                (reading, folded.each.get(key))
            {
                let what = What::NotApplied {
                    aggregate: entry.name.to_owned(),
                    reason: reason.clone(),
                };
                let help = help::not_applied(&contract::label(entry.type_name));
                self.problems
                    .push(Problem::of(key, what, &entry.place, help));
            }
        }
        if self.problems.len() == before {
            self.state(entry, reads, &folded.history);
        }
    }

    /// That code with the fingerprint of before makes the state of before: else a snapshot that is kept would be used.
    fn state(&mut self, entry: &AggregateEntry, reads: &Reads, history: &[StoredEvent]) {
        let (Some(was), Some(is)) = (&reads.state, kept::state(entry, history)) else {
            return;
        };
        if was.fingerprint != is.fingerprint {
            return;
        }
        if let Some(Difference { path, was, is }) = difference(&was.state, &is.state) {
            let what = What::OtherState { path, was, is };
            let help = help::other_state(&contract::label(entry.type_name));
            let problem = Problem::of_aggregate(entry.name, what, &entry.place, help);
            self.problems.push(problem);
        }
    }

    /// That a state is the same each time, and after it was kept and read again.
    fn kept(&mut self, next: &File) {
        for entry in &self.program.aggregates {
            let Some(reads) = next.aggregates.get(entry.name) else {
                continue;
            };
            let samples = reads.events.keys().filter_map(|key| {
                let locked = next.events.get(key)?;
                Some(locked.samples.iter().map(move |sample| (key, sample)))
            });
            let examples: Vec<_> = samples
                .flatten()
                .map(|((name, version), sample)| {
                    contract::stored(name, *version, &sample.payload, 1)
                })
                .collect();
            let label = contract::label(entry.type_name);
            let (what, help) = match kept::flaw(entry, &examples) {
                None => continue,
                Some(Flaw::Unsteady(Difference { path, was, is })) => {
                    (What::Unsteady { path, was, is }, help::unsteady(&label))
                }
                Some(Flaw::Forgotten {
                    history,
                    after,
                    difference: Difference { path, was, is },
                }) => {
                    let what = What::NotKept {
                        history,
                        after,
                        path,
                        was,
                        is,
                    };
                    (what, help::not_kept(&label))
                }
            };
            let problem = Problem::of_aggregate(entry.name, what, &entry.place, help);
            self.problems.push(problem);
        }
    }

    fn event(&mut self, key: &Key, locked: &Locked) {
        let place = self.locked_at(locked);
        let Some(known) = self.program.known_as(key) else {
            if self.program.is_retired(&key.0) {
                return;
            }
            let mut versions = self.program.events.iter();
            let newest = versions.rfind(|((name, _), _)| *name == key.0);
            let (what, help) = match newest {
                Some((newest, event)) => (
                    What::VersionGone,
                    help::version_gone(key, newest, event, locked),
                ),
                None => (
                    What::EventGone,
                    help::event_gone(key, locked, self.program, self.file),
                ),
            };
            let place = newest.map_or(place, |(_, event)| problem::place(event.place));
            self.problems.push(Problem::of(key, what, &place, help));
            return;
        };
        let Some(event) = self.program.events.get(&known) else {
            return;
        };
        let mut changed = false;
        if let (Some(Ok(learnt)), false) = (&event.learnt, locked.layout.0.is_empty()) {
            let found = compare::compare(&locked.layout, &learnt.layout);
            changed = !found.is_empty();
            // What an event that was renamed is told under its name of today is not told again.
            let own = self.file.events.get(&known).filter(|_| known != *key);
            let told = own
                .map(|own| compare::compare(&own.layout, &learnt.layout))
                .unwrap_or_default();
            let found: Vec<_> = found
                .into_iter()
                .filter(|change| !told.contains(change))
                .collect();
            for (number, (path, change)) in found.into_iter().enumerate() {
                let near = help::near(event, &path, &change);
                let help = match number {
                    0 => help::changed(&near, &known, event, &locked.layout, &learnt.layout),
                    _ => help::changed_too(&near, &known, event),
                };
                let what = What::Changed { path, change };
                self.problems
                    .push(Problem::of(key, what, &event.place, help));
            }
        }
        if event.is_today {
            self.tags(key, locked, event);
        }
        if !changed {
            self.samples(key, locked, event);
        }
    }

    fn tags(&mut self, key: &Key, locked: &Locked, event: &Event) {
        for tag in locked.tags.difference(&event.tags) {
            let what = What::TagGone(tag.clone());
            self.problems
                .push(Problem::of(key, what, &event.place, help::tag_gone(tag)));
        }
        // Where one is gone and another is new, it has been renamed: that is said once.
        let is_renamed = locked.tags.difference(&event.tags).next().is_some();
        for tag in event.tags.difference(&locked.tags).filter(|_| !is_renamed) {
            let what = What::TagNew(tag.clone());
            self.problems
                .push(Problem::of(key, what, &event.place, help::tag_new(tag)));
        }
    }

    /// That every stored example is read, and is what it was.
    fn samples(&mut self, key: &Key, locked: &Locked, event: &Event) {
        for sample in &locked.samples {
            let refused = refusal(self.program, key, &sample.payload);
            let text = sample.payload.to_string();
            if let Some(reason) = refused {
                let what = What::NotReadable {
                    sample: text,
                    reason,
                };
                let help = help::not_readable(event, key);
                self.problems
                    .push(Problem::of(key, what, &event.place, help));
                continue;
            }
            let now = becomes(self.program, key, &sample.payload);
            let keys =
                |all: &[(Key, Value)]| all.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
            let differs = sample
                .becomes
                .iter()
                .zip(&now)
                .any(|((_, was), (_, is))| !holds(is, was));
            if keys(&sample.becomes) == keys(&now) && differs {
                let shown = |all: &[(Key, Value)]| {
                    let each = all
                        .iter()
                        .map(|(key, payload)| format!("{} {payload}", Named(key)));
                    each.collect::<Vec<_>>().join(" and ")
                };
                let what = What::BecomesOther {
                    sample: text,
                    was: shown(&sample.becomes),
                    is: shown(&now),
                };
                self.problems
                    .push(Problem::of(key, what, &event.place, help::becomes_other()));
            }
        }
    }

    /// That the layout is known, and that what is written is read again.
    fn learnt(&mut self, key: &Key, event: &Event) {
        if let (Some(Ok(learnt)), true) = (&event.learnt, event.is_today) {
            let written = learnt
                .samples
                .iter()
                .map(|sample| written(self.program, key, sample));
            let unread = written
                .filter_map(|written| Some((refusal(self.program, key, &written)?, written)));
            if let Some((reason, written)) = unread.into_iter().next() {
                let what = What::NotReadable {
                    sample: written.to_string(),
                    reason,
                };
                let help = help::not_read_again(&event.label);
                self.problems
                    .push(Problem::of(key, what, &event.place, help));
            }
        }
        if let Some(Err(Unlearnt { path, reason })) = &event.learnt {
            let what = What::NotLearnt {
                path: path.clone(),
                reason: reason.clone(),
            };
            let help = help::not_learnt(event);
            self.problems
                .push(Problem::of(key, what, &event.place, help));
        }
    }
}

/// Whether a value has everything that another one has.
fn holds(is: &Value, was: &Value) -> bool {
    match (is, was) {
        (Value::Object(is), Value::Object(was)) => was
            .iter()
            .all(|(name, was)| is.get(name).is_some_and(|is| holds(is, was))),
        (Value::Array(is), Value::Array(was)) => {
            is.len() == was.len() && is.iter().zip(was).all(|(is, was)| holds(is, was))
        }
        _ => is == was,
    }
}

/// Why one of those who read an event refuses a payload, if one does.
pub(crate) fn refusal(program: &Program, key: &Key, payload: &Value) -> Option<String> {
    let mut readers = program
        .readers
        .iter()
        .filter(|reader| reader.find(key).is_some());
    readers.find_map(|reader| contract::today(reader, key, payload).err())
}

/// A payload of today as it is written.
pub(crate) fn written(program: &Program, key: &Key, payload: &Value) -> Value {
    let written = becomes(program, key, payload).into_iter();
    let mut own = written.filter(|(written, _)| written == key);
    own.next()
        .map_or_else(|| payload.clone(), |(_, payload)| payload)
}

/// What a stored payload is today, to the reader who sees most of it; to the first of them, since who only reads it may know
/// less of its fields than the aggregate, which comes first.
pub(crate) fn becomes(program: &Program, key: &Key, payload: &Value) -> Vec<(Key, Value)> {
    let readers = program
        .readers
        .iter()
        .filter(|reader| reader.find(key).is_some());
    let seen = readers.filter_map(|reader| contract::today(reader, key, payload).ok());
    seen.rev().max_by_key(Vec::len).unwrap_or_default()
}

/// Whether a change can be taken into the lock although stored events suffer from it.
pub(crate) fn can_be_overwritten(problem: &Problem) -> bool {
    !matches!(
        problem.what,
        What::NotLearnt { .. } | What::NotKept { .. } | What::OneName(_)
    )
}
