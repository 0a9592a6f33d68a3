//! Many appends as the arrays of one call, and the answer as a verdict on each.

use std::collections::HashMap;

use bytes::BytesMut;
use eventsource_core::{Check, Placed, Position, Record, Uuid, Version};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Error, Row};

use crate::checks::{Arms, NOTHING, expected, index, number};
use crate::lone::{metadata, tags};
use crate::request::{Judged, Refusal, Verdict};
use crate::row;
use crate::session::Bound;

/// The columns of the records.
#[derive(Default)]
struct Records<'a> {
    requests: Vec<i32>,
    probes: Vec<i32>,
    ordinals: Vec<i64>,
    offsets: Vec<i64>,
    streams: Vec<&'a str>,
    names: Vec<&'a str>,
    schemas: Rare<i64>,
    formats: Rare<&'a str>,
    recorded: Vec<i64>,
    payloads: Vec<&'a [u8]>,
    metadata: Rare<&'a [u8]>,
    tags: Rare<String>,
    stamps: Rare<Uuid>,
    tagged: Vec<i32>,
    tag_texts: Vec<&'a str>,
    tag_names: Vec<&'a str>,
}

/// A column that may have nothing in it: then it is NULL as a whole.
#[derive(Debug, Default)]
struct Rare<T> {
    values: Vec<Option<T>>,
    any: bool,
}

impl<T> Rare<T> {
    fn push(&mut self, value: Option<T>) {
        self.any |= value.is_some();
        self.values.push(value);
    }
}

impl<T: ToSql> ToSql for Rare<T> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.any {
            true => self.values.to_sql(kind, out),
            false => Ok(IsNull::Yes),
        }
    }

    fn accepts(kind: &Type) -> bool {
        <Vec<Option<T>> as ToSql>::accepts(kind)
    }

    to_sql_checked!();
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
    request: i32,
    /// For each check, its probe or its arms.
    checks: Vec<Asked>,
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
                    let first = self.arms.len();
                    Asked::Arms(first..first + self.arms.add(query, *after, request))
                }
            });
        }
        let first = self.records.requests.len() + 1;
        let mut stamp = append.stamp().map(|stamp| stamp.id);
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
                .push(record, request, index(*probe + 1), *count, stamp.take());
        }
        if let Some(key) = append.kept_key() {
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

    /// The values of `append_v2`, after the first five.
    pub(crate) fn bound(&self) -> Vec<Bound<'_>> {
        let records = &self.records;
        let mut bound: Vec<Bound<'_>> = vec![
            (&self.streams, Type::TEXT_ARRAY),
            (&self.expected, Type::INT8_ARRAY),
            (&self.probe_requests, Type::INT4_ARRAY),
        ];
        bound.extend(self.arms.bound());
        let rest: [Bound<'_>; 21] = [
            (&self.key_ids, Type::UUID_ARRAY),
            (&self.key_digests, Type::UUID_ARRAY),
            (&self.key_records, Type::INT4_ARRAY),
            (&self.key_counts, Type::INT4_ARRAY),
            (&self.key_requests, Type::INT4_ARRAY),
            (&records.requests, Type::INT4_ARRAY),
            (&records.probes, Type::INT4_ARRAY),
            (&records.ordinals, Type::INT8_ARRAY),
            (&records.offsets, Type::INT8_ARRAY),
            (&records.streams, Type::TEXT_ARRAY),
            (&records.names, Type::TEXT_ARRAY),
            (&records.schemas, Type::INT8_ARRAY),
            (&records.formats, Type::TEXT_ARRAY),
            (&records.recorded, Type::INT8_ARRAY),
            (&records.payloads, Type::BYTEA_ARRAY),
            (&records.metadata, Type::BYTEA_ARRAY),
            (&records.tags, Type::TEXT_ARRAY),
            (&records.stamps, Type::UUID_ARRAY),
            (&records.tagged, Type::INT4_ARRAY),
            (&records.tag_texts, Type::TEXT_ARRAY),
            (&records.tag_names, Type::TEXT_ARRAY),
        ];
        bound.extend(rest);
        bound
    }

    /// The verdicts, in the order of the requests.
    pub(crate) fn verdicts(&self, facts: &Facts) -> Vec<Verdict> {
        let (mut position, mut counts) = (facts.head, HashMap::new());
        let judge = |part: &Part<'_>| {
            if let Some(refusal) = part.refusal(facts) {
                return Err(refusal);
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
            Ok(placed.collect())
        };
        self.parts.iter().map(judge).collect()
    }
}

impl<'a> Records<'a> {
    fn push(
        &mut self,
        record: &'a Record,
        request: i32,
        probe: i32,
        offset: i64,
        stamp: Option<Uuid>,
    ) {
        let event = &record.event;
        let ordinal = self.requests.len() + 1;
        self.requests.push(request);
        self.probes.push(probe);
        self.ordinals.push(number(ordinal as u64));
        self.offsets.push(offset);
        self.streams.push(record.stream.as_str());
        self.names.push(&event.name);
        self.schemas.push(row::schema(event));
        self.formats.push(row::format(event));
        self.recorded.push(event.recorded_at.as_micros());
        self.payloads.push(&event.payload);
        self.metadata.push(metadata(record));
        self.tags.push(tags(record));
        self.stamps.push(stamp);
        for (place, tag) in event.tags.iter().enumerate() {
            // An event may come with the same tag twice.
            if !event.tags[..place].contains(tag) {
                self.tagged.push(index(ordinal));
                self.tag_texts.push(tag.as_str());
                self.tag_names.push(&event.name);
            }
        }
    }
}

impl Part<'_> {
    /// Why the request was not made, if it was not: its key answers before its checks do, and the first check that does
    /// not hold before the others.
    fn refusal(&self, facts: &Facts) -> Option<Refusal> {
        if facts.known.contains(&self.request) {
            return Some(Refusal::Known);
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
                    (!of.holds(actual)).then_some(Refusal::Stream { check, actual })
                }
                (Asked::Arms(arms), Check::NothingMatches { after, .. }) => {
                    let head = Position(facts.head.unsigned_abs());
                    if *after > head {
                        return Some(Refusal::BeyondHead {
                            asked: *after,
                            head,
                        });
                    }
                    let matches = facts.matches.get(arms.clone()).unwrap_or_default();
                    let first = matches.iter().flatten().min()?;
                    Some(Refusal::Boundary {
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
    /// The columns of `append_v2`'s answer, or `None` where the store is in another life.
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
