//! Lines of others, lines with mistakes, and a file that was exported long ago.

mod sample;

use eventsource_cloudevents::{Attributes, Import, ImportProblem, Parser};
use eventsource_core::{
    Limits, MemoryStore, Metadata, Position, Store, StreamScan, Tag, Timestamp, Version,
};
use sample::{all, lines, stream};
use serde_json::{Map, Value, json};

/// A line of ours, with other members.
fn line(changes: Value) -> String {
    let mut members: Map<String, Value> = serde_json::from_value(json!({
        "specversion": "1.0", "id": "1", "source": "urn:example:bank", "type": "account.opened",
        "subject": "account/1", "time": "2024-02-29T12:00:00Z", "esversion": "1",
        "datacontenttype": "application/json", "data": {},
    }))
    .unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value.as_str() {
            Some("(none)") => members.remove(name),
            _ => members.insert(name.clone(), value.clone()),
        };
    }
    serde_json::to_string(&members).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn every_mistake_is_named_with_its_line_and_attribute() {
    let long = format!("account/{}", "x".repeat(600));
    let cases = [
        (
            json!({"specversion": "(none)"}),
            "line 1, `specversion`: it is missing",
        ),
        (
            json!({"specversion": "0.3"}),
            "line 1, `specversion`: it is `0.3`, and `1.0` is what can be read",
        ),
        (
            json!({"specversion": 1.0}),
            "line 1, `specversion`: it must be a string, and is 1.0",
        ),
        (json!({"type": "(none)"}), "line 1, `type`: it is missing"),
        (json!({"type": null}), "line 1, `type`: it is missing"),
        (
            json!({"type": ""}),
            "line 1, `type`: it is empty or contains a control character",
        ),
        (
            json!({"id": ""}),
            "line 1, `id`: it is empty or contains a control character",
        ),
        (
            json!({"source": "(none)"}),
            "line 1, `source`: it is missing",
        ),
        (
            json!({"source": "a\nb"}),
            "line 1, `source`: it is empty or contains a control character",
        ),
        (
            json!({"subject": "(none)"}),
            "line 1, `subject`: it is missing: it names the stream, `category/id`, unless `Parser::stream_of` does",
        ),
        (
            json!({"subject": "account"}),
            "line 1, `subject`: `account` cannot name a stream: it has no `/` between the aggregate's name and the id",
        ),
        (
            json!({"subject": long}),
            &format!(
                "line 1, `subject`: `{}` cannot name a stream: it has 608 bytes, and 512 is the most",
                &long[..80]
            ),
        ),
        (
            json!({"time": "(none)"}),
            "line 1, `time`: it is missing: it is when the event was recorded, unless `Parser::missing_time` says it",
        ),
        (
            json!({"time": "yesterday"}),
            "line 1, `time`: `yesterday` is no time as in `2000-02-29T00:00:00.000001Z`",
        ),
        (
            json!({"esrecordedmicros": "1"}),
            "line 1, `esrecordedmicros`: it excludes `time`, which is there as well",
        ),
        (
            json!({"time": null, "esrecordedmicros": "1e3"}),
            "line 1, `esrecordedmicros`: it must be a whole number of microseconds since 1970 in 64 bits, and is 1e3",
        ),
        (
            json!({"esversion": "0"}),
            "line 1, `esversion`: it must be a whole number from 1, in 64 bits, and is \"0\"",
        ),
        (
            json!({"esversion": -1}),
            "line 1, `esversion`: it must be a whole number from 1, in 64 bits, and is -1",
        ),
        (
            json!({"esversion": "18446744073709551616"}),
            "line 1, `esversion`: it must be a whole number from 1, in 64 bits, and is \"18446744073709551616\"",
        ),
        (
            json!({"esschema": "4294967296"}),
            "line 1, `esschema`: it must be a whole number from 0, in 32 bits, and is \"4294967296\"",
        ),
        (
            json!({"estags": "course:c1"}),
            "line 1, `estags`: it must be a JSON array of strings in a string, and is course:c1",
        ),
        (
            json!({"data": "(none)", "data_base64": "!!"}),
            "line 1, `data_base64`: it is not base64: Invalid symbol 33, offset 0.",
        ),
        (
            json!({"data_base64": ""}),
            "line 1, `data_base64`: it excludes `data`, which is there as well",
        ),
        (
            json!({"datacontenttype": "text/plain"}),
            "line 1, `data`: it must be a string, and is {}",
        ),
        (
            json!({"esmetadata": "{}", "esmetadatabase64": "e30="}),
            "line 1, `esmetadatabase64`: it excludes `esmetadata`, which is there as well",
        ),
        (
            json!({"trace-parent": "1"}),
            "line 1, `trace-parent`: the name of an attribute has lower-case letters and digits alone",
        ),
        (
            json!({"esversion": null, "comexample": []}),
            "line 1, `comexample`: it must be a string, a number or a boolean, and is []",
        ),
    ];
    for (changes, message) in cases {
        let error = Parser::new().parse(&line(changes)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    for (text, message) in [
        (
            "[]",
            "line 1: it is no JSON object: invalid type: sequence, expected an object at line 1 column 0",
        ),
        (
            "{\"id\":\"1\"",
            "line 1: it is no JSON object: EOF while parsing an object at line 1 column 9",
        ),
        (r#"{"id":"1","id":"2"}"#, "line 1, `id`: it is there twice"),
    ] {
        assert_eq!(Parser::new().parse(text).unwrap_err().to_string(), message);
    }
}

#[tokio::test]
async fn a_mistake_says_its_line_and_what_is_stored() {
    let good = lines(&sample::filled(3).await).await;
    let bad = format!("{good}\n  \n{}\n", line(json!({"type": "(none)"})));
    let store = MemoryStore::new();
    let error = Import::into(&store).read(bad.as_bytes()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 6, `type`: it is missing (everything up to line 0 is stored)"
    );
    assert!(all(&store).await.is_empty(), "a chunk is stored as a whole");

    let error = Import::into(&store).read(&b"\xff\n"[..]).await.unwrap_err();
    assert_eq!(error.problem.to_string(), "line 1: it is not UTF-8");

    let parser = Parser::new().line_limit(100);
    let error = Import::into(&store)
        .parser(parser)
        .read(good.as_bytes())
        .await
        .unwrap_err();
    assert_eq!(
        error.problem.to_string(),
        "line 1: it has more than 100 bytes, which is the most"
    );
    let error = Parser::new()
        .line_limit(100)
        .parse(&line(json!({})))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: it has more than 100 bytes, which is the most"
    );
}

#[tokio::test]
async fn what_the_store_refuses_is_said_by_its_line() {
    let store = MemoryStore::with_limits(Limits {
        payload: 20,
        ..Limits::default()
    });
    let two = format!(
        "{}\n{}\n",
        line(json!({})),
        line(json!({"esversion": "2", "data": "x".repeat(30)})),
    );
    let error = Import::into(&store).read(two.as_bytes()).await.unwrap_err();
    assert_eq!(
        error.problem.to_string(),
        "line 2: the store refuses the event: its payload has 32 bytes, and 20 is the most"
    );
    assert!(matches!(
        error.problem,
        ImportProblem::Refused { line: 2, .. }
    ));
}

#[test]
fn what_others_write_is_read_with_defaults() {
    let foreign = |changes: Value| {
        let mut all = json!({"esversion": "(none)", "datacontenttype": "(none)"});
        all.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        Parser::new().parse(&line(all)).unwrap()
    };
    let parsed = foreign(json!({
        "traceparent": "00-1", "retries": 5, "sampled": true, "unset": null, "dataschema": "urn:example:schema",
    }));
    let event = &parsed.record.event;
    assert_eq!((parsed.version, parsed.position), (None, None));
    assert_eq!(parsed.record.stream, stream("account/1"));
    assert_eq!(
        (event.schema, &*event.format, &*event.payload),
        (1, "json", &b"{}"[..])
    );
    let own = Metadata::from_stored(&event.metadata).unwrap().own;
    let own: Vec<_> = own
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        own,
        [
            ("ce-dataschema", "urn:example:schema"),
            ("ce-id", "1"),
            ("ce-retries", "5"),
            ("ce-sampled", "true"),
            ("ce-source", "urn:example:bank"),
            ("ce-traceparent", "00-1"),
        ]
    );

    for (changes, format, payload) in [
        (json!({"data": null}), "json", "null"),
        (json!({"data": "text"}), "json", "\"text\""),
        (json!({"data": "(none)"}), "json", "{}"),
        (
            json!({"data": [1.50], "datacontenttype": "application/vnd.x+JSON; charset=utf-8"}),
            "json",
            "[1.5]",
        ),
        (
            json!({"data": "<a/>", "datacontenttype": "Text/XML; charset=utf-8"}),
            "text/xml",
            "<a/>",
        ),
        (
            json!({"data": "(none)", "datacontenttype": "text/xml"}),
            "text/xml",
            "",
        ),
        (
            json!({"data": "(none)", "data_base64": "e30="}),
            "json",
            "{}",
        ),
        (
            json!({"data": "(none)", "data_base64": "AQI=", "datacontenttype": "application/x-bin"}),
            "application/x-bin",
            "\u{1}\u{2}",
        ),
    ] {
        let event = foreign(changes).record.event;
        assert_eq!(
            (&*event.format, &*event.payload),
            (format, payload.as_bytes())
        );
    }
    let event = foreign(json!({"time": "2024-02-29T13:00:00.1234567+01:00"}))
        .record
        .event;
    assert_eq!(event.recorded_at.to_string(), "2024-02-29T12:00:00.123456Z");
}

#[test]
fn a_stream_can_be_chosen_and_a_time_given() {
    let by_type = |event: &Attributes<'_>| format!("{}/{}", event.name, event.id);
    let parser = Parser::new()
        .stream_of(by_type)
        .missing_time(Timestamp::from_micros(7));
    let changes = json!({"subject": "(none)", "time": "(none)", "esversion": "(none)"});
    let record = parser.parse(&line(changes)).unwrap().record;
    assert_eq!(record.stream, stream("account.opened/1"));
    assert_eq!(record.event.recorded_at, Timestamp::from_micros(7));

    let parser = Parser::new().stream_of(|event| event.subject.unwrap_or("nothing").into());
    let error = parser
        .parse(&line(json!({"subject": "(none)"})))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, `subject`: `nothing` cannot name a stream: it has no `/` between the aggregate's name and the id"
    );
}

