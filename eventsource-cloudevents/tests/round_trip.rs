//! What is exported comes back byte for byte, whatever it is.

mod sample;

use std::sync::Arc;

use eventsource_cloudevents::Import;
use eventsource_core::{
    Append, ManyStreams, MemoryStore, Metadata, MultiStreamStore, NewEvent, Record, Tag, Timestamp,
};
use eventsource_sqlite::SqliteStore;
use proptest::collection::vec;
use proptest::prelude::*;
use sample::{all, lines, stream};

/// Text that a name may have: everything but control characters.
fn text(longest: usize) -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just("\"quoted\" \\ back".to_owned()),
        Just("\u{2028}\u{feff}\u{1f600}e\u{301}".to_owned()),
        Just("a:b,c;d/e".to_owned()),
        "[^\\p{Cc}]{1,12}",
    ];
    odd.prop_map(move |text| text.chars().take(longest).collect())
}

fn payload() -> impl Strategy<Value = (String, Vec<u8>)> {
    let json = |text: &str| ("json".to_owned(), text.as_bytes().to_vec());
    prop_oneof![
        text(12).prop_map(|text| ("json".into(), serde_json::to_vec(&text).unwrap())),
        Just(json(
            r#"{"b":1,"a":1.0,"a":10000000000000000000000.50, "z" : [ ]}"#
        )),
        Just(json("null")),
        Just(json("")),
        Just(json(" {} ")),
        Just(json("{\n\t\"a\": 1\r\n}")),
        Just(json(r#"{"lone":"\ud800"}"#)),
        Just(json("{\"del\":\"\u{7f}\u{85}\"}")),
        Just(json("{not json")),
        Just(json(&"[".repeat(500))),
        Just(json(&format!("{}{}", "[".repeat(500), "]".repeat(500)))),
        vec(any::<u8>(), 0..40).prop_map(|bytes| ("json".into(), bytes)),
        (text(12), vec(any::<u8>(), 0..40)),
    ]
}

fn metadata() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        text(12).prop_map(|actor| {
            let metadata = Metadata {
                actor: Some(actor),
                ..Metadata::default()
            };
            metadata.to_stored().to_vec()
        }),
        Just(b"{\n}".to_vec()),
        Just("\u{7f}".into()),
        Just(b"null".to_vec()),
        vec(any::<u8>(), 0..20),
    ]
}

fn micros() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -62_135_596_800_000_002_i64..-62_135_596_799_999_998,
        253_402_300_799_999_998_i64..253_402_300_800_000_002,
        -1_000_000_i64..1_000_000,
        Just(i64::MIN),
        Just(i64::MAX),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let name = (text(8), text(8)).prop_map(|(category, id)| {
        let category = category.replace('/', "");
        format!("c{category}/{id}")
    });
    let streams = prop_oneof![Just("account/1".to_owned()), name];
    let tags = vec((text(8), text(8)), 0..4);
    (
        streams,
        text(12),
        any::<u32>(),
        payload(),
        metadata(),
        micros(),
        tags,
    )
        .prop_map(
            |(name_of_stream, name, schema, (format, payload), metadata, micros, tags)| Record {
                stream: stream(&name_of_stream),
                event: NewEvent {
                    name: name.into(),
                    schema,
                    format: format.into(),
                    payload,
                    metadata: metadata.into(),
                    recorded_at: Timestamp::from_micros(micros),
                    tags: tags
                        .iter()
                        .map(|(name, value)| Tag::new(name, value))
                        .collect(),
                },
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn from_memory_over_a_file_to_sqlite_and_back(records in vec(record(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(round(records));
    }
}

async fn round(records: Vec<Record>) {
    let memory = MemoryStore::new();
    let mut append: Append<ManyStreams> = Append::across();
    for Record { stream, event } in records {
        append = append.record(stream, event);
    }
    memory.append_across(Arc::new(append)).await.unwrap();
    let written = lines(&memory).await;

    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("back.db"))
        .await
        .unwrap();
    let imported = Import::into(&sqlite)
        .read(written.as_bytes())
        .await
        .unwrap();

    let events = all(&memory).await;
    assert_eq!(imported.stored, events.len() as u64);
    assert_eq!(all(&sqlite).await, events);
    assert_eq!(lines(&sqlite).await, written);
    check_lines(&written, events.len());
    sqlite.close().await;
}

/// What CloudEvents asks of every line.
fn check_lines(written: &str, events: usize) {
    assert_eq!(written.split_terminator('\n').count(), events);
    let mut ids = std::collections::HashSet::new();
    for line in written.split_terminator('\n') {
        assert!(!line.contains('\r'));
        let json: Line = serde_json::from_str(line).unwrap();
        for (name, value) in &json.0 {
            let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            if name == "data" || name == "data_base64" {
                continue;
            }
            assert!(name.len() <= 20 && name.bytes().all(lower), "{name}");
            let text: String = serde_json::from_str(value.get()).unwrap();
            assert!(
                !text.is_empty() && !text.chars().any(char::is_control),
                "{name}: {text}"
            );
        }
        assert!(json.0.contains_key("data") != json.0.contains_key("data_base64"));
        assert!(ids.insert(json.0["id"].get().to_owned()));
    }
}

#[derive(serde::Deserialize)]
struct Line(std::collections::BTreeMap<String, Box<serde_json::value::RawValue>>);
