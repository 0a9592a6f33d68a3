//! What is learnt of each kind of type.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::net::IpAddr;
use std::num::NonZeroU32;

use expect_test::{Expect, expect};
use serde::{Deserialize, Serialize};

use super::*;

fn read<T: serde::de::DeserializeOwned>(
    from: &mut dyn erased_serde::Deserializer<'_>,
) -> Result<(), erased_serde::Error> {
    <(T,)>::deserialize(from).map(drop)
}

fn learn_type<T: serde::de::DeserializeOwned + Serialize>(
    given: Vec<Value>,
) -> Result<Learnt, Unlearnt> {
    let rewrite = |value: &Value| {
        let value: T = serde_json::from_value(value.clone()).ok()?;
        serde_json::to_value(value).ok()
    };
    learn(
        &read::<T>,
        Hints {
            given,
            rewrite: Some(&rewrite),
            ..Hints::default()
        },
    )
}

/// What was learnt, as lines; and that every sample is read by `serde_json` too.
fn check<T: serde::de::DeserializeOwned + Serialize>(expected: Expect) {
    check_given::<T>(Vec::new(), expected);
}

fn check_given<T: serde::de::DeserializeOwned + Serialize>(given: Vec<Value>, expected: Expect) {
    let learnt = match learn_type::<T>(given) {
        Ok(learnt) => learnt,
        Err(Unlearnt { path, reason }) => {
            return expected.assert_eq(&format!("{path}: not learnt: {reason}"));
        }
    };
    let mut lines = String::new();
    for (path, node) in &learnt.layout.0 {
        let _ = writeln!(lines, "{path}: {node}");
    }
    for sample in &learnt.samples {
        let _ = writeln!(lines, "{sample}");
        if let Err(error) = serde_json::from_value::<T>(sample.clone()) {
            panic!("{sample} is not read: {error}\n{lines}");
        }
    }
    expected.assert_eq(&lines);
}

#[derive(Serialize, Deserialize)]
struct Plain {
    owner: String,
    amount: u64,
    balance: i32,
    rate: f64,
    open: bool,
    letter: char,
    nothing: (),
    note: Option<String>,
    #[serde(default)]
    count: u8,
    pair: (u8, String),
    list: Vec<u16>,
    map: BTreeMap<String, bool>,
    numbered: HashMap<u32, String>,
    id: uuid::Uuid,
    address: IpAddr,
    not_zero: NonZeroU32,
    array: [u8; 3],
    hash: [u8; 32],
    #[serde(rename = "kind of")]
    kind: String,
    #[serde(alias = "name", alias = "zname")]
    moved: String,
}

