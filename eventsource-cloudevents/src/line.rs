//! A stored event as one line: the mapping to CloudEvents, from our side.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eventsource_core::{EventRef, Json, Uuid};
use serde::Serialize;
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

/// The namespace under which ids are hashed; changing it would give every event another id.
const IDS: Uuid = Uuid::from_u128(0x2f1c_8d8a_4f0e_4b43_a8c6_90d4_33a7_5be1);

/// The members of a line, in their order.
///
/// An `Integer` of CloudEvents has 32 bits, so our numbers are written as strings.
#[derive(Serialize)]
struct Line<'a> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    r#type: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(rename = "esrecordedmicros", skip_serializing_if = "Option::is_none")]
    micros: Option<String>,
    #[serde(rename = "esposition")]
    position: String,
    #[serde(rename = "esversion")]
    version: String,
    #[serde(rename = "esschema")]
    schema: String,
    #[serde(rename = "esformat")]
    format: &'a str,
    #[serde(rename = "estags", skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
    #[serde(rename = "esmetadata", skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a str>,
    #[serde(rename = "esmetadatabase64", skip_serializing_if = "Option::is_none")]
    metadata_base64: Option<String>,
    datacontenttype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

/// Writes an event as one line, without its end.
pub(crate) fn write(source: &str, event: &EventRef<'_>) -> Result<String, serde_json::Error> {
    let in_rfc3339 = has_four_digits(event.recorded_at);
    let is_json = event.format == Json::FORMAT;
    let data = is_json.then(|| raw(event.payload)).flatten();
    let metadata = attribute(event.metadata);
    let encode = |bytes: &[u8]| STANDARD.encode(bytes);
    serde_json::to_string(&Line {
        specversion: SPEC_VERSION,
        id: id(event).to_string(),
        source,
        r#type: event.name,
        subject: event.stream.as_str(),
        time: in_rfc3339.then(|| event.recorded_at.to_string()),
        micros: (!in_rfc3339).then(|| event.recorded_at.as_micros().to_string()),
        position: event.position.to_string(),
        version: event.version.to_string(),
        schema: event.schema.to_string(),
        format: event.format,
        tags: match event.tags.is_empty() {
            true => None,
            false => Some(serde_json::to_string(
                &event.tags.iter().collect::<Vec<_>>(),
            )?),
        },
        metadata: metadata.filter(|text| !text.is_empty()),
        metadata_base64: metadata.is_none().then(|| encode(event.metadata)),
        datacontenttype: if is_json { JSON_TYPE } else { BINARY_TYPE },
        data,
        data_base64: data.is_none().then(|| encode(event.payload)),
    })
}

/// An id of what happened: the same however often it is exported, also after the store has moved, and another one for
/// another event that takes its position after a restore.
fn id(event: &EventRef<'_>) -> Uuid {
    let EventRef {
        stream,
        version,
        name,
        payload,
        ..
    } = event;
    let micros = event.recorded_at.as_micros();
    // Names have no line breaks.
    let mut what = format!("{stream}\n{version}\n{name}\n{micros}\n").into_bytes();
    what.extend_from_slice(payload);
    Uuid::new_v5(&IDS, &what)
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
