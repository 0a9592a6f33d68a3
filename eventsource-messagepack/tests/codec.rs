//! What is written is read, whatever its shape, and what is damaged is an error.

#![allow(missing_docs, reason = "a domain for the tests alone")]

use eventsource_core::message::MessageSet;
use eventsource_core::prelude::*;
use eventsource_core::{Codec, CodecError, Json, LoadError, MemoryStore, codec};
use eventsource_messagepack::MessagePack;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[value]
pub enum Detail {
    None,
    Number(i64),
    Pair(u8, String),
    Named { ratio: f64, maybe: Option<u32> },
}

#[event(name = "noted")]
pub struct Noted {
    pub text: String,
    pub details: Vec<Detail>,
    pub last: Option<Detail>,
}

#[event(name = "touched")]
pub struct Touched;

#[derive(Event, Debug, PartialEq, Clone, Serialize, Deserialize)]
enum Paper {
    Noted(Noted),
    Touched(Touched),
}

fn detail() -> impl Strategy<Value = Detail> {
    prop_oneof![
        Just(Detail::None),
        any::<i64>().prop_map(Detail::Number),
        (any::<u8>(), ".*").prop_map(|(number, text)| Detail::Pair(number, text)),
        (-1e300..1e300, any::<Option<u32>>())
            .prop_map(|(ratio, maybe)| Detail::Named { ratio, maybe }),
    ]
}

fn decode(payload: &[u8]) -> Result<Noted, CodecError> {
    MessagePack.decode(MessagePack::FORMAT, payload)
}

proptest! {
    #[test]
    fn what_is_written_is_read(text in ".*", details in prop::collection::vec(detail(), 0..5), last in prop::option::of(detail())) {
        let noted = Noted { text, details, last };
        let encoded = codec::encode(&MessagePack, &Paper::Noted(noted.clone())).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(decode(&encoded.payload).ok(), Some(noted));
        for cut in 0..encoded.payload.len() {
            prop_assert!(decode(&encoded.payload[..cut]).is_err());
        }
        let longer = [&*encoded.payload, &[0]].concat();
        prop_assert!(decode(&longer).is_err());
    }

    #[test]
    fn what_is_damaged_is_no_panic(payload in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&payload);
    }
}

#[test]
fn an_event_without_fields_may_get_some() {
    #[derive(Deserialize)]
    struct TouchedLater {
        by: Option<String>,
    }
    let encoded = codec::encode(&MessagePack, &Paper::Touched(Touched)).unwrap();
    assert_eq!(Paper::Touched(Touched).name(), encoded.name);
    let later: TouchedLater = MessagePack
        .decode(MessagePack::FORMAT, &encoded.payload)
        .unwrap();
    assert!(later.by.is_none());
    let earlier: Result<Touched, _> = MessagePack.decode(MessagePack::FORMAT, &encoded.payload);
    assert_eq!(earlier.ok(), Some(Touched));
}

#[test]
fn fields_go_by_their_names() {
    #[derive(Serialize)]
    struct Earlier {
        details: Vec<Detail>,
        gone: u8,
        text: &'static str,
    }
    let mut payload = Vec::new();
    MessagePack
        .encode(
            &Earlier {
                details: vec![],
                gone: 1,
                text: "t",
            },
            &mut payload,
        )
        .unwrap();
    assert_eq!(
        decode(&payload).ok(),
        Some(Noted {
            text: "t".into(),
            details: vec![],
            last: None
        })
    );
}

#[test]
fn json_is_read_and_another_format_is_named() {
    let payload = json!({"text": "t", "details": ["None"], "last": null}).to_string();
    let noted: Noted = MessagePack
        .decode(Json::FORMAT, payload.as_bytes())
        .unwrap();
    assert_eq!(noted.details, [Detail::None]);
    let unknown = MessagePack.decode::<Noted>("cbor", b"").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "the payload's format is `cbor`, and the codec here reads `messagepack` and `json`"
    );
    let json_alone = Json.decode::<Noted>(MessagePack::FORMAT, b"").unwrap_err();
    assert!(
        json_alone.to_string().contains("`messagepack`"),
        "{json_alone}"
    );
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub enum Never {}

#[aggregate(name = "sheet", id = u32, error = Never, events(Noted, Touched), commands(Note))]
#[derive(Default)]
pub struct Sheet {
    notes: usize,
}

#[apply]
impl Sheet {
    fn noted(&mut self, _: &Noted) {
        self.notes += 1;
    }

    fn touched(&mut self, _: &Touched) {}
}

#[handle]
impl Sheet {
    /// Writes something down.
    #[command]
    pub fn note(&self, text: String) -> (Noted, Touched) {
        (
            Noted {
                text,
                details: vec![],
                last: None,
            },
            Touched,
        )
    }
}

#[tokio::test]
async fn a_store_may_hold_a_mixture() -> Result<(), Box<dyn std::error::Error>> {
    let store = MemoryStore::new();
    let json = Repository::<Sheet, _>::new(store.clone());
    let pack = Repository::<Sheet, _>::new(store).codec(MessagePack);
    json.execute(&1, Note { text: "one".into() }).await?;
    pack.execute(&1, Note { text: "two".into() }).await?;
    assert_eq!(pack.load(&1).await?.notes, 2);
    match json.load(&1).await {
        Err(LoadError::Corrupt(corrupt)) => {
            let message = corrupt.to_string();
            assert!(
                message.contains(
                    "the payload's format is `messagepack`, and the codec here reads `json`"
                ),
                "{message}"
            );
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}
