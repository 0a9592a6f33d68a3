//! The lock as it is to be: what is read today, and what was kept of what was stored before.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::check::{becomes, refusal, written};
use crate::contract::{Key, Program};
use crate::file::{File, Locked, Reading, Reads, Sample};
use crate::fold::fold;
use crate::kept;
use crate::layout::Layout;

/// The lock as it is now: with everything that is read today, and what it has kept of what was stored before.
pub(crate) fn next(program: &Program, file: &File) -> File {
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
        let folded = fold(entry, &samples.collect());
        let state = kept::state(entry, &folded.history);
        let events = folded.each.into_iter().map(|(key, folded)| {
            let reading = match folded {
                Ok(()) => Reading::Applied,
                Err(_) => Reading::Read,
            };
            (key, reading)
        });
        let events = events.collect();
        next.aggregates
            .insert(entry.name.to_owned(), Reads { events, state });
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
            news.push(match next.events == reads.events {
                true => format!("the state of `{name}` that the examples make"),
                false => format!("the aggregate `{name}` reads or applies other events"),
            });
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
