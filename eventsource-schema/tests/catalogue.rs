//! The catalogue of a shop in each of its forms, and that tools can read them.
#![allow(missing_docs, reason = "a program that is read as a whole")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::collections::BTreeMap;

use eventsource_core::prelude::*;
use eventsource_core::{Registry, Uuid};
use eventsource_schema::Catalogue;
use expect_test::expect_file;
use serde_json::{Value, json};

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub struct Never;

#[derive(Id)]
pub struct CustomerId(Uuid);

/// What is paid.
#[value]
pub struct Money(i64);

#[value]
pub enum Delivery {
    Collected,
    Sent { street: String, door: Option<u16> },
    Courier(String),
}

#[value]
#[serde(tag = "kind")]
pub enum Payment {
    Invoice,
    Card { digits: u16 },
}

#[value]
#[serde(tag = "t", content = "c")]
pub enum Mark {
    None,
    Text(String),
}

#[value]
pub struct Category {
    pub name: String,
    pub within: Option<Box<Category>>,
}

#[event(version = 1, of = Placed)]
pub struct PlacedV1 {
    #[tag]
    pub customer: CustomerId,
}

/// A customer has placed an order.
///
/// It holds everything that the warehouse needs.
#[event(name = "order.placed", version = 2, from = PlacedV1)]
pub struct Placed {
    /// Who pays | and is written to.
    #[tag]
    pub customer: CustomerId,
    pub total: Money,
    pub lines: Vec<(u32, String)>,
    pub delivery: Delivery,
    pub payment: Payment,
    pub mark: Mark,
    pub category: Category,
    pub notes: BTreeMap<u16, String>,
    #[serde(default)]
    pub letter: bool,
    pub anything: Option<Value>,
}

impl From<PlacedV1> for Placed {
    fn from(old: PlacedV1) -> Self {
        Self {
            customer: old.customer,
            total: Money(0),
            lines: Vec::new(),
            delivery: Delivery::Collected,
            payment: Payment::Invoice,
            mark: Mark::None,
            category: Category {
                name: "all".into(),
                within: None,
            },
            notes: BTreeMap::new(),
            letter: false,
            anything: None,
        }
    }
}

#[event(name = "order.cancelled")]
pub struct Cancelled;

/// An order of a shop.
#[aggregate(name = "order", id = u64, error = Never, events(Placed, Cancelled), commands(Place, Cancel))]
#[derive(Default)]
pub struct Order {
    open: bool,
}

/// Place an order.
#[command]
pub struct Place {
    pub customer: CustomerId,
    pub total: Money,
}

#[handle]
impl Order {
    fn place(&self, command: Place) -> Result<Placed, Never> {
        Ok(Placed {
            total: command.total,
            ..PlacedV1 {
                customer: command.customer,
            }
            .into()
        })
    }

    #[command]
    pub fn cancel(&self) -> Result<Option<Cancelled>, Never> {
        Ok(self.open.then_some(Cancelled))
    }
}

#[apply]
impl Order {
    fn placed(&mut self, _: &Placed) {
        self.open = true;
    }

    fn cancelled(&mut self, _: &Cancelled) {
        self.open = false;
    }
}

/// How many orders a customer has.
#[decision_model(events(Placed))]
pub struct Orders {
    #[tag]
    customer: CustomerId,
    count: u32,
}

#[apply]
impl Orders {
    fn placed(&mut self, _: &Placed) {
        self.count += 1;
    }
}

/// What is on its way to each customer.
#[derive(Default)]
pub struct Parcels(u32);

#[projection(name = "parcels", version = 2)]
impl Parcels {
    fn placed(&mut self, _: &Recorded<Placed>) {
        self.0 += 1;
    }

    fn cancelled(&mut self, _: &Recorded<Cancelled>) {
        self.0 -= 1;
    }
}

#[derive(Event)]
pub enum Notice {
    #[event(name = "notice.given")]
    Given { text: String },
}

