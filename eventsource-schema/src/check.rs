//! A lock against today's program: what is wrong, what is new, and what the lock would be now.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use eventsource_core::reflect::FoldError;
use eventsource_core::{AggregateEntry, StoredEvent};
use serde_json::Value;

use crate::compare;
use crate::contract::{self, Event, Key, Program};
use crate::file::{File, Locked, Named, Reading, Sample};
use crate::help;
use crate::layout::Layout;
use crate::learn::Unlearnt;
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
            let not_read = reads.keys().filter(|(event, version)| {
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

    /// That what was applied still is.
    fn applied(&mut self, entry: &AggregateEntry, reads: &BTreeMap<Key, Reading>) {
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
            .keys()
            .filter_map(|key| Some((key.clone(), samples(key)?)));
        let folded = fold(entry, &samples.collect());
        for (key, reading) in reads {
            // What is not even read is said of the event.
            if let (Reading::Applied, Some(Err(NotApplied::Refused(reason)))) =
                (reading, folded.get(key))
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
    }

    fn event(&mut self, key: &Key, locked: &Locked) {
        let place = self.locked_at(locked);
        let Some(known) = self.program.known_as(key) else {
            if self.program.is_retired(&key.0) {
                return;
            }
            let is_known = |(name, _): &&Key| *name == key.0;
            let newest = self
                .program
                .events
                .iter()
                .filter(|(key, _)| is_known(key))
                .next_back();
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
            let changes = compare::compare(&locked.layout, &learnt.layout);
            changed = !changes.is_empty();
            for (number, (path, change)) in changes.into_iter().enumerate() {
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
            let help = help::not_learnt(&event.label);
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
fn refusal(program: &Program, key: &Key, payload: &Value) -> Option<String> {
    let mut readers = program
        .readers
        .iter()
        .filter(|reader| reader.set.find(&key.0, key.1).is_some());
    readers.find_map(|reader| contract::today(reader, key, payload).err())
}

/// A payload of today as it is written.
pub(crate) fn written(program: &Program, key: &Key, payload: &Value) -> Value {
    let written = becomes(program, key, payload).into_iter();
    let mut own = written.filter(|(written, _)| written == key);
    own.next()
        .map_or_else(|| payload.clone(), |(_, payload)| payload)
}

/// What a stored payload is today, to the reader who sees most of it.
fn becomes(program: &Program, key: &Key, payload: &Value) -> Vec<(Key, Value)> {
    let readers = program
        .readers
        .iter()
        .filter(|reader| reader.set.find(&key.0, key.1).is_some());
    let seen = readers.filter_map(|reader| contract::today(reader, key, payload).ok());
    seen.max_by_key(Vec::len).unwrap_or_default()
}

/// Has an aggregate apply each example: after those before it, or by itself.
fn fold(
    entry: &AggregateEntry,
    samples: &BTreeMap<Key, Vec<Value>>,
) -> BTreeMap<Key, Result<(), NotApplied>> {
    let set = entry.reflected_events();
    let order = |key: &Key| {
        let row = set.find(&key.0, key.1).map(|(row, _)| row.variant);
        (row.unwrap_or(u16::MAX), key.clone())
    };
    let mut keys: Vec<_> = samples.keys().collect();
    keys.sort_by_key(|key| order(key));
    let mut before: Vec<StoredEvent> = Vec::new();
    let mut folded = BTreeMap::new();
    for key in keys {
        let mut result = Ok(());
        for sample in &samples[key] {
            let at = before.len() as u64 + 1;
            before.push(contract::stored(&key.0, key.1, sample, at));
            if let Err(reason) = try_fold(entry, &before) {
                before.pop();
                let alone = contract::stored(&key.0, key.1, sample, 1);
                if try_fold(entry, &[alone]).is_err() {
                    result = Err(reason);
                }
            }
        }
        folded.insert(key.clone(), result);
    }
    folded
}

/// Why an example was not applied.
enum NotApplied {
    /// It was not even read.
    Unread,
    /// It was read.
    Refused(String),
}

fn try_fold(entry: &AggregateEntry, events: &[StoredEvent]) -> Result<(), NotApplied> {
    match catch_unwind(AssertUnwindSafe(|| entry.fold(events))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(FoldError::Decode(_))) => Err(NotApplied::Unread),
        Ok(Err(error)) => Err(NotApplied::Refused(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_default();
            Err(NotApplied::Refused(format!("it panicked: {text}")))
        }
    }
}

/// The lock as it is now: with everything that is read today, and what it has kept of what was stored before.
fn next(program: &Program, file: &File) -> File {
    let mut next = File::default();
    for (key, event) in &program.events {
        let locked = file.events.get(key);
        let learnt = event
            .learnt
            .as_ref()
            .and_then(|learnt| learnt.as_ref().ok());
        let layout = match (learnt, locked) {
            (Some(learnt), _) => learnt.layout.clone(),
            (None, Some(locked)) => locked.layout.clone(),
            (None, None) => Layout::default(),
        };
        let kept = locked
            .map(|locked| locked.samples.as_slice())
            .unwrap_or_default();
        let kept = kept.iter().map(|sample| sample.payload.clone());
        let new = learnt.into_iter().flat_map(|learnt| &learnt.samples);
        let new = new.map(|sample| match event.is_today {
            true => written(program, key, sample),
            false => sample.clone(),
        });
        let payloads = kept.chain(new);
        let entry = Locked {
            line: 0,
            layout,
            tags: event.tags.clone(),
            samples: samples(program, key, payloads, event.is_today),
        };
        next.events.insert(key.clone(), entry);
    }
    for (key, locked) in &file.events {
        let is_read = program.known_as(key).is_some() || program.is_retired(&key.0);
        if is_read && !next.events.contains_key(key) {
            let payloads = locked.samples.iter().map(|sample| sample.payload.clone());
            let entry = Locked {
                line: 0,
                samples: samples(program, key, payloads, false),
                ..locked.clone()
            };
            next.events.insert(key.clone(), entry);
        }
    }
    for entry in &program.aggregates {
        let set = entry.reflected_events();
        let known = next.events.iter().filter(|((name, version), _)| {
            set.find(name, *version).is_some() || set.retired.contains(&name.as_str())
        });
        let samples = known.map(|(key, locked)| {
            let payloads = locked.samples.iter().map(|sample| sample.payload.clone());
            (key.clone(), payloads.collect())
        });
        let reads = fold(entry, &samples.collect())
            .into_iter()
            .map(|(key, folded)| {
                let reading = match folded {
                    Ok(()) => Reading::Applied,
                    Err(_) => Reading::Read,
                };
                (key, reading)
            });
        next.aggregates
            .insert(entry.name.to_owned(), reads.collect());
    }
    next
}

/// The examples that can be read, each once, with what they become.
fn samples(
    program: &Program,
    key: &Key,
    payloads: impl Iterator<Item = Value>,
    is_today: bool,
) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for payload in payloads {
        let is_new = !samples.iter().any(|sample| sample.payload == payload);
        if is_new && refusal(program, key, &payload).is_none() {
            let becomes = match is_today {
                true => Vec::new(),
                false => becomes(program, key, &payload),
            };
            samples.push(Sample { payload, becomes });
        }
    }
    samples
}

/// What of `next` a lock does not have: in words, for a person who is to record it.
pub(crate) fn news(file: &File, next: &File) -> Vec<String> {
    let mut news = Vec::new();
    for name in next.aggregates.keys() {
        if !file.aggregates.contains_key(name) {
            news.push(format!("the aggregate `{name}` is new"));
        }
    }
    for (name, reads) in &file.aggregates {
        if let Some(next) = next.aggregates.get(name)
            && next != reads
        {
            news.push(format!(
                "the aggregate `{name}` reads or applies other events"
            ));
        }
    }
    for (key @ (name, version), entry) in &next.events {
        match file.events.get(key) {
            None => news.push(format!("`{name}` version {version} is new")),
            Some(locked) if locked.layout != entry.layout => {
                news.push(format!("`{name}` version {version} reads more than it did"));
            }
            Some(locked) if locked.tags != entry.tags => {
                news.push(format!("`{name}` version {version} has other tags"));
            }
            Some(locked) if locked.samples != entry.samples => {
                let payloads = |all: &[Sample]| {
                    all.iter()
                        .map(|sample| sample.payload.clone())
                        .collect::<Vec<_>>()
                };
                news.push(
                    match payloads(&locked.samples) == payloads(&entry.samples) {
                        true => format!("`{name}` version {version} becomes another version"),
                        false => format!("`{name}` version {version} has other examples"),
                    },
                );
            }
            Some(_) => {}
        }
    }
    let kept: BTreeSet<_> = next.events.keys().collect();
    let gone = file.events.keys().filter(|key| !kept.contains(key));
    news.extend(gone.map(|(name, version)| format!("`{name}` version {version} is gone")));
    news
}

/// Whether a change can be taken into the lock although stored events suffer from it.
pub(crate) fn can_be_overwritten(problem: &Problem) -> bool {
    !matches!(problem.what, What::NotLearnt { .. } | What::OneName(_))
}
