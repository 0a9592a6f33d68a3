//! A stored event as an event of CloudEvents: the mapping from our side, attribute by attribute and as JSON.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eventsource_core::{EventRef, Json, Uuid};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::time::has_four_digits;

/// The names of our extension attributes, as they are written and read.
pub(crate) mod names {
    pub(crate) const VERSION: &str = "esversion";
    pub(crate) const POSITION: &str = "esposition";
    pub(crate) const SCHEMA: &str = "esschema";
    pub(crate) const FORMAT: &str = "esformat";
    pub(crate) const TAGS: &str = "estags";
    pub(crate) const METADATA: &str = "esmetadata";
    pub(crate) const METADATA_BASE64: &str = "esmetadatabase64";
    pub(crate) const MICROS: &str = "esrecordedmicros";
}

pub(crate) const SPEC_VERSION: &str = "1.0";
pub(crate) const JSON_TYPE: &str = "application/json";
const BINARY_TYPE: &str = "application/octet-stream";

/// The members that are the data, and no attributes.
pub(crate) const DATA: &str = "data";
pub(crate) const DATA_BASE64: &str = "data_base64";

/// The namespace under which ids are hashed; changing it would give every event another id.
const IDS: Uuid = Uuid::from_u128(0x2f1c_8d8a_4f0e_4b43_a8c6_90d4_33a7_5be1);

/// A stored event as an event of `CloudEvents`: what it says of itself, and its data. See the [table](crate#how-an-event-is-written).
///
/// ```
/// use eventsource_cloudevents::CloudEvent;
/// # use eventsource_core::{Append, LogScan, MemoryStore, NewEvent, Store, StreamName, Timestamp};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = MemoryStore::new();
/// # let event = NewEvent { name: "account.opened".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
/// #     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![] };
/// # store.append(std::sync::Arc::new(Append::to(StreamName::parse("account/1")?).event(event))).await?;
/// let stored = store.read_all(LogScan::default()).await?;
/// let event = CloudEvent::new("urn:bank", stored[0].as_ref());
/// let attributes = event.attributes();
/// assert!(attributes.iter().any(|(name, value)| (*name, &**value) == ("subject", "account/1")));
/// assert_eq!(event.data(), b"{}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CloudEvent<'e> {
    source: &'e str,
    event: EventRef<'e>,
}

impl<'e> CloudEvent<'e> {
    /// The event, of this source: a URI reference for the store, the same for ever.
    #[must_use]
    pub fn new(source: &'e str, event: EventRef<'e>) -> Self {
        Self { source, event }
    }

    /// What happened, told from everything else of this source: the same however often it is told, also after the store has
    /// moved, and another one for another event that takes its position after a restore.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let EventRef {
            stream,
            version,
            name,
            payload,
            recorded_at,
            ..
        } = &self.event;
        let micros = recorded_at.as_micros();
        // Names have no line breaks.
        let mut what = format!("{stream}\n{version}\n{name}\n{micros}\n").into_bytes();
        what.extend_from_slice(payload);
        Uuid::new_v5(&IDS, &what)
    }

    /// Where it comes from. With the id it names the event in all the world.
    #[must_use]
    pub fn source(&self) -> &'e str {
        self.source
    }

    /// The event as it is stored.
    #[must_use]
    pub fn stored(&self) -> &EventRef<'e> {
        &self.event
    }

    /// All attributes, in the order of the table: each goes with the data where the data stands alone.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, Cow<'e, str>)> {
        let EventRef {
            name,
            format,
            metadata,
            recorded_at,
            tags,
            ..
        } = self.event;
        // An `Integer` of CloudEvents has 32 bits, so our numbers are written as strings.
        let mut attributes: Vec<(&'static str, Cow<'e, str>)> = vec![
            ("specversion", SPEC_VERSION.into()),
            ("id", self.id().to_string().into()),
            ("source", self.source.into()),
            ("type", name.into()),
            ("subject", self.event.stream.as_str().into()),
        ];
        attributes.push(match has_four_digits(recorded_at) {
            true => ("time", recorded_at.to_string().into()),
            false => (names::MICROS, recorded_at.as_micros().to_string().into()),
        });
        attributes.push((names::POSITION, self.event.position.to_string().into()));
        attributes.push((names::VERSION, self.event.version.to_string().into()));
        attributes.push((names::SCHEMA, self.event.schema.to_string().into()));
        attributes.push((names::FORMAT, format.into()));
        if !tags.is_empty() {
            let tags: Value = tags.iter().collect();
            attributes.push((names::TAGS, tags.to_string().into()));
        }
        match attribute(metadata) {
            Some("") => {}
            Some(text) => attributes.push((names::METADATA, text.into())),
            None => attributes.push((names::METADATA_BASE64, STANDARD.encode(metadata).into())),
        }
        attributes.push(("datacontenttype", self.content_type().into()));
        attributes
    }

    /// The data: the payload as it is stored.
    #[must_use]
    pub fn data(&self) -> &'e [u8] {
        self.event.payload
    }

    /// All of it in the JSON format: one line, without its end.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    fn content_type(&self) -> &'static str {
        match self.event.format == Json::FORMAT {
            true => JSON_TYPE,
            false => BINARY_TYPE,
        }
    }
}

impl Serialize for CloudEvent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, value) in self.attributes() {
            members.serialize_entry(name, &value)?;
        }
        let is_json = self.event.format == Json::FORMAT;
        match is_json.then(|| raw(self.data())).flatten() {
            Some(data) => members.serialize_entry(DATA, data)?,
            None => members.serialize_entry(DATA_BASE64, &STANDARD.encode(self.data()))?,
        }
        members.end()
    }
}

/// A payload that can stand in a line byte for byte: JSON without a line break, or space around it.
fn raw(payload: &[u8]) -> Option<&RawValue> {
    if payload.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return None;
    }
    let raw: &RawValue = serde_json::from_slice(payload).ok()?;
    (raw.get().as_bytes() == payload).then_some(raw)
}

/// Bytes that can be an attribute: text without control characters.
fn attribute(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}
