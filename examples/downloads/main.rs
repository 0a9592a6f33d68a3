//! The licence accounting of a film service's downloads, whose rules and events have changed twice over one log.
//!
//! `cargo run --release --example downloads` has the first and the second version of the program (`first.rs`,
//! `second.rs`) write to an SQLite file, one after the other, and goes on in the same file as the third. It shows that
//! their events are read, that their snapshots are not used, that a request which is sent twice is executed once, and
//! why a download was refused; at last what a load costs with snapshots and without. Begin with `domain.rs`.

mod domain;

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, ExecuteError, Fingerprint, NewEvent, SnapshotStore, Snapshots, Snapshotted, StreamName,
    StreamScan, Timestamp,
};
use eventsource_sqlite::SqliteStore;

use crate::domain::{Acquire, Downloads, Film, Refused, Release, reasons};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Service = Repository<Downloads, SqliteStore>;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("downloads.db");
    println!("Three programs, one log:");
    let first = run("downloads-first", &file)?;
    let second = run("downloads-second", &file)?;
    let store = SqliteStore::open(&file).await?;
    let service = Service::new(store.clone()).snapshots(Snapshots::declared());
    println!("  third program:  fingerprint {}\n", Downloads::FINGERPRINT);

    take_over(&service, [first, second]).await?;
    send_twice(&service).await?;
    refuse(&service).await?;
    measure(&store).await?;
    drop(service);
    store.close().await;
    Ok(())
}

/// Runs another version of the program on the file, and says the fingerprint of its code.
fn run(program: &str, file: &Path) -> Result<Fingerprint> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--example", program]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command
        .arg("--")
        .arg(file)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("`{program}` has failed: {}", output.status).into());
    }
    let said = String::from_utf8(output.stdout)?;
    println!("  {}", said.trim_end());
    let fingerprint = said.split_whitespace().last().unwrap_or_default();
    Ok(Fingerprint(u64::from_str_radix(fingerprint, 16)?))
}

fn ann() -> String {
    "ann".to_owned()
}

fn stream(customer: &str) -> Result<StreamName> {
    Ok(StreamName::new(Downloads::NAME, &customer.to_owned())?)
}

/// The events are as they were written; the states that others have kept are not taken for today's.
async fn take_over(service: &Service, before: [Fingerprint; 2]) -> Result<()> {
    println!("What they have stored:");
    for event in service
        .store()
        .read_stream(StreamScan::of(stream("ann")?))
        .await?
    {
        let payload = String::from_utf8_lossy(&event.payload);
        println!(
            "  {:>2} {} (version {}) {payload}",
            event.version, event.name, event.schema
        );
    }
    println!("What they have kept, and what is not used:");
    for fingerprint in before {
        if let Some(kept) = service
            .store()
            .snapshot(stream("ann")?, fingerprint)
            .await?
        {
            let state = String::from_utf8_lossy(&kept.state);
            println!("  {fingerprint}: {state} at version {}", kept.version);
        }
    }
    let today = service
        .store()
        .snapshot(stream("ann")?, Downloads::FINGERPRINT)
        .await?;
    assert!(
        today.is_none(),
        "nobody has taken a snapshot with today's code"
    );
    let downloads = service.load(&ann()).await?;
    println!("Made from the events alone, with today's code:");
    let (films, version) = (downloads.on_devices(), downloads.version());
    println!("  {films} films on devices, version {version}\n");
    Ok(())
}

/// A client that got no answer asks again, with the same request id.
async fn send_twice(service: &Service) -> Result<()> {
    println!("One request, sent twice:");
    for _ in 0..2 {
        let acquire = Acquire {
            film: Film::called("Meridian"),
            device: "phone-1".into(),
            year: 2026,
        };
        let done = service
            .execute(&ann(), acquire)
            .idempotency_key("request-7")
            .await?;
        println!("  version {}, repeated: {}", done.version, done.repeated);
    }
    println!();
    Ok(())
}

/// What was refused, and what in the history is the reason.
async fn refuse(service: &Service) -> Result<()> {
    for (title, device, year) in [("Icefall", "phone-1", 2024), ("Icefall", "tablet-1", 2026)] {
        let acquire = |device: &str| Acquire {
            film: Film::called(title),
            device: device.to_owned(),
            year,
        };
        if year == 2026 {
            fill_device(service, device).await?;
        }
        match service.execute(&ann(), acquire(device)).await {
            Err(ExecuteError::Refused(refused)) => explain(service, &refused).await?,
            other => return Err(format!("not refused: {other:?}").into()),
        }
    }
    println!();
    Ok(())
}

