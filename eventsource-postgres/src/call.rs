//! Many appends as the arrays of one call, and the answer as a verdict on each.

use std::collections::HashMap;

use eventsource_core::{
    Check, Placed, Position, Query, Record, StreamCheck, TagList, Uuid, Version,
};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use crate::request::{Judged, Verdict};
use crate::session::Bound;

/// What is expected of a stream: nothing, that it has an event, or a version.
const NOTHING: i64 = -2;
const EXISTS: i64 = -1;

/// A part of a query that must match nothing: with a tag, of a name, or any event.
#[derive(Debug, Default)]
pub(crate) struct Arms<'a> {
    tags: Vec<&'a str>,
    /// The names, each between line breaks; for an arm without a tag its one name.
    names: Vec<String>,
    more: Vec<String>,
    afters: Vec<i64>,
    requests: Vec<i32>,
    /// The largest position that a check is about.
    latest: i64,
}

impl<'a> Arms<'a> {
    /// Adds the parts of a query, and says how many they are.
    fn add(&mut self, query: &'a Query, after: Position, request: i32) -> usize {
        let before = self.tags.len();
        let after = number(after.0);
        self.latest = self.latest.max(after);
        if query.items().is_empty() {
            self.push("", String::new(), String::new(), after, request);
        }
        for item in query.items() {
            // No stored text has a control character, so what has one matches nothing; nor could it be sent.
            let mut names = item
                .types
                .iter()
                .map(|name| &**name)
                .filter(|name| !odd(name))
                .peekable();
            if item.tags.iter().any(|tag| odd(tag.as_str()))
                || (!item.types.is_empty() && names.peek().is_none())
            {
                continue;
            }
            match &*item.tags {
                [first, more @ ..] => {
                    let mut listed = String::new();
                    names.for_each(|name| {
                        listed.push_str(if listed.is_empty() { "\n" } else { "" });
                        listed.push_str(name);
                        listed.push('\n');
                    });
                    let more: Vec<_> = more.iter().map(|tag| tag.as_str()).collect();
                    self.push(first.as_str(), listed, more.join("\n"), after, request);
                }
                [] if item.types.is_empty() => {
                    self.push("", String::new(), String::new(), after, request)
                }
                [] => {
                    names.for_each(|name| self.push("", name.into(), String::new(), after, request))
                }
            }
        }
        if self.tags.len() == before {
            // It matches nothing, and neither does this; but its position is judged.
            self.push("\n", String::new(), String::new(), after, request);
        }
        self.tags.len() - before
    }

    fn push(&mut self, tag: &'a str, names: String, more: String, after: i64, request: i32) {
        self.tags.push(tag);
        self.names.push(names);
        self.more.push(more);
        self.afters.push(after);
        self.requests.push(request);
    }

    fn bound(&self) -> [Bound<'_>; 6] {
        [
            (&self.tags, Type::TEXT_ARRAY),
            (&self.names, Type::TEXT_ARRAY),
            (&self.more, Type::TEXT_ARRAY),
            (&self.afters, Type::INT8_ARRAY),
            (&self.requests, Type::INT4_ARRAY),
            (&self.latest, Type::INT8),
        ]
    }
}

fn odd(text: &str) -> bool {
    text.is_empty() || text.chars().any(char::is_control)
}

/// A number as PostgreSQL keeps it. Nothing that is stored is beyond its largest, so for comparisons the largest will do.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn index(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn expected(check: &StreamCheck) -> i64 {
    match check {
        StreamCheck::At(_, version) => number(version.0),
        StreamCheck::New(_) => 0,
        StreamCheck::Exists(_) => EXISTS,
    }
}

/// The columns of the records.
#[derive(Default)]
struct Records<'a> {
    requests: Vec<i32>,
    probes: Vec<i32>,
    ordinals: Vec<i64>,
    offsets: Vec<i64>,
    names: Vec<&'a str>,
    schemas: Vec<i64>,
    formats: Vec<&'a str>,
    recorded: Vec<i64>,
    payloads: Vec<&'a [u8]>,
    metadata: Vec<Option<&'a [u8]>>,
    tags: Vec<Option<String>>,
    tag_records: Vec<i32>,
    tag_texts: Vec<&'a str>,
}

/// What several appends ask, as arrays. The numbers in them count from 1, as PostgreSQL does.
#[derive(Default)]
pub(crate) struct Call<'a> {
    streams: Vec<&'a str>,
    expected: Vec<i64>,
    probe_requests: Vec<i32>,
    arms: Arms<'a>,
    key_ids: Vec<Uuid>,
    key_digests: Vec<Uuid>,
    key_records: Vec<i32>,
    key_counts: Vec<i32>,
    key_requests: Vec<i32>,
    records: Records<'a>,
    /// What each request is made of, to find its part of the answer.
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    append: &'a dyn Judged,
    /// For each check, its probe or its arms.
    checks: Vec<Asked>,
    request: i32,
    /// The probe of each record's stream.
    probes: Vec<usize>,
}