fn catalogue() -> Catalogue {
    let registry = Registry::new()
        .with::<Order>()
        .with_consumer::<Orders>()
        .with_projection::<Parcels>()
        .with_events::<Notice>();
    Catalogue::of(&registry)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn each_form_is_as_it_was_reviewed() {
    let catalogue = catalogue();
    expect_file!["catalogue/shop.md"].assert_eq(&catalogue.to_markdown());
    expect_file!["catalogue/shop.json"].assert_eq(&pretty(&catalogue.to_json()));
    expect_file!["catalogue/asyncapi.json"]
        .assert_eq(&pretty(&catalogue.to_asyncapi("Shop", "1.0.0")));
    expect_file!["catalogue/event-model.mmd"].assert_eq(&catalogue.to_event_model());
}

#[test]
fn schemas_are_schemas_and_accept_what_is_stored() {
    let catalogue = catalogue();
    let messages = catalogue.events.iter().chain(&catalogue.commands);
    for message in messages {
        jsonschema::draft7::meta::validate(&message.schema)
            .unwrap_or_else(|error| panic!("{}: {error}", message.name));
        let schema = jsonschema::draft7::new(&message.schema).unwrap();
        schema
            .validate(&message.example)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", message.name, message.example));
    }
}

#[test]
fn schemas_refuse_what_is_not_read() {
    let catalogue = catalogue();
    let placed = catalogue
        .events
        .iter()
        .find(|event| event.name == "order.placed")
        .unwrap();
    let schema = jsonschema::draft7::options()
        .should_validate_formats(true)
        .build(&placed.schema)
        .unwrap();
    let is_read = |payload: &Value| serde_json::from_value::<Placed>(payload.clone()).is_ok();
    let with = |pointer: &str, value: Value| {
        let mut payload = placed.example.clone();
        *payload.pointer_mut(pointer).unwrap() = value;
        payload
    };
    let read = [
        with("/delivery", json!({ "Sent": { "street": "s" } })),
        with(
            "/delivery",
            json!({ "Sent": { "street": "s", "door": null } }),
        ),
        with("/payment", json!({ "kind": "Card", "digits": 7 })),
        with("/mark", json!({ "t": "Text", "c": "x" })),
        with(
            "/category",
            json!({ "name": "a", "within": { "name": "b", "within": null } }),
        ),
        with("/anything", json!([1, { "a": null }])),
        with("/anything", Value::Null),
    ];
    for payload in &read {
        assert!(is_read(payload), "{payload}");
        schema
            .validate(payload)
            .unwrap_or_else(|error| panic!("{error}: {payload}"));
    }
    let refused = [
        with("/customer", json!("nobody")),
        with("/total", json!("1")),
        with("/lines", json!([[1]])),
        with("/lines", json!([[-1, "x"]])),
        with("/delivery", json!("Lost")),
        with("/delivery", json!({ "Sent": {} })),
        with("/payment", json!({ "kind": "Card" })),
        with("/payment", json!({ "kind": "Card", "digits": 70_000 })),
        with("/mark", json!({ "t": "Text" })),
        with("/category", json!({ "name": "a", "within": { "name": 1 } })),
        with("/notes", json!({ "x": "not a number" })),
        with("/letter", Value::Null),
        json!({}),
    ];
    for payload in &refused {
        assert!(!is_read(payload), "{payload}");
        assert!(!schema.is_valid(payload), "{payload}");
    }
}

/// What every reference points to is there, and what the specification asks of each object.
#[test]
fn the_asyncapi_document_holds_together() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.push(reference.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = catalogue().to_asyncapi("Shop", "1.0.0");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    assert_eq!(document["asyncapi"], "3.0.0");
    let members = |value: &Value| value.as_object().unwrap().clone();
    let is_key = |key: &str| {
        key.chars()
            .all(|one| one.is_ascii_alphanumeric() || ".-_".contains(one))
    };
    for (key, channel) in members(&document["channels"]) {
        assert!(is_key(&key) && channel.get("address").is_some(), "{key}");
        for (name, _) in channel.get("parameters").map(members).unwrap_or_default() {
            let address = channel["address"].as_str().unwrap();
            assert!(address.contains(&format!("{{{name}}}")), "{key}");
        }
    }
    for (key, operation) in members(&document["operations"]) {
        assert!(
            ["send", "receive"].contains(&operation["action"].as_str().unwrap()),
            "{key}"
        );
        let channel = operation["channel"]["$ref"].as_str().unwrap();
        for message in operation["messages"].as_array().unwrap() {
            let message = message["$ref"].as_str().unwrap();
            assert!(
                message.starts_with(&format!("{channel}/messages/")),
                "{key}"
            );
        }
    }
    for (key, message) in members(&document["components"]["messages"]) {
        assert!(is_key(&key), "{key}");
        let payload = message["payload"]["$ref"].as_str().unwrap();
        // With the whole document around it, as references into it need it.
        let mut whole = document.clone();
        whole["$ref"] = payload.into();
        let schema = jsonschema::draft7::new(&whole).unwrap();
        for example in message["examples"].as_array().unwrap() {
            schema
                .validate(&example["payload"])
                .unwrap_or_else(|error| panic!("{key}: {error}"));
        }
    }
}

#[test]
fn a_layout_that_cannot_be_learnt_is_said_and_hides_nothing_else() {
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(try_from = "u64")]
    pub struct Even(u64);
    impl TryFrom<u64> for Even {
        type Error = String;
        fn try_from(number: u64) -> Result<Self, String> {
            Err(format!("{number} is not to my liking"))
        }
    }
    #[event(name = "counted")]
    pub struct Counted {
        pub number: Even,
    }
    #[derive(Event)]
    pub enum Count {
        Counted(Counted),
    }
    let catalogue = Catalogue::of(&Registry::new().with_events::<Count>().with::<Order>());
    let counted = &catalogue.events[0];
    assert_eq!(counted.name, "counted");
    let reason = counted.not_learnt.as_deref().unwrap();
    assert!(
        reason.starts_with("`number`: ") && reason.contains("not to my liking"),
        "{reason}"
    );
    assert_eq!(counted.schema, json!(true));
    assert!(
        catalogue
            .to_markdown()
            .contains("could not be learnt: `number`")
    );
}
