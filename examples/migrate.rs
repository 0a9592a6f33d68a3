//! A store of customers is migrated into a new file: names and streams are renamed, an event is split, addresses are
//! blackened, tags are added. A bar shows how far it is; it is interrupted half-way, goes on, and is verified.
//!
//! `cargo run --release --example migrate`

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, LogScan, ManyStreams, MultiStreamStore, NewEvent, Position, Record, Store, StreamName,
    Tag, Timestamp,
};
use eventsource_migrate::{Migration, StepError, steps};
use eventsource_sqlite::SqliteStore;
use indicatif::{ProgressBar, ProgressStyle};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CUSTOMERS: u64 = 20_000;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let old = SqliteStore::open(folder.path().join("old.db")).await?;
    let new = SqliteStore::open(folder.path().join("new.db")).await?;
    fill(&old).await?;
    println!("{} events are to be migrated", old.head().await?);

    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {eta} to go")?;
    let bar = ProgressBar::new(0).with_style(style);
    let shown = bar.clone();
    let migration = Migration::new(&old, &new)
        .then(steps::redact("customer.registered", |payload| {
            payload["email"] = "redacted".into();
        }))
        .then(steps::split("customer.moved", moved))
        .then(steps::rename("customer.registered", "member.joined"))
        .then(steps::rename_category("customer", "member"))
        .then(steps::retag(|record| {
            vec![Tag::new("member", record.stream.id())]
        }))
        .on_progress(move |progress| {
            shown.set_length(progress.end.0);
            shown.set_position(progress.migrated.position.0);
        });

    // Somebody pulls the plug.
    let pulled = tokio::time::timeout(Duration::from_millis(60), migration.run()).await;
    if pulled.is_err() {
        bar.suspend(|| println!("interrupted; what the target has is whole"));
    }
    let migrated = migration.run().await?;
    bar.finish_and_clear();
    println!(
        "{} events were read, {} are stored",
        migrated.read, migrated.stored
    );

    let verified = migration.verify().await?;
    println!(
        "verified: {} events in {} streams are what they must be",
        verified.events, verified.streams
    );
    for event in new
        .read_all(LogScan::after(Position::START).limit(3))
        .await?
    {
        let payload = String::from_utf8_lossy(&event.payload);
        println!(
            "  {} {} {} {payload}",
            event.stream, event.version, event.name
        );
    }
    old.close().await;
    new.close().await;
    Ok(())
}

/// A move was one event, and is two.
fn moved(record: Record) -> std::result::Result<[Record; 2], StepError> {
    let address: serde_json::Value = serde_json::from_slice(&record.event.payload)?;
    let part = |name: &'static str, member: &str| {
        let mut part = record.clone();
        part.event.name = name.into();
        part.event.payload = serde_json::json!({ member: address[member] })
            .to_string()
            .into();
        part
    };
    Ok([
        part("member.street-changed", "street"),
        part("member.city-changed", "city"),
    ])
}

async fn fill(store: &SqliteStore) -> Result<()> {
    let event = |name: &'static str, payload: String| NewEvent {
        name: name.into(),
        schema: 1,
        format: "json".into(),
        payload: payload.into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: Vec::new(),
    };
    for chunk in 0..CUSTOMERS / 1_000 {
        let mut append = Append::<ManyStreams>::across();
        for customer in chunk * 1_000..(chunk + 1) * 1_000 {
            let stream = StreamName::new("customer", &customer)?;
            let registered =
                format!(r#"{{"name":"C{customer}","email":"c{customer}@example.org"}}"#);
            let moved = format!(
                r#"{{"street":"Street {}","city":"City {}"}}"#,
                customer % 90,
                customer % 7
            );
            append = append
                .record(stream.clone(), event("customer.registered", registered))
                .record(stream, event("customer.moved", moved));
        }
        store.append_across(Arc::new(append)).await?;
    }
    Ok(())
}
