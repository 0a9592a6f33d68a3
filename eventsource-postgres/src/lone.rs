//! An append of one record as the plain values of a call.

use eventsource_core::{Check, Record, TagList, Uuid};
use tokio_postgres::types::Type;

use crate::checks::{Arms, NOTHING, expected};
use crate::request::Judged;
use crate::row;
use crate::session::Bound;

/// A request of one record, whose checks are at most one of its own stream and queries, as plain values.
pub(crate) struct Lone<'a> {
    stream: &'a str,
    expected: i64,
    arms: Arms<'a>,
    key: Option<Uuid>,
    digest: Option<Uuid>,
    name: &'a str,
    schema: Option<i64>,
    format: Option<&'a str>,
    recorded: i64,
    payload: &'a [u8],
    metadata: Option<&'a [u8]>,
    tags: Option<String>,
    /// Each tag once, where there are several.
    tag_texts: Option<Vec<&'a str>>,
    stamp: Option<Uuid>,
}

impl<'a> Lone<'a> {
    /// `None` for a request that is not so simple.
    pub(crate) fn of(append: &'a dyn Judged) -> Option<Self> {
        let [record] = append.records() else {
            return None;
        };
        let (mut stream_check, mut arms) = (None, Arms::default());
        for check in append.checks() {
            match check {
                Check::Stream(check)
                    if *check.stream() == record.stream && stream_check.is_none() =>
                {
                    stream_check = Some(expected(check));
                }
                Check::Stream(_) => return None,
                Check::NothingMatches { query, after } => {
                    arms.add(query, *after, 1);
                }
            }
        }
        let (event, key) = (&record.event, append.kept_key());
        let tags = tags(record);
        let mut tag_texts: Vec<&str> = Vec::with_capacity(event.tags.len());
        for tag in &event.tags {
            if !tag_texts.contains(&tag.as_str()) {
                tag_texts.push(tag.as_str());
            }
        }
        Some(Self {
            stream: record.stream.as_str(),
            expected: stream_check.unwrap_or(NOTHING),
            arms,
            key: key.map(|key| key.id),
            digest: key.map(|key| key.digest),
            name: &event.name,
            schema: row::schema(event),
            format: row::format(event),
            recorded: event.recorded_at.as_micros(),
            payload: &event.payload,
            metadata: metadata(record),
            tags,
            tag_texts: Some(tag_texts).filter(|texts| texts.len() > 1),
            stamp: append.stamp().map(|stamp| stamp.id),
        })
    }

    /// The values of `append_one_v2`, after the first five.
    pub(crate) fn bound(&self) -> Vec<Bound<'_>> {
        let mut bound: Vec<Bound<'_>> = Vec::with_capacity(19);
        bound.push((&self.stream, Type::TEXT));
        bound.push((&self.expected, Type::INT8));
        bound.extend(self.arms.bound_if_any());
        let rest: [Bound<'_>; 11] = [
            (&self.key, Type::UUID),
            (&self.digest, Type::UUID),
            (&self.name, Type::TEXT),
            (&self.schema, Type::INT8),
            (&self.format, Type::TEXT),
            (&self.recorded, Type::INT8),
            (&self.payload, Type::BYTEA),
            (&self.metadata, Type::BYTEA),
            (&self.tags, Type::TEXT),
            (&self.tag_texts, Type::TEXT_ARRAY),
            (&self.stamp, Type::UUID),
        ];
        bound.extend(rest);
        bound
    }
}

pub(crate) fn metadata(record: &Record) -> Option<&[u8]> {
    Some(&*record.event.metadata).filter(|metadata| !metadata.is_empty())
}

pub(crate) fn tags(record: &Record) -> Option<String> {
    (!record.event.tags.is_empty()).then(|| TagList::store(&record.event.tags))
}
