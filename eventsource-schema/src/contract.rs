//! What today's program says of its events: every name and version that it reads, who reads it, and its layout. The timers of
//! processes are stored events as well.

use std::collections::{BTreeMap, BTreeSet};

use eventsource_core::message::Row;
use eventsource_core::reflect::Reflected;
use eventsource_core::{
    AggregateEntry, Declaration, EventRef, Former, Place, Position, Registry, Shape, StoredEvent,
    StreamName, Timestamp, Version,
};
use serde_json::Value;

use crate::learn::{self, Hints, Learnt, Unlearnt};

/// A stored name and version.
pub(crate) type Key = (String, u32);

/// Today's program.
pub(crate) struct Program {
    pub(crate) aggregates: Vec<AggregateEntry>,
    /// Everybody who reads events.
    pub(crate) readers: Vec<Reader>,
    pub(crate) events: BTreeMap<Key, Event>,
}

/// Somebody who reads events.
pub(crate) struct Reader {
    set: Reflected,
    /// The process, if what it reads is a timer of one.
    timer_of: Option<&'static str>,
}

impl Reader {
    fn of_events(set: Reflected) -> Self {
        let timer_of = None;
        Self { set, timer_of }
    }

    fn of_timer(set: Reflected, process: &'static str) -> Self {
        let timer_of = Some(process);
        Self { set, timer_of }
    }

    /// What becomes of a stored name and version, if it reads that.
    pub(crate) fn find(&self, (name, version): &Key) -> Option<(&'static Row, Option<Former>)> {
        self.set.find(self.own_name(name)?, *version)
    }

    /// By which name its set knows a stored one.
    fn own_name<'k>(&self, stored: &'k str) -> Option<&'k str> {
        match self.timer_of {
            None => Some(stored),
            Some(process) => timer_called(stored)
                .filter(|(of, _)| *of == process)
                .map(|(_, timer)| timer),
        }
    }

    /// The stored name, and the version, of what its set knows by this name.
    fn key(&self, own_name: &str, version: u32) -> Key {
        let stored = match self.timer_of {
            None => own_name.to_owned(),
            Some(process) => timer(process, own_name),
        };
        (stored, version)
    }
}

/// A timer as a lock calls it: by the event that is stored when it is due, and by its own name, which other processes may
/// have given as well.
pub(crate) fn timer(process: &str, name: &str) -> String {
    format!("${process}.due/{name}")
}

/// The process and the timer, if a stored name is that of a timer.
pub(crate) fn timer_called(stored: &str) -> Option<(&str, &str)> {
    stored.strip_prefix('$')?.split_once(".due/")
}

/// A version of an event, of today or before.
pub(crate) struct Event {
    /// The Rust name of its type, without its path.
    pub(crate) label: String,
    pub(crate) place: Place,
    pub(crate) declaration: Declaration,
    pub(crate) tags: BTreeSet<String>,
    /// It is written today.
    pub(crate) is_today: bool,
    pub(crate) is_timer: bool,
    /// The other names under which it was stored.
    pub(crate) aliases: Vec<String>,
    /// The types that become it.
    pub(crate) before: Vec<String>,
    /// The type that it becomes.
    pub(crate) into: Option<String>,
    /// `None` of a version that has no type, since it becomes the next one as JSON.
    pub(crate) learnt: Option<Result<Learnt, Unlearnt>>,
}

/// What the user gave to learn from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) samples: Vec<(Key, Value)>,
    pub(crate) texts: Vec<String>,
}

impl Program {
    pub(crate) fn of(registry: &Registry, given: &Given) -> Self {
        let aggregates = registry.aggregates().iter();
        let aggregates = aggregates.map(|entry| Reader::of_events(entry.reflected_events()));
        let consumers = registry.consumers().iter().flat_map(|entry| {
            let events = entry.reflected().into_iter().map(Reader::of_events);
            let timers = entry.reflected_timers().into_iter();
            events.chain(timers.map(|set| Reader::of_timer(set, entry.name)))
        });
        let readers: Vec<_> = aggregates.chain(consumers).collect();
        let mut events = BTreeMap::new();
        for reader in &readers {
            for row in reader.set.rows {
                add_row(&mut events, reader, row, given);
            }
        }
        Self {
            aggregates: registry.aggregates().to_vec(),
            readers,
            events,
        }
    }

    /// The name and version by which the program knows what is stored under these: others, if the event was renamed.
    pub(crate) fn known_as(&self, key: &Key) -> Option<Key> {
        self.readers.iter().find_map(|reader| {
            let (row, former) = reader.find(key)?;
            Some(match former {
                None => reader.key(row.name, row.version),
                Some(Former { name, version }) => reader.key(name, version),
            })
        })
    }

    /// Whether somebody has retired an event.
    pub(crate) fn is_retired(&self, name: &str) -> bool {
        self.readers
            .iter()
            .any(|reader| reader.set.retired.contains(&name))
    }
}