enum Asked {
    Probe(usize),
    Arms(std::ops::Range<usize>),
}

impl<'a> Call<'a> {
    pub(crate) fn of(appends: impl Iterator<Item = &'a dyn Judged>) -> Self {
        let mut call = Self::default();
        // The probe that stands for each stream, and how many records it has so far.
        let mut streams = HashMap::new();
        for append in appends {
            call.add(append, &mut streams);
        }
        call
    }

    fn add(&mut self, append: &'a dyn Judged, streams: &mut HashMap<&'a str, (usize, i64)>) {
        let request = index(self.parts.len() + 1);
        let mut checks = Vec::with_capacity(append.checks().len());
        for check in append.checks() {
            checks.push(match check {
                Check::Stream(check) => {
                    let stream = check.stream().as_str();
                    let probe = self.probe(stream, expected(check), request);
                    streams.entry(stream).or_insert((probe, 0));
                    Asked::Probe(probe)
                }
                Check::NothingMatches { query, after } => {
                    let first = self.arms.tags.len();
                    Asked::Arms(first..first + self.arms.add(query, *after, request))
                }
            });
        }
        let first = self.records.requests.len() + 1;
        let mut probes = Vec::with_capacity(append.records().len());
        for record in append.records() {
            let stream = record.stream.as_str();
            let (probe, count) = match streams.get_mut(stream) {
                Some(known) => known,
                None => {
                    let probe = self.probe(stream, NOTHING, request);
                    streams.entry(stream).or_insert((probe, 0))
                }
            };
            *count += 1;
            probes.push(*probe);
            self.records
                .push(record, request, index(*probe + 1), *count);
        }
        if let Some(key) = append.key() {
            self.key_ids.push(key.id);
            self.key_digests.push(key.digest);
            // A key without a record is looked up, but not kept.
            self.key_records
                .push(if probes.is_empty() { 0 } else { index(first) });
            self.key_counts.push(index(probes.len()));
            self.key_requests.push(request);
        }
        self.parts.push(Part {
            append,
            request,
            checks,
            probes,
        });
    }

    fn probe(&mut self, stream: &'a str, expected: i64, request: i32) -> usize {
        self.streams.push(stream);
        self.expected.push(expected);
        self.probe_requests.push(request);
        self.streams.len() - 1
    }

    /// The values of `append_v1`, after the first four.
    pub(crate) fn bound(&self) -> Vec<Bound<'_>> {
        let records = &self.records;
        let mut bound: Vec<Bound<'_>> = vec![
            (&self.streams, Type::TEXT_ARRAY),
            (&self.expected, Type::INT8_ARRAY),
            (&self.probe_requests, Type::INT4_ARRAY),
        ];
        bound.extend(self.arms.bound());
        let rest: [Bound<'_>; 18] = [
            (&self.key_ids, Type::UUID_ARRAY),
            (&self.key_digests, Type::UUID_ARRAY),
            (&self.key_records, Type::INT4_ARRAY),
            (&self.key_counts, Type::INT4_ARRAY),
            (&self.key_requests, Type::INT4_ARRAY),
            (&records.requests, Type::INT4_ARRAY),
            (&records.probes, Type::INT4_ARRAY),
            (&records.ordinals, Type::INT8_ARRAY),
            (&records.offsets, Type::INT8_ARRAY),
            (&records.names, Type::TEXT_ARRAY),
            (&records.schemas, Type::INT8_ARRAY),
            (&records.formats, Type::TEXT_ARRAY),
            (&records.recorded, Type::INT8_ARRAY),
            (&records.payloads, Type::BYTEA_ARRAY),
            (&records.metadata, Type::BYTEA_ARRAY),
            (&records.tags, Type::TEXT_ARRAY),
            (&records.tag_records, Type::INT4_ARRAY),
            (&records.tag_texts, Type::TEXT_ARRAY),
        ];
        bound.extend(rest);
        bound
    }

    /// The verdicts, in the order of the requests.
    pub(crate) fn verdicts(&self, facts: &Facts) -> Vec<Verdict> {
        let (mut position, mut counts) = (facts.head, HashMap::new());
        let judge = |part: &Part<'_>| {
            if let Some(verdict) = part.refusal(facts) {
                return verdict;
            }
            let placed = part.probes.iter().map(|probe| {
                position += 1;
                let version: &mut i64 = counts
                    .entry(*probe)
                    .or_insert_with(|| facts.versions.get(*probe).copied().unwrap_or(0));
                *version += 1;
                Placed {
                    position: Position(position.unsigned_abs()),
                    version: Version(version.unsigned_abs()),
                }
            });
            Verdict::Made(placed.collect())
        };
        self.parts.iter().map(judge).collect()
    }
}

