//! The catalogue: every event and command of a program, with who raises and who consumes it, for people and for tools.

mod asyncapi;
mod facts;
mod json_schema;
mod markdown;
mod mermaid;

use std::collections::BTreeMap;

use eventsource_core::message::Row;
use eventsource_core::{Declaration, Place, Registry, Shape};
use serde::Serialize;
use serde_json::{Value, json};

use crate::check;
use crate::contract::{self, Given, Program, label, learn_command};
use crate::layout::{Kind, Layout, Node};
use crate::learn::{Learnt, Unlearnt};
use crate::path::{Path, Step};

pub use facts::{AggregateFacts, ConsumerFacts, EarlierFacts, FieldFacts, MessageFacts};

/// Everything that a program says of its events and commands.
///
/// It is made from the registry, by [`discovered`](Self::discovered) or [`of`](Self::of); or, with the examples that a lock
/// was given, by [`Lock::catalogue`](crate::Lock::catalogue). With serde it is JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Catalogue {
    /// The aggregates.
    pub aggregates: Vec<AggregateFacts>,
    /// Who else reads events.
    pub consumers: Vec<ConsumerFacts>,
    /// The events, by their stored names.
    pub events: Vec<MessageFacts>,
    /// The commands, by their names.
    pub commands: Vec<MessageFacts>,
    /// The timers of processes.
    pub timers: Vec<MessageFacts>,
}

impl Catalogue {
    /// Of everything that has registered itself.
    #[must_use]
    pub fn discovered() -> Self {
        Self::of(&Registry::discovered())
    }

    /// Of what is listed here.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self::made(registry, &Given::default())
    }

    pub(crate) fn made(registry: &Registry, given: &Given) -> Self {
        let program = Program::of(registry, given);
        let names = |rows: &[Row]| {
            rows.iter()
                .map(|row| row.name.to_owned())
                .collect::<Vec<_>>()
        };
        let aggregates = registry.aggregates().iter().map(|entry| AggregateFacts {
            name: entry.name.to_owned(),
            type_name: label(entry.type_name),
            place: entry.place.to_string(),
            docs: entry.docs.to_owned(),
            commands: names(entry.commands),
            events: names(entry.events),
            retired: entry
                .reflected_events()
                .retired
                .iter()
                .map(|&name| name.to_owned())
                .collect(),
        });
        let consumers = registry.consumers().iter().map(|entry| ConsumerFacts {
            kind: entry.kind.to_owned(),
            name: match entry.name {
                "" => label(entry.type_name),
                name => name.to_owned(),
            },
            version: entry.version,
            type_name: label(entry.type_name),
            place: entry.place.to_string(),
            docs: entry.docs.to_owned(),
            events: entry.reads.rows().as_deref().map(names),
            commands: names(entry.sends),
            timers: names(entry.timers),
        });
        let mut catalogue = Self {
            aggregates: aggregates.collect(),
            consumers: consumers.collect(),
            events: Vec::new(),
            commands: Vec::new(),
            timers: timers(registry, &program),
        };
        catalogue.commands = commands(registry, &given.texts, &catalogue.consumers);
        catalogue.events = events(registry, &program, &catalogue.consumers);
        catalogue
    }

    /// The JSON Schema of every event and command, by its name.
    #[must_use]
    pub fn json_schemas(&self) -> BTreeMap<String, Value> {
        let messages = self.events.iter().chain(&self.commands);
        messages
            .map(|message| (message.name.clone(), message.schema.clone()))
            .collect()
    }

    /// All of it as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// All of it to be read, with a diagram of each aggregate.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }

    /// Commands, aggregates, events and who consumes them, as a flowchart of Mermaid. A process is drawn as the aggregate that
    /// it is, with the events that come to it, the commands that it sends and its timers.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::flowchart(self)
    }

    /// What comes to each aggregate, what it records and who learns of it, from top to bottom, as a sequence diagram of
    /// Mermaid: the events in the order in which the aggregate lists them. Commands come from whoever calls, and from the
    /// processes that send them.
    #[must_use]
    pub fn to_event_model(&self) -> String {
        mermaid::event_model(self)
    }

    /// A document of `AsyncAPI` 3.0: a channel for each aggregate's streams and one for its commands, an operation for
    /// everybody who sends or receives. A process sends commands; its timers are its own affair, and do not stand in it.
    #[must_use]
    pub fn to_asyncapi(&self, title: &str, version: &str) -> Value {
        asyncapi::document(self, title, version)
    }
}