/// Puts another film of the studio on the device; one that is deleted again does not count.
async fn fill_device(service: &Service, device: &str) -> Result<()> {
    for title in ["Icefall II", "Icefall III"] {
        let film = Film {
            title: title.into(),
            studio: "Northlight".into(),
        };
        let (device, year) = (device.to_owned(), 2026);
        let acquire = Acquire {
            film,
            device: device.clone(),
            year,
        };
        let full = service.execute(&ann(), acquire.clone()).await;
        if let Err(ExecuteError::Refused(Refused::DeviceFull { .. })) = full {
            let title = "Icefall".to_owned();
            service.execute(&ann(), Release { title, device }).await?;
            service.execute(&ann(), acquire).await?;
        }
    }
    Ok(())
}

async fn explain(service: &Service, refused: &Refused) -> Result<()> {
    println!("Refused: {refused}");
    let history = service.history(&ann()).await?;
    for version in reasons(refused, &history) {
        let recorded = history.iter().find(|recorded| recorded.version == version);
        if let Some(recorded) = recorded {
            println!(
                "  event {}, {}: {:?}",
                version, recorded.recorded_at, recorded.event
            );
        }
    }
    Ok(())
}

/// Histories of the three versions' events, loaded with a snapshot every hundred events and without.
async fn measure(store: &SqliteStore) -> Result<()> {
    println!("A load, with a snapshot every 100 events and without:");
    println!("  {:>8} {:>12} {:>12}", "events", "with", "without");
    let without = Service::new(store.clone());
    let with = without.clone().snapshots(Snapshots::declared());
    for count in [10, 100, 1_000, 10_000, 100_000] {
        let customer = format!("customer-{count}");
        write(store, &customer, count).await?;
        // The first load makes the snapshot.
        with.load(&customer).await?;
        while count >= 100
            && store
                .snapshot(stream(&customer)?, Downloads::FINGERPRINT)
                .await?
                .is_none()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (fast, one) = timed(&with, &customer).await?;
        let (slow, other) = timed(&without, &customer).await?;
        assert!(one == other, "a snapshot changes nothing");
        println!(
            "  {count:>8} {:>9} µs {:>9} µs",
            fast.as_micros(),
            slow.as_micros()
        );
    }
    Ok(())
}

/// The median of some loads, and what they load.
async fn timed(service: &Service, customer: &String) -> Result<(Duration, Downloads)> {
    let mut times = Vec::new();
    for _ in 0..11 {
        let begin = Instant::now();
        service.load(customer).await?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok((
        times[times.len() / 2],
        service.load(customer).await?.into_state(),
    ))
}

/// Events as the three programs write them: downloads, and deletions after them.
async fn write(store: &SqliteStore, customer: &str, count: u32) -> Result<()> {
    let event = |number: u32| {
        let (film, year) = (number / 2 % 40, 2024 + number / 2 % 3);
        let (name, schema, payload) = match (number % 2, number % 3) {
            (1, _) => (
                "licence.released",
                1,
                format!(r#"{{"title":"Film {film}","device":"tablet-1"}}"#),
            ),
            (_, 0) => (
                "licence.acquired",
                1,
                format!(r#"{{"title":"Film {film}","device":"tablet-1","year":{year}}}"#),
            ),
            (_, 1) => (
                "licence.acquired",
                2,
                format!(
                    r#"{{"title":"Film {film}","studio":"Aurora","device":"tablet-1","year":{year}}}"#
                ),
            ),
            _ => (
                "licence.acquired",
                3,
                format!(
                    r#"{{"film":{{"title":"Film {film}","studio":"Aurora"}},"device":"tablet-1","year":{year}}}"#
                ),
            ),
        };
        NewEvent {
            name: name.into(),
            schema,
            format: "json".into(),
            payload: payload.into_bytes(),
            metadata: [].into(),
            recorded_at: Timestamp::from_micros(1_700_000_000_000_000 + i64::from(number)),
            tags: Vec::new(),
        }
    };
    let numbers: Vec<u32> = (0..count).collect();
    for chunk in numbers.chunks(5_000) {
        let append = Append::to(stream(customer)?);
        let append = chunk
            .iter()
            .fold(append, |append, number| append.event(event(*number)));
        store.append(Arc::new(append)).await?;
    }
    Ok(())
}
