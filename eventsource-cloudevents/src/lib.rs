//! The events of a store for others: as JSON lines, and back ([`Export`], [`Import`]); and published as they are recorded
//! ([`Outbox`]).
//!
//! A line is one event of [CloudEvents 1.0](https://github.com/cloudevents/spec) in its JSON format, so that other
//! people's tools can read it, and theirs can be imported. What we have exported comes back byte for byte. What is published is
//! the same event: a [`CloudEvent`], in JSON or as attributes beside its data.
//!
//! # How an event is written
//!
//! | member | what it is |
//! |---|---|
//! | `specversion` | `1.0` |
//! | `id` | a UUID of what happened (stream, version, name, time, payload): the same in every export, and another one for another event that takes its place after a restore |
//! | `source` | the store, as a URI reference: `urn:eventsource:` and its id, unless [set](Export::source) |
//! | `type` | the stored name |
//! | `subject` | the stream's name |
//! | `time` | when it was recorded, in UTC with microseconds |
//! | `esrecordedmicros` | instead of `time`, outside the years 0001 to 9999, which RFC 3339 cannot say: microseconds since 1970 |
//! | `esposition` | the position in the store; to be read, as another store gives its own |
//! | `esversion` | the version in the stream |
//! | `esschema` | the version of the payload's shape |
//! | `esformat` | the codec that wrote the payload |
//! | `estags` | the tags, as a JSON array of strings; absent without tags |
//! | `esmetadata` | the metadata, which is JSON, as it is stored; absent if empty |
//! | `esmetadatabase64` | instead of it, where the bytes are no text or have control characters |
//! | `datacontenttype` | `application/json` for the format `json`, `application/octet-stream` for all others |
//! | `data` | the payload in JSON, byte for byte |
//! | `data_base64` | instead of it, for other formats, and for JSON with line breaks, space around it, or mistakes |
//!
//! Attributes that are numbers are strings of digits, as an `Integer` of CloudEvents has 32 bits. The order of the members
//! is that of the table, with `data` at the end. Names may have Unicode's 66 noncharacters here, which CloudEvents
//! does not allow in strings: they are written as they are.
//!
//! # How an event of somebody else is read
//!
//! An event without `esversion` was written by somebody else, and is read with these defaults:
//!
//! - its `subject` must name a stream, `category/id`, unless [`Parser::stream_of`] chooses the name;
//! - it must have a `time`, unless [`Parser::missing_time`] gives one; digits beyond microseconds are cut off;
//! - its schema is 1; its format is `json` where `datacontenttype` declares JSON or is absent, and else the media type
//!   without its parameters;
//! - `data` that is no JSON is stored as the text's bytes; no data at all as `{}` in JSON, and else as no bytes;
//! - `id`, `source`, `dataschema` and all extension attributes go to the own entries of its
//!   [`Metadata`](eventsource_core::Metadata), as `ce-id`, `ce-source` and so on.
//!
//! In an event of ours, attributes that somebody has added are left out.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod event;
mod export;
mod import;
mod outbox;
mod parse;
mod publish;
mod source;
mod time;

pub use event::CloudEvent;
pub use export::{Export, ExportError, Progress};
pub use import::{Import, ImportError, ImportProblem, Imported, Versions};
pub use outbox::Outbox;
pub use parse::{Attributes, BadLine, LineProblem, Parsed, Parser};
pub use publish::{Publish, PublishError};
