//! Appends that can be told from their number: to one stream, to several, within a boundary; small and large.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Key, ManyStreams, MultiStreamStore,
    NewEvent, Position, Query, Store, StoredEvent, StreamName, Tag, TagList, Timestamp, Uuid,
};
use eventsource_sqlite::SqliteStore;

/// A folder for a disk. The file on which processes take turns is a real one in it.
pub fn folder(name: &str) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A number that looks random and follows from two others.
pub fn mixed(one: u64, two: u64) -> u64 {
    let mut state = one
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(two.wrapping_mul(0xd1b5_4a32_d192_ed03));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// An append, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent(pub u64);

impl Sent {
    pub fn key(self) -> Key {
        Key::unique(Uuid::from_u128(
            (u128::from(mixed(self.0, 1)) << 64) | u128::from(self.0),
        ))
    }

    /// Whether its first event bears a stamp, in place of a key that is kept.
    pub fn is_stamped(self) -> bool {
        self.kind() == 3
    }

    fn kind(self) -> u64 {
        mixed(self.0, 2) % 4
    }

    pub fn records(self) -> u64 {
        1 + mixed(self.0, 3) % 4
    }

    fn stream(self, record: u64) -> StreamName {
        // Appends to one stream go to one.
        let record = if self.kind() < 2 { 0 } else { record };
        StreamName::new("account", &(mixed(self.0, 10 + record) % 7)).unwrap()
    }

    /// Mostly small, some larger than a page, a few much larger.
    fn size(self, record: u64) -> usize {
        let size = mixed(self.0, 100 + record);
        let limit = match size % 16 {
            0 => 120_000,
            1..=4 => 9_000,
            _ => 200,
        };
        usize::try_from(mixed(size, 5) % limit).unwrap()
    }

    fn event(self, record: u64) -> NewEvent {
        let mut payload = format!("{{\"append\":{},\"record\":{record},\"fill\":\"", self.0);
        let letters = (0..self.size(record)).map(|index| {
            let letter = (self.0 + index as u64 / 64) % 26;
            char::from(b'a' + u8::try_from(letter).unwrap())
        });
        payload.extend(letters);
        payload.push_str("\"}");
        NewEvent {
            name: format!("sample.made-{}", record % 3).into(),
            schema: 1,
            format: "json".into(),
            payload: payload.into_bytes(),
            metadata: [7; 11].into(),
            recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
            tags: vec![Tag::new("append", self.0), Tag::new("group", self.0 % 5)],
        }
    }

    pub async fn send(self, store: &SqliteStore) -> Result<Appended, AppendError> {
        let records = (0..self.records()).map(|record| (self.stream(record), self.event(record)));
        match self.kind() {
            0 | 1 => {
                let append = records.fold(Append::to(self.stream(0)), |append, (_, event)| {
                    append.event(event)
                });
                store.append(Arc::new(append.key(self.key()))).await
            }
            2 => {
                let empty: Append<ManyStreams> = Append::across();
                let append = records.fold(empty, |append, (stream, event)| {
                    append.record(stream, event)
                });
                store.append_across(Arc::new(append.key(self.key()))).await
            }
            _ => {
                let nobody = Query::all().tagged(Tag::new("append", self.0));
                let empty: Append<Boundary> = Append::within();
                let append = records
                    .fold(empty, |append, (stream, event)| {
                        append.record(stream, event)
                    })
                    .nothing_matches(nobody, Position::START);
                store.append_within(Arc::new(append.key(self.key()))).await
            }
        }
    }

    /// The append and the record that an event was.
    pub fn of(event: &StoredEvent) -> (Self, u64) {
        let text = std::str::from_utf8(&event.payload[..event.payload.len().min(80)])
            .expect("a whole beginning");
        let number = |name: &str| -> u64 {
            let (_, rest) = text.split_once(name).expect("a whole beginning");
            let end = rest.find(|letter: char| !letter.is_ascii_digit());
            rest[..end.expect("a whole beginning")]
                .parse()
                .expect("a number")
        };
        (Self(number("\"append\":")), number("\"record\":"))
    }

    /// Whether the event is what was sent, to the last byte.
    pub fn is_whole(self, record: u64, event: &StoredEvent) -> bool {
        let sent = self.event(record);
        event.payload[..] == sent.payload[..]
            && event.stream == self.stream(record)
            && *event.name == *sent.name
            && event.metadata[..] == sent.metadata[..]
            && *event.tags == *TagList::store(&sent.tags)
    }
}

/// What is wrong with a store that contains only such appends: positions, versions, parts of appends, changed bytes.
/// Returns where the first record of each append is.
pub fn judge(events: &[StoredEvent]) -> BTreeMap<Sent, Position> {
    let mut versions: BTreeMap<StreamName, u64> = BTreeMap::new();
    let mut found: BTreeMap<Sent, Position> = BTreeMap::new();
    let mut expected = None;
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position.0, position, "the positions are dense");
        let version = versions.entry(event.stream.clone()).or_default();
        *version += 1;
        assert_eq!(
            event.version.0, *version,
            "the versions of `{}`",
            event.stream
        );
        let (sent, record) = Sent::of(event);
        assert!(
            sent.is_whole(record, event),
            "event {position} is not what was sent as record {record} of {sent:?}"
        );
        match expected.take() {
            None => assert_eq!(record, 0, "{sent:?} begins at {position}"),
            Some(next) => assert_eq!((sent, record), next, "an append is whole"),
        }
        if record == 0 {
            let earlier = found.insert(sent, event.position);
            assert_eq!(earlier, None, "{sent:?} is stored twice");
        }
        if record + 1 < sent.records() {
            expected = Some((sent, record + 1));
        }
    }
    assert_eq!(expected, None, "an append is whole");
    found
}
