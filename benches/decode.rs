//! Decoding stored events: of today's version, with and without a chain of three steps behind them; and of the oldest
//! version, through the chain, and as it was read when it was today's, converted by hand. Both sides of each pair in one run, interleaved, medians and their ratio.
//!
//! `cargo bench --bench decode` times them. `cargo bench --bench decode -- chained`, `-- alone`, `-- old` and `-- by-hand`
//! run one side a fixed number of times, for a tool that counts instructions (`scripts/count-instructions`).

use std::hint::black_box;
use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_core::{EventRef, Json, Position, StreamName, TagList, Timestamp, Version, codec};

mod chained {
    use super::*;

    #[event(version = 1, of = Deposited)]
    pub struct DepositedV1 {
        pub amount: u64,
    }

    #[event(version = 2, of = Deposited, from = DepositedV1)]
    pub struct DepositedV2 {
        pub cents: u64,
    }

    #[event(version = 3, of = Deposited, from = DepositedV2)]
    pub struct DepositedV3 {
        pub cents: u64,
        pub note: String,
    }

    #[event(name = "account.deposited", version = 4, from = DepositedV3)]
    pub struct Deposited {
        pub cents: u64,
        pub note: String,
        pub branch: u32,
    }

    impl From<DepositedV1> for DepositedV2 {
        fn from(old: DepositedV1) -> Self {
            Self {
                cents: old.amount * 100,
            }
        }
    }

    impl From<DepositedV2> for DepositedV3 {
        fn from(old: DepositedV2) -> Self {
            Self {
                cents: old.cents,
                note: String::new(),
            }
        }
    }

    impl From<DepositedV3> for Deposited {
        fn from(old: DepositedV3) -> Self {
            Self {
                cents: old.cents,
                note: old.note,
                branch: 1,
            }
        }
    }

    #[event(name = "account.closed")]
    pub struct Closed;

    #[event]
    pub enum Happening {
        Closed(Closed),
        Deposited(Deposited),
    }
}

mod alone {
    use super::*;

    #[event(name = "account.deposited", version = 4, since = 4)]
    pub struct Deposited {
        pub cents: u64,
        pub note: String,
        pub branch: u32,
    }

    #[event(name = "account.closed")]
    pub struct Closed;

    #[event]
    pub enum Happening {
        Closed(Closed),
        Deposited(Deposited),
    }
}

mod first {
    use super::*;

    #[event(name = "account.deposited")]
    pub struct Deposited {
        pub amount: u64,
    }

    #[event(name = "account.closed")]
    pub struct Closed;

    #[event]
    pub enum Happening {
        Closed(Closed),
        Deposited(Deposited),
    }
}

const EVENTS: u64 = 10_000;
const TODAY: &[u8] = br#"{"cents":1234,"note":"for the roof","branch":7}"#;
const OLDEST: &[u8] = br#"{"amount":12}"#;

fn each<'a>(
    stream: &'a StreamName,
    schema: u32,
    payload: &'a [u8],
) -> impl Iterator<Item = EventRef<'a>> {
    let event = EventRef {
        position: Position(1),
        stream,
        version: Version(1),
        name: "account.deposited",
        schema,
        format: Json::FORMAT,
        payload,
        metadata: &[],
        recorded_at: Timestamp::default(),
        tags: TagList::from_stored(""),
    };
    (0..EVENTS).map(move |_| black_box(event))
}

fn decode_chained(schema: u32, payload: &[u8]) -> u64 {
    let stream = stream();
    let cents = |event: EventRef<'_>| match codec::decode(&Json, &event) {
        Ok(chained::Happening::Deposited(event)) => event.cents,
        _ => 0,
    };
    each(&stream, schema, payload).map(cents).sum()
}

fn decode_alone(schema: u32, payload: &[u8]) -> u64 {
    let stream = stream();
    let cents = |event: EventRef<'_>| match codec::decode(&Json, &event) {
        Ok(alone::Happening::Deposited(event)) => event.cents,
        _ => 0,
    };
    each(&stream, schema, payload).map(cents).sum()
}

/// What reading cost when the oldest version was today's, and the conversions.
fn by_hand(schema: u32, payload: &[u8]) -> u64 {
    use chained::{Deposited, DepositedV1, DepositedV2, DepositedV3};
    let stream = stream();
    let cents = |event: EventRef<'_>| match codec::decode(&Json, &event) {
        Ok(first::Happening::Deposited(first::Deposited { amount })) => {
            let second = DepositedV2::from(black_box(DepositedV1 { amount }));
            // All of it is made, as a reader of events makes all of it.
            black_box(Deposited::from(DepositedV3::from(second))).cents
        }
        _ => 0,
    };
    each(&stream, schema, payload).map(cents).sum()
}

fn stream() -> StreamName {
    StreamName::parse("account/1").expect("a stream's name")
}

type Side = (&'static str, fn(u32, &[u8]) -> u64, u32, &'static [u8]);

const SIDES: [Side; 4] = [
    ("chained", decode_chained, 4, TODAY),
    ("alone", decode_alone, 4, TODAY),
    ("old", decode_chained, 1, OLDEST),
    ("by-hand", by_hand, 1, OLDEST),
];

fn main() {
    let asked = std::env::args().nth(1);
    let asked = SIDES.iter().find(|side| Some(side.0) == asked.as_deref());
    if let Some((_, decode, schema, payload)) = asked {
        for _ in 0..20 {
            black_box(decode(*schema, payload));
        }
        return;
    }
    let mut times = SIDES.map(|_| Vec::new());
    let [today, alone, old, by_hand] =
        SIDES.map(|(_, decode, schema, payload)| decode(schema, payload));
    assert_eq!((today, old), (alone, by_hand), "both sides do the same");
    for _ in 0..301 {
        for ((_, decode, schema, payload), times) in SIDES.iter().zip(&mut times) {
            let start = Instant::now();
            black_box(decode(*schema, payload));
            times.push(start.elapsed().as_nanos() as f64 / EVENTS as f64);
        }
    }
    let [chained, alone, old, by_hand] = times.map(median);
    println!(
        "{:<44} {:>9} {:>9} {:>7}",
        "ns each, medians", "chain", "without", "ratio"
    );
    let row = |what, left: f64, right: f64| {
        println!("{what:<44} {left:>9.1} {right:>9.1} {:>7.3}", left / right);
    };
    row("today's version", chained, alone);
    row("the oldest, and its conversions by hand", old, by_hand);
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