fn commands(
    registry: &Registry,
    texts: &[String],
    consumers: &[ConsumerFacts],
) -> Vec<MessageFacts> {
    let mut commands: BTreeMap<_, MessageFacts> = BTreeMap::new();
    for entry in registry.aggregates() {
        let set = entry.reflected_commands();
        for row in set.rows {
            let facts = commands.entry((row.name, row.version)).or_insert_with(|| {
                let mut facts = message(row, row.declaration(), &learn_command(set, row, texts));
                let senders = consumers.iter();
                let senders = senders.filter(|consumer| consumer.commands.contains(&facts.name));
                facts.sent_by = senders.map(|process| process.name.clone()).collect();
                facts
            });
            facts.aggregates.push(entry.name.to_owned());
        }
    }
    commands.into_values().collect()
}

fn timers(registry: &Registry, program: &Program) -> Vec<MessageFacts> {
    let mut timers = Vec::new();
    for entry in registry.consumers() {
        for row in entry.timers {
            let key = (contract::timer(entry.name, row.name), row.version);
            let event = program.events.get(&key);
            let Some((event, learnt)) = event.and_then(|it| Some((it, it.learnt.as_ref()?))) else {
                continue;
            };
            let mut facts = message(row, event.declaration.clone(), learnt);
            facts.example = check::written(program, &key, &facts.example);
            facts.aggregates = vec![entry.name.to_owned()];
            timers.push(facts);
        }
    }
    timers
}

fn events(
    registry: &Registry,
    program: &Program,
    consumers: &[ConsumerFacts],
) -> Vec<MessageFacts> {
    let listed = registry
        .aggregates()
        .iter()
        .map(|entry| entry.events.to_vec());
    let read = registry
        .consumers()
        .iter()
        .filter_map(|entry| entry.reads.rows());
    let rows: Vec<Row> = listed.chain(read).flatten().collect();
    let mut events = BTreeMap::new();
    for row in &rows {
        let key = (row.name.to_owned(), row.version);
        let Some(event) = program.events.get(&key) else {
            continue;
        };
        let Some(learnt) = &event.learnt else {
            continue;
        };
        events.entry(key).or_insert_with(|| {
            let mut facts = message(row, event.declaration.clone(), learnt);
            facts.example =
                check::written(program, &(row.name.to_owned(), row.version), &facts.example);
            facts.earlier = row.shape.map(earlier).unwrap_or_default();
            let raises = registry
                .aggregates()
                .iter()
                .filter(|entry| lists(entry.events, row));
            facts.aggregates = raises.map(|entry| entry.name.to_owned()).collect();
            let reads = registry
                .consumers()
                .iter()
                .zip(consumers)
                .filter(|(entry, _)| entry.reads.rows().is_none_or(|events| lists(&events, row)));
            facts.consumers = reads.map(|(_, facts)| facts.name.clone()).collect();
            // Two versions of one stand side by side.
            facts.consumers.dedup();
            facts
        });
    }
    events.into_values().collect()
}

fn lists(events: &[Row], row: &Row) -> bool {
    events.iter().any(|own| own.name == row.name)
}

