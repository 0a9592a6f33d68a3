//! What subjects cost the servers: each stream, tag and key has one, of which every server keeps an entry in memory.
//!
//! `scripts/subjects [COUNT]` fills a store on three servers of its own with so many of them, a million unless given, half as keys
//! and half as tags; says what memory and disk they take, and how long the servers are away after `kill -9` of the leader, and
//! of all three.
#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    reason = "a program, and figures for people"
)]

#[path = "../tests/cluster/mod.rs"]
mod cluster;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::Client;
use bytes::Bytes;
use cluster::Cluster;
use eventsource_core::{
    Append, IdSource, Key, NewEvent, RandomIds, Store, StreamName, Tag, Timestamp, Uuid,
};
use eventsource_nats::NatsStore;
use futures_util::StreamExt;

const STORE: &str = "SUBJECTS";
/// How many messages may wait for their acknowledgement.
const UNDER_WAY: u64 = 8_192;
/// Bytes of a message: about those of a copy of a small event.
const BODY: &[u8] = &[0; 120];

#[tokio::main]
async fn main() {
    let count = std::env::var("SUBJECTS").map_or(20_000, |text| text.parse().expect("a number"));
    let mut servers = Cluster::start("subjects");
    let store = servers.open(STORE).await;
    let client = async_nats::connect(servers.url().split(',').collect::<Vec<_>>())
        .await
        .expect("a connection");
    println!(
        "| subjects | memory of a server, MiB | disk of a server, MiB | bytes of memory a subject | appends/s, 64 tasks |"
    );
    println!("|---:|---:|---:|---:|---:|");
    let before = memory(&servers);
    report(&servers, &store, 0, before).await;
    let mut made = 0;
    for part in 1..=4 {
        let until = count * part / 4;
        fill(&client, made, until).await;
        made = until;
        report(&servers, &store, made, before).await;
    }

    let leader = servers.await_leader(&client, STORE).await;
    servers.kill(leader);
    println!(
        "\nuntil an append is acknowledged after the leader was killed: {}",
        away(&store).await
    );
    let begin = Instant::now();
    servers.run(leader);
    println!(
        "until the one that was killed has caught up: {}",
        caught_up(&client, begin).await
    );

    (0..3).for_each(|node| servers.kill(node));
    let begin = Instant::now();
    (0..3).for_each(|node| servers.run(node));
    println!(
        "until an append is acknowledged after all three were killed: {}",
        away(&store).await
    );
    println!(
        "until all three have caught up: {}",
        caught_up(&client, begin).await
    );
    report(&servers, &store, made, before).await;
    store.close().await;
}

/// Has messages stored from one number to another, each with a subject of its own.
async fn fill(client: &Client, from: u64, until: u64) {
    let inbox = client.new_inbox();
    let mut answers = client
        .subscribe(inbox.clone())
        .await
        .expect("a subscription");
    let (mut sent, mut answered) = (from, from);
    while answered < until {
        while sent < until && sent - answered < UNDER_WAY {
            let id = RandomIds.fresh();
            let subject = match sent % 2 {
                0 => format!("{STORE}.k.{}", short(id)),
                _ => format!("{STORE}.t.customer:{sent}"),
            };
            let publish =
                client.publish_with_reply(subject, inbox.clone(), Bytes::from_static(BODY));
            publish.await.expect("it is sent");
            sent += 1;
        }
        let answer = tokio::time::timeout(Duration::from_secs(60), answers.next()).await;
        let answer = answer
            .expect("an answer in time")
            .expect("the connection is open");
        let text = String::from_utf8_lossy(&answer.payload);
        assert!(!text.contains("\"error\""), "{text}");
        answered += 1;
    }
}

/// As short as the subject of a key.
fn short(id: Uuid) -> String {
    id.simple().to_string()[..22].to_owned()
}

/// The mean resident memory of the servers, in bytes.
fn memory(servers: &Cluster) -> u64 {
    (0..3).map(|node| servers.memory(node)).sum::<u64>() / 3
}

fn disk(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => disk(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

async fn report(servers: &Cluster, store: &NatsStore, made: u64, before: u64) {
    let rate = rate(store, made).await;
    let (memory, disk) = (memory(servers), disk(&servers.folder().join("node0")));
    let each = memory.saturating_sub(before).checked_div(made).unwrap_or(0);
    println!(
        "| {made} | {} | {} | {each} | {rate:.0} |",
        memory >> 20,
        disk >> 20
    );
}

/// Appends with a tag and a key a second.
async fn rate(store: &NatsStore, made: u64) -> f64 {
    let (begin, time) = (Instant::now(), Duration::from_secs(3));
    let task = |task: u64| async move {
        let mut done = 0_u64;
        while begin.elapsed() < time {
            append(store, &format!("{made} {task} {done}"))
                .await
                .expect("an append");
            done += 1;
        }
        done
    };
    let done: u64 = futures_util::future::join_all((0..64).map(task))
        .await
        .iter()
        .sum();
    done as f64 / begin.elapsed().as_secs_f64()
}

async fn append(store: &NatsStore, name: &str) -> Result<(), eventsource_core::AppendError> {
    let event = NewEvent {
        name: "account.deposited".into(),
        schema: 1,
        format: "json".into(),
        payload: b"{\"amount\":100}".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: vec![Tag::new("name", name)],
    };
    let stream = StreamName::new("account", &name.to_owned()).expect("a name");
    let append = Append::to(stream)
        .if_new()
        .key(Key::given("bench", name, b""))
        .event(event);
    store.append(Arc::new(append)).await.map(drop)
}

/// How long it takes until the store takes an append.
async fn away(store: &NatsStore) -> String {
    let begin = Instant::now();
    for attempt in 0_u64.. {
        if append(store, &format!("{begin:?} {attempt}")).await.is_ok() {
            break;
        }
    }
    format!("{:.1} s", begin.elapsed().as_secs_f64())
}

/// How long it took until every replica has what the leader has.
async fn caught_up(client: &Client, begin: Instant) -> String {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let asked = client.request(format!("$JS.API.STREAM.INFO.{STORE}"), "".into());
        let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_secs(2), asked).await else {
            continue;
        };
        let info: serde_json::Value = serde_json::from_slice(&answer.payload).expect("JSON");
        let replicas = info["cluster"]["replicas"].as_array();
        let is_current = |replica: &serde_json::Value| {
            replica["current"] == true && replica["lag"].as_u64().unwrap_or(0) == 0
        };
        if replicas.is_some_and(|replicas| replicas.len() == 2 && replicas.iter().all(is_current)) {
            return format!("{:.1} s", begin.elapsed().as_secs_f64());
        }
    }
}
