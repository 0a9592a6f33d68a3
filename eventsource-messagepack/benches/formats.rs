//! What a payload takes, in bytes and in nanoseconds to write and to read, in each format. Sides run in turns; medians.
//!
//! postcard, which writes no names, stands here to show what they cost.

use std::hint::black_box;
use std::time::Instant;

use eventsource_core::{Codec, Json};
use eventsource_messagepack::MessagePack;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Deposited {
    amount: u64,
}

#[derive(Serialize, Deserialize)]
struct Ordered {
    customer: String,
    lines: Vec<Line>,
    express: bool,
    note: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    article: String,
    quantity: u32,
    price: u64,
}

fn main() {
    println!(
        "{:<12} {:<12} {:>6} {:>9} {:>9}",
        "event", "format", "bytes", "write ns", "read ns"
    );
    compare("small", &Deposited { amount: 12_345 });
    let line = |number: u32| Line {
        article: format!("article {number}"),
        quantity: number,
        price: 1_999,
    };
    let ordered = Ordered {
        customer: "a customer's name".into(),
        lines: (0..10).map(line).collect(),
        express: false,
        note: None,
    };
    compare("ten lines", &ordered);
}

/// A format, its bytes, and how it is written and read.
type Row<'a> = (&'a str, usize, &'a dyn Fn(&mut Vec<u8>), &'a dyn Fn());

fn compare<T: Serialize + DeserializeOwned>(event: &str, value: &T) {
    let encoded = |codec: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        codec(&mut bytes);
        bytes
    };
    let json = |into: &mut Vec<u8>| Json.encode(value, into).expect("JSON");
    let pack = |into: &mut Vec<u8>| MessagePack.encode(value, into).expect("MessagePack");
    let card = |into: &mut Vec<u8>| into.extend(postcard::to_allocvec(value).expect("postcard"));
    let (json_bytes, pack_bytes, card_bytes) = (encoded(&json), encoded(&pack), encoded(&card));
    let read_json = || drop(black_box(Json.decode::<T>("json", &json_bytes)));
    let read_pack = || {
        drop(black_box(
            MessagePack.decode::<T>("messagepack", &pack_bytes),
        ));
    };
    let read_card = || drop(black_box(postcard::from_bytes::<T>(&card_bytes)));
    let rows: [Row<'_>; 3] = [
        ("json", json_bytes.len(), &json, &read_json),
        ("messagepack", pack_bytes.len(), &pack, &read_pack),
        ("postcard", card_bytes.len(), &card, &read_card),
    ];
    let mut times = vec![(Vec::new(), Vec::new()); rows.len()];
    for _ in 0..51 {
        for ((_, _, write, read), (writes, reads)) in rows.iter().zip(&mut times) {
            let mut buffer = Vec::with_capacity(4_096);
            writes.push(each(|| {
                buffer.clear();
                write(&mut buffer);
                black_box(&buffer);
            }));
            reads.push(each(read));
        }
    }
    for ((format, bytes, ..), (writes, reads)) in rows.iter().zip(times) {
        println!(
            "{event:<12} {format:<12} {bytes:>6} {:>9.0} {:>9.0}",
            median(writes),
            median(reads)
        );
    }
}

/// Nanoseconds for one call.
fn each(mut call: impl FnMut()) -> f64 {
    const CALLS: u32 = 10_000;
    let begin = Instant::now();
    (0..CALLS).for_each(|_| call());
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
