//! What today's program says of its events: every name and version that it reads, who reads it, and its layout.

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
    pub(crate) set: Reflected,
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
        let aggregates = registry.aggregates().iter().map(|entry| Reader {
            set: entry.reflected_events(),
        });
        let consumers = registry.consumers().iter().filter_map(|entry| {
            Some(Reader {
                set: entry.reflected()?,
            })
        });
        let readers: Vec<_> = aggregates.chain(consumers).collect();
        let mut events = BTreeMap::new();
        for reader in &readers {
            for row in reader.set.rows {
                add_row(&mut events, reader.set, row, given);
            }
        }
        Self {
            aggregates: registry.aggregates().to_vec(),
            readers,
            events,
        }
    }

    /// The name and version by which the program knows what is stored under these: others, if the event was renamed.
    pub(crate) fn known_as(&self, (name, version): &Key) -> Option<Key> {
        self.readers.iter().find_map(|reader| {
            let (row, former) = reader.set.find(name, *version)?;
            Some(match former {
                None => (row.name.to_owned(), row.version),
                Some(Former { name, version }) => (name.to_owned(), version),
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

fn add_row(events: &mut BTreeMap<Key, Event>, set: Reflected, row: &'static Row, given: &Given) {
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
        let key = (shape.name.to_owned(), shape.version);
        let former = (number > 0).then_some(Former {
            name: shape.name,
            version: shape.version,
        });
        for step in shape.upcasts {
            let key = (shape.name.to_owned(), step.version);
            events.entry(key).or_insert_with(|| Event {
                learnt: None,
                is_today: false,
                declaration: Declaration::default(),
                ..facts(row, &shape)
            });
        }
        events.entry(key.clone()).or_insert_with(|| {
            let facts = facts(row, &shape);
            Event {
                is_today: former.is_none(),
                learnt: Some(learn(set, row, former, &key, &facts.declaration, given)),
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
    let own_label = match row.shape {
        Some(_) => label(shape.type_name),
        None => row.label.to_owned(),
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
    let is_own = |(key, _): &&(Key, Value)| (&key.0, key.1) == (name, *version);
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
    let stored = stored(&key.0, key.1, payload, 1);
    let event: EventRef<'_> = stored.as_ref();
    let written = reader
        .set
        .today(&event)
        .map_err(|error| error.to_string())?;
    let parsed = written.into_iter().map(|encoded| {
        let payload =
            serde_json::from_slice(&encoded.payload).map_err(|error| error.to_string())?;
        Ok(((encoded.name.to_owned(), encoded.version), payload))
    });
    parsed.collect()
}
