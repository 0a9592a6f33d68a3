//! The usual steps of a migration. What is not here is a closure from a [`Record`] to the records in its place.
//!
//! ```
//! use eventsource_core::{MemoryStore, Record};
//! use eventsource_migrate::{Migration, StepError, steps};
//!
//! let (old, new) = (MemoryStore::new(), MemoryStore::new());
//! let migration = Migration::new(&old, &new)
//!     .then(steps::rename_category("account", "bank-account"))
//!     .then(steps::leave_out(["account.looked-at"]))
//!     .then(|mut record: Record| -> Result<_, StepError> {
//!         record.event.schema += 1;
//!         Ok([record])
//!     });
//! # let _ = migration;
//! ```

use eventsource_core::{Json, Record, StreamName, Tag};
use serde_json::Value;

use crate::error::StepError;

/// What a step makes of a record.
type Made = Result<Vec<Record>, StepError>;

/// Gives the events of one name another one.
pub fn rename(from: &str, to: &str) -> impl Fn(Record) -> Made + Send + Sync + use<> {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |mut record| {
        if record.event.name == from {
            record.event.name = to.clone().into();
        }
        Ok(vec![record])
    }
}

/// Gives the streams of one category, which is an aggregate's name, another one.
pub fn rename_category(from: &str, to: &str) -> impl Fn(Record) -> Made + Send + Sync + use<> {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |mut record| {
        if record.stream.category() == from {
            record.stream = StreamName::parse(&format!("{to}/{}", record.stream.id()))?;
        }
        Ok(vec![record])
    }
}

/// Leaves the events of some names out. The versions of those that follow in their streams shrink.
pub fn leave_out<N: Into<String>>(
    names: impl IntoIterator<Item = N>,
) -> impl Fn(Record) -> Made + Send + Sync {
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    move |record| match names.iter().any(|name| record.event.name == *name) {
        true => Ok(Vec::new()),
        false => Ok(vec![record]),
    }
}

/// Changes the payload of the events of one name, which must be JSON: blackens what nobody may read any more, or brings
/// it into another shape.
pub fn redact(
    name: &str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> impl Fn(Record) -> Made + Send + Sync {
    let name = name.to_owned();
    move |mut record| {
        if record.event.name == name {
            if record.event.format != Json::FORMAT {
                let format = record.event.format.escape_debug();
                return Err(format!("its format is `{format}`, and JSON is needed").into());
            }
            let mut payload = serde_json::from_slice(&record.event.payload)?;
            change(&mut payload);
            record.event.payload = serde_json::to_vec(&payload)?;
        }
        Ok(vec![record])
    }
}

/// Gives every event new tags, in place of those that it has.
pub fn retag(
    tags: impl Fn(&Record) -> Vec<Tag> + Send + Sync + 'static,
) -> impl Fn(Record) -> Made + Send + Sync {
    move |mut record| {
        record.event.tags = tags(&record);
        Ok(vec![record])
    }
}

/// Puts several events in the place of each of one name.
pub fn split<R: IntoIterator<Item = Record>>(
    name: &str,
    parts: impl Fn(Record) -> Result<R, StepError> + Send + Sync + 'static,
) -> impl Fn(Record) -> Made + Send + Sync {
    let name = name.to_owned();
    move |record| match record.event.name == name {
        true => Ok(parts(record)?.into_iter().collect()),
        false => Ok(vec![record]),
    }
}