fn add_row(events: &mut BTreeMap<Key, Event>, reader: &Reader, row: &'static Row, given: &Given) {
    let own_shape = Shape {
        name: row.name,
        version: row.version,
        type_name: row.type_name,
        place: row.place,
        source: row.source,
        tags: &[],
        aliases: &[],
        since: 1,
        before: &[],
        upcasts: &[],
        into: &[],
    };
    let shape = row.shape.unwrap_or(&own_shape);
    let mut shapes = Vec::new();
    shape.each(&mut |shape| shapes.push(*shape));
    for (number, shape) in shapes.into_iter().enumerate() {
        let former = (number > 0).then_some(Former {
            name: shape.name,
            version: shape.version,
        });
        for step in shape.upcasts {
            let key = reader.key(shape.name, step.version);
            events.entry(key).or_insert_with(|| Event {
                learnt: None,
                is_today: false,
                declaration: Declaration::default(),
                ..facts(row, &shape)
            });
        }
        let key = reader.key(shape.name, shape.version);
        events.entry(key).or_insert_with(|| {
            let facts = facts(row, &shape);
            let own = (shape.name.to_owned(), shape.version);
            let learnt = learn(reader.set, row, former, &own, &facts.declaration, given);
            Event {
                is_today: former.is_none(),
                learnt: Some(learnt),
                ..facts
            }
        });
    }
}

fn facts(row: &Row, shape: &Shape) -> Event {
    let declaration = Declaration::parse(shape.source);
    let declared = declaration
        .fields
        .iter()
        .flat_map(|field| field.tags.iter().cloned());
    let tags = shape
        .tags
        .iter()
        .map(|&tag| tag.to_owned())
        .chain(declared)
        .collect();
    let is_timer = row.kind == "timer";
    let own_label = match row.shape.is_some() || is_timer {
        true => label(shape.type_name),
        false => row.label.to_owned(),
    };
    Event {
        label: own_label,
        place: shape.place,
        tags,
        aliases: shape
            .aliases
            .iter()
            .map(|&alias| alias.to_owned())
            .collect(),
        declaration,
        is_today: false,
        is_timer,
        before: shape
            .before
            .iter()
            .map(|before| label(before.type_name))
            .collect(),
        into: shape.into.first().map(|next| next.label.to_owned()),
        learnt: None,
    }
}

/// The name of a type without its path.
pub(crate) fn label(type_name: fn() -> &'static str) -> String {
    let type_name = type_name();
    type_name
        .rsplit("::")
        .next()
        .unwrap_or(type_name)
        .to_owned()
}

fn learn(
    set: Reflected,
    row: &'static Row,
    former: Option<Former>,
    (name, version): &Key,
    declaration: &Declaration,
    given: &Given,
) -> Result<Learnt, Unlearnt> {
    let read = |from: &mut dyn erased_serde::Deserializer<'_>| set.read(row, former, from);
    let rewrite = |payload: &Value| {
        let stored = stored(name, *version, payload, 1);
        let written = set.today(&stored.as_ref()).ok()?.pop()?;
        serde_json::from_slice(&written.payload).ok()
    };
    // Examples are given of events alone.
    let is_event = row.kind == "event";
    let is_own = |(key, _): &&(Key, Value)| is_event && (&key.0, key.1) == (name, *version);
    let samples = given.samples.iter().filter(is_own);
    let fields = declaration.fields.iter().map(|field| {
        let renamed = field.renamed.as_ref();
        renamed.unwrap_or(&field.name).clone()
    });
    learn::learn(
        &read,
        Hints {
            given: samples.map(|(_, sample)| sample.clone()).collect(),
            tried: given.texts.clone(),
            fields: fields.collect(),
            rewrite: former.is_none().then_some(&rewrite),
        },
    )
}

/// Learns the layout of a command.
pub(crate) fn learn_command(
    set: Reflected,
    row: &'static Row,
    texts: &[String],
) -> Result<Learnt, Unlearnt> {
    let given = Given {
        samples: Vec::new(),
        texts: texts.to_vec(),
    };
    let key = (row.name.to_owned(), row.version);
    learn(set, row, None, &key, &row.declaration(), &given)
}

/// A payload as it is stored, at a version of its stream.
pub(crate) fn stored(name: &str, schema: u32, payload: &Value, version: u64) -> StoredEvent {
    let stream = StreamName::parse("sample/1").unwrap_or_else(|error| unreachable!("{error}"));
    StoredEvent {
        position: Position(version),
        stream,
        version: Version(version),
        name: name.into(),
        schema,
        format: eventsource_core::Json::FORMAT.into(),
        payload: payload.to_string().into_bytes().into(),
        metadata: Box::default(),
        recorded_at: Timestamp::default(),
        tags: "".into(),
    }
}

/// What a stored payload is to a reader: names, versions and payloads of today.
pub(crate) fn today(
    reader: &Reader,
    key: &Key,
    payload: &Value,
) -> Result<Vec<(Key, Value)>, String> {
    let own_name = reader.own_name(&key.0).unwrap_or(&key.0);
    let stored = stored(own_name, key.1, payload, 1);
    let event: EventRef<'_> = stored.as_ref();
    let written = reader
        .set
        .today(&event)
        .map_err(|error| error.to_string())?;
    let parsed = written.into_iter().map(|encoded| {
        let payload =
            serde_json::from_slice(&encoded.payload).map_err(|error| error.to_string())?;
        Ok((reader.key(encoded.name, encoded.version), payload))
    });
    parsed.collect()
}
