//! What a catalogue is made of.

use eventsource_core::Declaration;
use serde::Serialize;
use serde_json::Value;

use crate::layout::Layout;

/// An aggregate.
#[derive(Debug, Clone, Serialize)]
pub struct AggregateFacts {
    /// Its name, with which its streams begin.
    pub name: String,
    /// Its Rust type.
    pub type_name: String,
    /// Where it is defined: a file and a line.
    pub place: String,
    /// Its documentation.
    pub docs: String,
    /// The names of its commands, in its order.
    pub commands: Vec<String>,
    /// The stored names of its events, in its order.
    pub events: Vec<String>,
    /// The stored names of events that it has retired.
    pub retired: Vec<String>,
}

/// Somebody who reads events: a decision model, a projection, a reactor, a process.
#[derive(Debug, Clone, Serialize)]
pub struct ConsumerFacts {
    /// What it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version, if it keeps a checkpoint.
    pub version: Option<u32>,
    /// Its Rust type.
    pub type_name: String,
    /// Where it is defined: a file and a line.
    pub place: String,
    /// Its documentation.
    pub docs: String,
    /// The stored names of its events; `None` if it takes whatever comes.
    pub events: Option<Vec<String>>,
    /// The names of the commands that a process sends, as far as it takes their refusals: others are not known.
    pub commands: Vec<String>,
    /// The names of the timers of a process.
    pub timers: Vec<String>,
}

impl ConsumerFacts {
    /// Whether it reads the event of this stored name.
    #[must_use]
    pub fn reads(&self, event: &str) -> bool {
        let events = self.events.as_ref();
        events.is_none_or(|events| events.iter().any(|own| own == event))
    }

    /// Whether it is a process, and this is the aggregate of its own events.
    #[must_use]
    pub fn is_process_of(&self, aggregate: &AggregateFacts) -> bool {
        self.kind == "process" && self.name == aggregate.name
    }

    /// Its name, with its version if it is not the first one.
    #[must_use]
    pub fn title(&self) -> String {
        match self.version {
            Some(version @ 2..) => format!("{} {version}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// An event, a command or a timer.
#[derive(Debug, Clone, Serialize)]
pub struct MessageFacts {
    /// Its stored name; of a command, the name by which it is dispatched.
    pub name: String,
    /// Today's version.
    pub version: u32,
    /// Its Rust type.
    pub type_name: String,
    /// Where it is defined: a file and a line.
    pub place: String,
    /// Its documentation.
    pub docs: String,
    /// Its fields, by the names under which they are stored.
    pub fields: Vec<FieldFacts>,
    /// What becomes it, from the newest.
    pub earlier: Vec<EarlierFacts>,
    /// The aggregates that raise the event, or handle the command; the process that sets the timer and takes it.
    pub aggregates: Vec<String>,
    /// Who else reads the event.
    pub consumers: Vec<String>,
    /// The processes that send the command, as far as they take its refusals.
    pub sent_by: Vec<String>,
    /// An example.
    pub example: Value,
    /// Its JSON Schema; a schema that accepts everything, if its layout could not be learnt.
    pub schema: Value,
    /// Why its layout could not be learnt, if so.
    pub not_learnt: Option<String>,
    #[serde(skip)]
    pub(super) learnt: Option<(Layout, Declaration)>,
}

/// A field of an event or a command.
#[derive(Debug, Clone, Serialize)]
pub struct FieldFacts {
    /// The name under which it is stored.
    pub name: String,
    /// Its Rust type, as it is written; empty if that is not known.
    pub type_name: String,
    /// What is stored.
    pub stored_as: String,
    /// Whether it may be absent.
    pub optional: bool,
    /// The tags that it is.
    pub tags: Vec<String>,
    /// Its documentation.
    pub docs: String,
}

/// A version of an event that becomes today's.
#[derive(Debug, Clone, Serialize)]
pub struct EarlierFacts {
    /// The stored name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// Its Rust type; `None` if it becomes the next one as JSON.
    pub type_name: Option<String>,
}
