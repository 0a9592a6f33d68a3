//! Which appends may be judged in one call: those of which no check can match a record of another, so that it makes no
//! difference which of them is made first. Two with equal keys never are; nor two with equal
//! stamps, as a check of each is broken by the other's first record.

use std::collections::{HashMap, HashSet};

use eventsource_core::{Check, QueryItem, Record, Tag, Uuid};

use crate::request::Judged;

/// What some appends write and what they check, so that one more is compared with all of them at once.
#[derive(Default)]
pub(crate) struct Footprint<'a> {
    written: HashSet<&'a str>,
    checked: HashSet<&'a str>,
    keys: HashSet<Uuid>,
    records_by_name: HashMap<&'a str, Vec<&'a Record>>,
    records_by_tag: HashMap<&'a Tag, Vec<&'a Record>>,
    /// Alternatives of queries: with a tag by their first one, else by name.
    items_by_tag: HashMap<&'a Tag, Vec<&'a QueryItem>>,
    items_by_name: HashSet<&'a str>,
    /// Somebody checks that there is no event at all.
    everything: bool,
}

impl<'a> Footprint<'a> {
    /// Whether the append must not be judged together with those that are here.
    pub(crate) fn meets(&self, append: &dyn Judged) -> bool {
        append
            .kept_key()
            .is_some_and(|key| self.keys.contains(&key.id))
            || append
                .records()
                .iter()
                .any(|record| self.is_checked(record))
            || append.checks().iter().any(|check| self.is_written(check))
    }

    fn is_checked(&self, record: &Record) -> bool {
        let tagged = |tag| {
            let items: &[_] = self.items_by_tag.get(tag).map_or(&[], Vec::as_slice);
            items.iter().any(|item| matches(item, record))
        };
        self.everything
            || self.checked.contains(record.stream.as_str())
            || self.items_by_name.contains(&*record.event.name)
            || record.event.tags.iter().any(tagged)
    }

    fn is_written(&self, check: &Check) -> bool {
        let query = match check {
            Check::Stream(check) => return self.written.contains(check.stream().as_str()),
            Check::NothingMatches { query, .. } => query,
        };
        let any = |item: &QueryItem| match item.tags.first() {
            Some(tag) => {
                let records: &[_] = self.records_by_tag.get(tag).map_or(&[], Vec::as_slice);
                records.iter().any(|record| matches(item, record))
            }
            None if item.types.is_empty() => !self.written.is_empty(),
            None => item
                .types
                .iter()
                .any(|name| self.records_by_name.contains_key(&**name)),
        };
        match query.items() {
            [] => !self.written.is_empty(),
            items => items.iter().any(any),
        }
    }

    /// Adds an append to those that are here.
    pub(crate) fn add(&mut self, append: &'a dyn Judged) {
        self.keys.extend(append.kept_key().map(|key| key.id));
        for record in append.records() {
            self.written.insert(record.stream.as_str());
            self.records_by_name
                .entry(&record.event.name)
                .or_default()
                .push(record);
            for tag in &record.event.tags {
                self.records_by_tag.entry(tag).or_default().push(record);
            }
        }
        for check in append.checks() {
            match check {
                Check::Stream(check) => {
                    self.checked.insert(check.stream().as_str());
                }
                Check::NothingMatches { query, .. } => self.add_items(query.items()),
            }
        }
    }

    fn add_items(&mut self, items: &'a [QueryItem]) {
        self.everything |= items.is_empty();
        for item in items {
            match item.tags.first() {
                Some(tag) => self.items_by_tag.entry(tag).or_default().push(item),
                None if item.types.is_empty() => self.everything = true,
                None => self
                    .items_by_name
                    .extend(item.types.iter().map(|name| &**name)),
            }
        }
    }
}

fn matches(item: &QueryItem, record: &Record) -> bool {
    let event = &record.event;
    (item.types.is_empty() || item.types.contains(&event.name))
        && item.tags.iter().all(|tag| event.tags.contains(tag))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eventsource_core::{
        Append, Boundary, Check, Key, NewEvent, Position, Query, StreamCheck, StreamName, Tag,
        Timestamp, Uuid, Version,
    };
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::Footprint;
    use crate::request::Judged;

    /// Whether a check of one of the two can match a record of the other, said record by record.
    fn excluded(one: &Append<Boundary>, other: &Append<Boundary>) -> bool {
        let checks = |checking: &Append<Boundary>, writing: &Append<Boundary>| {
            checking.checks().iter().any(|check| {
                writing.records().iter().any(|record| match check {
                    Check::Stream(check) => *check.stream() == record.stream,
                    Check::NothingMatches { query, .. } => {
                        query.matches(&record.event.name, &record.event.tags)
                    }
                })
            })
        };
        let keys = one.kept_key().is_some()
            && one.kept_key().map(|key| key.id) == other.kept_key().map(|key| key.id);
        keys || checks(one, other) || checks(other, one)
    }

    fn stream(id: u8) -> StreamName {
        StreamName::new("s", &u64::from(id)).unwrap()
    }

    fn tags() -> impl Strategy<Value = Vec<Tag>> {
        vec(0..4_u8, 0..3).prop_map(|tags| tags.into_iter().map(|tag| Tag::new("t", tag)).collect())
    }

    fn query() -> impl Strategy<Value = Query> {
        let item = (vec(0..4_u8, 0..3), tags()).prop_map(|(types, tags)| {
            let types = types.into_iter().map(|name| format!("n{name}"));
            tags.into_iter().fold(Query::types(types), Query::tagged)
        });
        vec(item, 0..3).prop_map(|items| items.into_iter().reduce(Query::or).unwrap_or_default())
    }

    fn append() -> impl Strategy<Value = Append<Boundary>> {
        let records = vec((0..6_u8, 0..4_u8, tags()), 0..3);
        let streams = vec((0..6_u8, 0..3_u8), 0..2);
        (
            records,
            streams,
            vec(query(), 0..2),
            prop::option::weighted(0.2, 0..3_u128),
        )
            .prop_map(|(records, streams, queries, key)| {
                let mut append = Append::within();
                for (id, name, tags) in records {
                    let event = NewEvent {
                        name: format!("n{name}").into(),
                        schema: 1,
                        format: "json".into(),
                        payload: Vec::new(),
                        metadata: Arc::new([]),
                        recorded_at: Timestamp::default(),
                        tags,
                    };
                    append = append.record(stream(id), event);
                }
                for (id, kind) in streams {
                    append = append.if_stream(match kind {
                        0 => StreamCheck::New(stream(id)),
                        1 => StreamCheck::Exists(stream(id)),
                        _ => StreamCheck::At(stream(id), Version(3)),
                    });
                }
                for query in queries {
                    append = append.nothing_matches(query, Position(7));
                }
                match key {
                    Some(key) => append.key(Key::unique(Uuid::from_u128(key))),
                    None => append,
                }
            })
    }

    proptest! {
        #[test]
        fn an_append_meets_those_that_exclude_it(those in vec(append(), 0..6), one in append()) {
            let mut footprint = Footprint::default();
            for append in &those {
                footprint.add(append as &dyn Judged);
            }
            let expected = those.iter().any(|other| excluded(&one, other));
            prop_assert_eq!(footprint.meets(&one), expected);
        }
    }
}