impl<'a> Records<'a> {
    fn push(&mut self, record: &'a Record, request: i32, probe: i32, offset: i64) {
        let event = &record.event;
        let ordinal = self.requests.len() + 1;
        self.requests.push(request);
        self.probes.push(probe);
        self.ordinals.push(number(ordinal as u64));
        self.offsets.push(offset);
        self.names.push(&event.name);
        self.schemas.push(event.schema.into());
        self.formats.push(&event.format);
        self.recorded.push(event.recorded_at.as_micros());
        self.payloads.push(&event.payload);
        self.metadata.push(metadata(record));
        self.tags.push(tags(record));
        for (place, tag) in event.tags.iter().enumerate() {
            // An event may come with the same tag twice.
            if !event.tags[..place].contains(tag) {
                self.tag_records.push(index(ordinal));
                self.tag_texts.push(tag.as_str());
            }
        }
    }
}

fn metadata(record: &Record) -> Option<&[u8]> {
    Some(&*record.event.metadata).filter(|metadata| !metadata.is_empty())
}

fn tags(record: &Record) -> Option<String> {
    (!record.event.tags.is_empty()).then(|| TagList::store(&record.event.tags))
}

impl Part<'_> {
    /// Why the request was not made, if it was not: its key answers before its checks do, and the first check that does
    /// not hold before the others.
    fn refusal(&self, facts: &Facts) -> Option<Verdict> {
        if facts.known.contains(&self.request) {
            return Some(Verdict::Known);
        }
        self.checks
            .iter()
            .zip(self.append.checks())
            .enumerate()
            .find_map(|(check, (asked, of))| match (asked, of) {
                (Asked::Probe(probe), Check::Stream(of)) => {
                    let actual = Version(
                        facts
                            .versions
                            .get(*probe)
                            .copied()
                            .unwrap_or(0)
                            .unsigned_abs(),
                    );
                    (!of.holds(actual)).then_some(Verdict::Stream { check, actual })
                }
                (Asked::Arms(arms), Check::NothingMatches { after, .. }) => {
                    let head = Position(facts.head.unsigned_abs());
                    if *after > head {
                        return Some(Verdict::BeyondHead {
                            asked: *after,
                            head,
                        });
                    }
                    let matches = facts.matches.get(arms.clone()).unwrap_or_default();
                    let first = matches.iter().flatten().min()?;
                    Some(Verdict::Boundary {
                        check,
                        position: Position(first.unsigned_abs()),
                    })
                }
                _ => None,
            })
    }
}

/// The answer to a call.
pub(crate) struct Facts {
    pub(crate) head: i64,
    pub(crate) versions: Vec<i64>,
    /// For each arm, the first position that matches.
    pub(crate) matches: Vec<Option<i64>>,
    /// The numbers of the requests whose keys are known.
    pub(crate) known: Vec<i32>,
    /// How many records were written.
    pub(crate) made: i64,
    pub(crate) waited_micros: i64,
}

impl Facts {
    /// The columns of `append_v1`'s answer, or `None` where the store is in another life.
    pub(crate) fn read(row: &Row) -> Result<Option<Self>, Error> {
        if row.try_get::<_, Option<Uuid>>(0)?.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            head: row.try_get(1)?,
            versions: row.try_get::<_, Option<_>>(2)?.unwrap_or_default(),
            matches: row.try_get::<_, Option<_>>(3)?.unwrap_or_default(),
            known: row.try_get::<_, Option<_>>(4)?.unwrap_or_default(),
            made: row.try_get::<_, i32>(5)?.into(),
            waited_micros: row.try_get(6)?,
        }))
    }
}

/// A request of one record, whose checks are at most one of its own stream and queries, as plain values.
pub(crate) struct Lone<'a> {
    stream: &'a str,
    expected: i64,
    arms: Arms<'a>,
    key: Option<Uuid>,
    digest: Option<Uuid>,
    name: &'a str,
    schema: i64,
    format: &'a str,
    recorded: i64,
    payload: &'a [u8],
    metadata: Option<&'a [u8]>,
    tags: Option<String>,
    tag_texts: Vec<&'a str>,
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
        let event = &record.event;
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
            key: append.key().map(|key| key.id),
            digest: append.key().map(|key| key.digest),
            name: &event.name,
            schema: event.schema.into(),
            format: &event.format,
            recorded: event.recorded_at.as_micros(),
            payload: &event.payload,
            metadata: metadata(record),
            tags,
            tag_texts,
        })
    }

    /// The values of `append_one_v1`, after the first four.
    pub(crate) fn bound(&self) -> Vec<Bound<'_>> {
        let mut bound: Vec<Bound<'_>> = Vec::with_capacity(18);
        bound.push((&self.stream, Type::TEXT));
        bound.push((&self.expected, Type::INT8));
        bound.extend(self.arms.bound());
        let rest: [Bound<'_>; 10] = [
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
        ];
        bound.extend(rest);
        bound
    }
}