fn message(row: &Row, declaration: Declaration, learnt: &Result<Learnt, Unlearnt>) -> MessageFacts {
    let (fields, example, schema, not_learnt) = match learnt {
        Ok(Learnt { layout, samples }) => {
            let mut schema = json_schema::schema(layout, &declaration, "#");
            schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
            schema["title"] = row.name.into();
            let example = samples.first().cloned().unwrap_or_default();
            (fields(layout, &declaration), example, schema, None)
        }
        Err(Unlearnt { path, reason }) => (
            Vec::new(),
            Value::Null,
            json!(true),
            Some(format!("`{path}`: {reason}")),
        ),
    };
    let type_name = match (row.kind, row.shape) {
        ("event", None) => row.label.to_owned(),
        _ => label(row.type_name),
    };
    MessageFacts {
        name: row.name.to_owned(),
        version: row.version,
        type_name,
        place: place(row.place),
        docs: declaration.docs.clone(),
        fields,
        earlier: Vec::new(),
        aggregates: Vec::new(),
        consumers: Vec::new(),
        sent_by: Vec::new(),
        example: match example {
            // As it is stored.
            Value::Null => json!({}),
            example => example,
        },
        schema,
        not_learnt,
        learnt: learnt
            .as_ref()
            .ok()
            .map(|learnt| (learnt.layout.clone(), declaration)),
    }
}

fn place(place: Place) -> String {
    place.to_string()
}

/// The fields in the order of their declaration; those of which it does not know come last.
fn fields(layout: &Layout, declaration: &Declaration) -> Vec<FieldFacts> {
    let root = Path::default();
    let stored = layout
        .children(&root)
        .filter_map(|(step, node)| match step {
            Step::Field(name) => Some((name, node)),
            _ => None,
        });
    let mut fields: Vec<_> = stored
        .map(|(name, node)| {
            let declared = declaration.stored_as(name);
            let number = declaration
                .fields
                .iter()
                .position(|field| Some(field) == declared);
            let known = declared.cloned().unwrap_or_default();
            let facts = FieldFacts {
                name: name.clone(),
                type_name: known.type_name,
                stored_as: described(&root.then(Step::Field(name.clone())), node, layout),
                optional: node.absent,
                tags: known.tags,
                docs: known.docs,
            };
            (number.unwrap_or(usize::MAX), facts)
        })
        .collect();
    fields.sort_by_key(|(number, _)| *number);
    fields.into_iter().map(|(_, facts)| facts).collect()
}

/// A place in a few words.
fn described(at: &Path, node: &Node, layout: &Layout) -> String {
    let inner = |step: Step| {
        let at = at.then(step);
        layout
            .0
            .get(&at)
            .map_or_else(String::new, |node| described(&at, node, layout))
    };
    let text = match &node.kind {
        Kind::List => format!("list of {}", inner(Step::Item)),
        Kind::Map => format!("map of {}", inner(Step::Value)),
        Kind::Enum(_) => {
            let variants = layout.children(at).filter_map(|(step, _)| match step {
                Step::Variant(name) => Some(name.as_str()),
                _ => None,
            });
            variants.collect::<Vec<_>>().join(" | ")
        }
        kind => kind.to_string(),
    };
    match node.null {
        true => format!("{text}, or null"),
        false => text,
    }
}

fn earlier(shape: &'static Shape) -> Vec<EarlierFacts> {
    let mut earlier = Vec::new();
    shape.each(&mut |other| {
        if (other.name, other.version) != (shape.name, shape.version) {
            earlier.push(EarlierFacts {
                name: other.name.to_owned(),
                version: other.version,
                type_name: Some(label(other.type_name)),
            });
        }
        earlier.extend(other.upcasts.iter().rev().map(|step| EarlierFacts {
            name: other.name.to_owned(),
            version: step.version,
            type_name: None,
        }));
        earlier.extend(other.aliases.iter().map(|alias| EarlierFacts {
            name: (*alias).to_owned(),
            version: other.version,
            type_name: Some(label(other.type_name)),
        }));
    });
    earlier
}