#[tokio::test]
async fn a_file_of_long_ago_is_read_as_ever() {
    let golden = include_str!("data/bank.jsonl");
    let store = MemoryStore::new();
    let imported = Import::into(&store).read(golden.as_bytes()).await.unwrap();
    assert_eq!(
        (imported.stored, imported.line, imported.last),
        (6, 6, Position(6))
    );

    let account = store
        .read_stream(StreamScan::of(stream("account/42")))
        .await
        .unwrap();
    let names: Vec<_> = account.iter().map(|event| &*event.name).collect();
    assert_eq!(
        names,
        ["account.opened", "account.credited", "account.photographed"]
    );
    assert_eq!(
        &*account[0].payload,
        br#"{"owner":"Ada \"Countess\" Lovelace"}"#
    );
    assert_eq!(
        account[0].tags().to_tags(),
        [Tag::new("owner", "ada"), Tag::new("branch", "Zürich, Süd")]
    );
    let metadata = Metadata::from_stored(&account[0].metadata).unwrap();
    assert_eq!(metadata.actor.as_deref(), Some("ada"));
    assert_eq!((account[1].version, account[1].schema), (Version(2), 3));
    assert_eq!(&*account[1].payload, b"{\n  \"amount\": 100.50\n}");
    assert_eq!(
        (&*account[2].format, &*account[2].payload),
        ("cbor", &[0xa0, 0xff, 0][..])
    );
    assert_eq!(&*account[2].metadata, [0xff]);

    let times: Vec<_> = all(&store)
        .await
        .iter()
        .map(|event| event.recorded_at.as_micros())
        .collect();
    assert_eq!(times[3..], [-1, -62_135_596_800_000_001, i64::MAX]);
    assert_eq!(lines(&store).await, golden, "what is written has changed");
}