#[test]
fn plain_types() {
    check::<Plain>(expect![[r#"
        *: struct
        address: text of ipv4
        amount: u64
        array: tuple of 3
        array[0]: u8
        array[1]: u8
        array[2]: u8
        balance: i32
        count: u8, may be absent
        hash: tuple of 32
        hash[]: u8
        id: text of uuid
        "kind of": text
        letter: char
        list: list
        list[]: u16
        map: map
        map{key}: text
        map{}: bool
        moved: text, also name, also zname
        not_zero: u32
        note: text, may be null, may be absent
        nothing: nothing
        numbered: map
        numbered{key}: u32
        numbered{}: text
        open: bool
        owner: text
        pair: tuple of 2
        pair[0]: u8
        pair[1]: text
        rate: f64
        {"address":"192.0.2.1","amount":1,"array":[1,1,1],"balance":1,"count":1,"hash":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"id":"00000000-0000-4000-8000-000000000001","kind of":"text","letter":"c","list":[1],"map":{"text":true},"moved":"text","not_zero":1,"note":"text","nothing":null,"numbered":{"1":"text"},"open":true,"owner":"text","pair":[1,"text"],"rate":1.5}
    "#]]);
}

#[derive(Serialize, Deserialize)]
enum Method {
    Cash,
    Card { number: u16, holder: Option<Holder> },
    Voucher(String),
    Both(u8, u8),
}

#[derive(Serialize, Deserialize)]
enum Holder {
    Person { name: String },
    Firm(Firm),
}

#[derive(Serialize, Deserialize)]
struct Firm(String);

#[derive(Serialize, Deserialize)]
struct Paid {
    method: Method,
    methods: Vec<Method>,
}

#[test]
fn enums() {
    check::<Paid>(expect![[r#"
        *: struct
        method: enum
        method::Both: tuple of 2
        method::Both[0]: u8
        method::Both[1]: u8
        method::Card: struct
        method::Card.holder: enum, may be null, may be absent
        method::Card.holder::Firm: text
        method::Card.holder::Person: struct
        method::Card.holder::Person.name: text
        method::Card.number: u16
        method::Cash: nothing
        method::Voucher: text
        methods: list
        methods[]: enum
        methods[]::Both: tuple of 2
        methods[]::Both[0]: u8
        methods[]::Both[1]: u8
        methods[]::Card: struct
        methods[]::Card.holder: enum, may be null, may be absent
        methods[]::Card.holder::Firm: text
        methods[]::Card.holder::Person: struct
        methods[]::Card.holder::Person.name: text
        methods[]::Card.number: u16
        methods[]::Cash: nothing
        methods[]::Voucher: text
        {"method":"Cash","methods":["Cash"]}
        {"method":{"Card":{"holder":{"Person":{"name":"text"}},"number":1}},"methods":[{"Card":{"holder":{"Person":{"name":"text"}},"number":1}}]}
        {"method":{"Voucher":"text"},"methods":[{"Voucher":"text"}]}
        {"method":{"Both":[1,1]},"methods":[{"Both":[1,1]}]}
        {"method":{"Card":{"holder":{"Firm":"text"},"number":1}},"methods":[{"Card":{"holder":{"Firm":"text"},"number":1}}]}
    "#]]);
}

#[derive(Serialize, Deserialize)]
enum Tree {
    Branch(Box<Tree>, Box<Tree>),
    Leaf(i64),
}

#[derive(Serialize, Deserialize)]
struct Folder {
    name: String,
    folders: Vec<Folder>,
    parent: Option<Box<Folder>>,
    tree: Tree,
}

#[test]
fn types_that_hold_themselves() {
    check::<Folder>(expect![[r#"
        *: struct
        folders: list
        folders[]: same as *
        name: text
        parent: same as *, may be null, may be absent
        tree: enum
        tree::Branch: tuple of 2
        tree::Branch[0]: same as tree
        tree::Branch[1]: same as tree
        tree::Leaf: i64
        {"folders":[{"folders":[],"name":"text","parent":null,"tree":{"Leaf":1}}],"name":"text","parent":{"folders":[],"name":"text","parent":null,"tree":{"Leaf":1}},"tree":{"Branch":[{"Leaf":1},{"Leaf":1}]}}
        {"folders":[{"folders":[],"name":"text","parent":null,"tree":{"Leaf":1}}],"name":"text","parent":{"folders":[],"name":"text","parent":null,"tree":{"Leaf":1}},"tree":{"Leaf":1}}
    "#]]);
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Internal {
    Nothing,
    Card {
        number: u16,
        note: Option<String>,
        id: uuid::Uuid,
    },
    Firm {
        name: String,
        open: bool,
        inner: Inner,
    },
}

#[derive(Serialize, Deserialize)]
struct Inner {
    a: u8,
    b: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Nothing,
    Text(String),
    Card { number: u16 },
}

#[derive(Serialize, Deserialize)]
struct Tagged {
    internal: Internal,
    adjacent: Adjacent,
}

#[test]
fn tagged_enums() {
    check::<Tagged>(expect![[r#"
        *: struct
        adjacent: enum by t in c
        adjacent::Card: struct
        adjacent::Card.number: u16
        adjacent::Nothing: nothing
        adjacent::Text: text
        internal: enum by type
        internal::card: struct
        internal::card.id: text of uuid
        internal::card.note: text, may be null, may be absent
        internal::card.number: u16
        internal::firm: struct
        internal::firm.inner: struct
        internal::firm.inner.a: u8
        internal::firm.inner.b: text
        internal::firm.name: text
        internal::firm.open: bool
        internal::nothing: struct
        {"adjacent":{"c":null,"t":"Nothing"},"internal":{"type":"nothing"}}
        {"adjacent":{"c":"text","t":"Text"},"internal":{"id":"00000000-0000-4000-8000-000000000001","note":"text","number":1,"type":"card"}}
        {"adjacent":{"c":{"number":1},"t":"Card"},"internal":{"inner":{"a":1,"b":"text"},"name":"text","open":true,"type":"firm"}}
    "#]]);
}

#[derive(Serialize, Deserialize)]
struct Flat {
    own: u8,
    maybe: Option<u8>,
    #[serde(flatten)]
    inner: FlatInner,
}

#[derive(Serialize, Deserialize)]
struct FlatInner {
    text: String,
    optional: Option<u64>,
    #[serde(default)]
    defaulted: bool,
}

#[test]
fn flattened_structs() {
    check::<Flat>(expect![[r#"
        *: struct
        defaulted: bool, may be absent
        maybe: u8, may be null, may be absent
        optional: u64, may be null, may be absent
        own: u8
        text: text
        {"defaulted":true,"maybe":1,"optional":1,"own":1,"text":"text"}
    "#]]);
}

#[derive(Serialize, Deserialize)]
struct Any {
    value: Value,
    either: Either,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Text(String),
}

#[test]
fn what_is_looked_at() {
    check::<Any>(expect![[r#"
        *: struct
        either: any of number | text
        value: any of bool | list | map | number | text, may be null
        {"either":"text","value":"text"}
    "#]]);
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Iban(String);

impl TryFrom<String> for Iban {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_prefix("IBAN") {
            Some(rest) => Ok(Self(rest.to_owned())),
            None => Err("an IBAN begins with IBAN".to_owned()),
        }
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        format!("IBAN{}", iban.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Transferred {
    to: Iban,
    amount: u64,
}

#[test]
fn what_cannot_be_guessed_is_asked_for() {
    check::<Transferred>(expect!["to: not learnt: an IBAN begins with IBAN"]);
    check_given::<Transferred>(
        vec![serde_json::json!({"to": "IBAN7", "amount": 3})],
        expect![[r#"
            *: struct
            amount: u64
            to: text of its own format
            {"amount":1,"to":"IBAN7"}
            {"amount":3,"to":"IBAN7"}
        "#]],
    );
}
