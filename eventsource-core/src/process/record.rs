//! What is written in the journal of a process: its steps, what was refused to it, and its timers when they are due. In JSON,
//! whatever codec its events are written with, since the commands in it are.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::codec::{Codec as _, CodecError, Json};
use crate::environment::time::Timestamp;
use crate::message::Storable;
use crate::store::append::NewEvent;
use crate::store::stored_event::EventRef;

/// One step: what was taken, and what came of it beside events.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) took: Took,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) commands: Vec<Ordered>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) timers: Vec<Alarm>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ends: bool,
}

/// Which input was taken: a stored event, or a part of one that was split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Took {
    pub(crate) stream: String,
    pub(crate) version: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) part: u16,
    /// Where it stands, and in which store: a copy of the events elsewhere has other positions.
    pub(crate) position: u64,
    pub(crate) store: Uuid,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(part: &u16) -> bool {
    *part == 0
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stream,
            version,
            part,
            ..
        } = self;
        match part {
            0 => write!(f, "{stream}@{version}"),
            part => write!(f, "{stream}@{version}+{part}"),
        }
    }
}

/// A command and whom it is for, as a dispatcher takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ordered {
    pub(crate) aggregate: String,
    pub(crate) id: String,
    pub(crate) command: Box<RawValue>,
}

/// A timer, and when it is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Alarm {
    pub(crate) timer: String,
    pub(crate) at: Timestamp,
    pub(crate) payload: Box<RawValue>,
}

/// A command that was refused, and why.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refusal {
    #[serde(flatten)]
    pub(crate) of: Caused,
    pub(crate) command: Ordered,
    pub(crate) reason: String,
}

/// A timer that is due.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Due {
    #[serde(flatten)]
    pub(crate) of: Caused,
    pub(crate) alarm: Alarm,
}

/// Which command or timer of which step it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Caused {
    /// The version of the step in the journal.
    pub(crate) step: u64,
    /// Its place in the step, from 0.
    pub(crate) index: u32,
}

/// A record as it is appended.
pub(crate) fn written(
    name: String,
    record: &impl Serialize,
    metadata: Arc<[u8]>,
    now: Timestamp,
) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent {
        name: name.into(),
        schema: 1,
        format: Json::FORMAT.into(),
        payload: serde_json::to_vec(record)?,
        metadata,
        recorded_at: now,
        tags: Vec::new(),
    })
}

/// A record that was written by a newer version of the software, or is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the record {version} of the journal `{stream}` (`{}`) cannot be read: {reason}", .name.escape_debug())]
pub(crate) struct Unreadable {
    pub(crate) stream: String,
    pub(crate) version: u64,
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// Reads a record.
pub(crate) fn read<'e, R: Deserialize<'e>>(event: &EventRef<'e>) -> Result<R, Unreadable> {
    let reason = match event.schema {
        1 => match serde_json::from_slice(event.payload) {
            Ok(record) => return Ok(record),
            Err(error) => error.to_string(),
        },
        newer => format!("it is of version {newer}, and version 1 is known"),
    };
    Err(Unreadable {
        stream: event.stream.to_string(),
        version: event.version.0,
        name: event.name.into(),
        reason,
    })
}

/// What is in a payload of a command or of a timer.
pub(crate) fn message<M: Storable>(payload: &RawValue) -> Result<M, CodecError> {
    Json.decode(Json::FORMAT, payload.get().as_bytes())
}

/// A payload as JSON, as it stands in a record.
pub(crate) fn raw(payload: &impl Serialize) -> Result<Box<RawValue>, CodecError> {
    let mut json = Vec::with_capacity(64);
    Json.encode(payload, &mut json)?;
    let json = String::from_utf8(json).map_err(CodecError::new)?;
    RawValue::from_string(json).map_err(CodecError::new)
}
