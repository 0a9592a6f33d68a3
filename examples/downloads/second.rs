//! The second version of the program in `main.rs`, which runs it: studios have limits of their own, so that events name the
//! studio; licences are renewed.

use std::collections::BTreeMap;

use eventsource_core::prelude::*;
use eventsource_core::{Snapshots, Snapshotted};
use eventsource_sqlite::SqliteStore;

#[event(version = 1, of = Acquired)]
pub struct AcquiredV1 {
    pub title: String,
    pub device: String,
    pub year: u16,
}

#[event(name = "licence.acquired", version = 2, from = AcquiredV1)]
pub struct Acquired {
    pub title: String,
    pub studio: String,
    pub device: String,
    pub year: u16,
}

impl From<AcquiredV1> for Acquired {
    fn from(old: AcquiredV1) -> Self {
        Self {
            studio: studio_of(&old.title).to_owned(),
            title: old.title,
            device: old.device,
            year: old.year,
        }
    }
}

#[event(name = "licence.renewed")]
pub struct Renewed {
    pub title: String,
    pub device: String,
}

#[event(name = "licence.released")]
pub struct Released {
    pub title: String,
    pub device: String,
}

fn studio_of(title: &str) -> &'static str {
    if title == "Icefall" {
        "Northlight"
    } else {
        "Aurora"
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{studio} allows `{title}` {limit} times in {year}")]
pub struct TooOften {
    studio: String,
    title: String,
    limit: u32,
    year: u16,
}

/// What one customer has downloaded.
#[aggregate(
    name = "downloads",
    id = String,
    error = TooOften,
    events(Acquired, Renewed, Released),
    commands(Acquire, Renew),
    snapshot(every = 2),
)]
#[derive(Default)]
pub struct Downloads {
    taken: BTreeMap<String, BTreeMap<u16, u32>>,
}

#[apply]
impl Downloads {
    fn acquired(&mut self, event: &Acquired) {
        let years = self.taken.entry(event.title.clone()).or_default();
        *years.entry(event.year).or_default() += 1;
    }

    fn renewed(&mut self, _: &Renewed) {}

    fn released(&mut self, _: &Released) {}
}

#[handle]
impl Downloads {
    #[command]
    pub fn acquire(&self, title: String, device: String, year: u16) -> Result<Acquired, TooOften> {
        let studio = studio_of(&title).to_owned();
        let limit = if studio == "Northlight" { 3 } else { 5 };
        let taken = self.taken.get(&title).and_then(|years| years.get(&year));
        if taken.is_some_and(|taken| *taken >= limit) {
            return Err(TooOften {
                studio,
                title,
                limit,
                year,
            });
        }
        Ok(Acquired {
            title,
            studio,
            device,
            year,
        })
    }

    #[command]
    pub fn renew(&self, title: String, device: String) -> Result<Renewed, TooOften> {
        Ok(Renewed { title, device })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("which file?")?;
    let store = SqliteStore::open(file).await?;
    let downloads = Repository::<Downloads, _>::new(store.clone()).snapshots(Snapshots::declared());
    let ann = "ann".to_owned();
    for (title, device, year) in [
        ("Icefall", "tablet-2", 2024),
        ("Meridian", "tablet-1", 2025),
    ] {
        let (title, device) = (title.to_owned(), device.to_owned());
        downloads
            .execute(
                &ann,
                Acquire {
                    title,
                    device,
                    year,
                },
            )
            .await?;
    }
    let (title, device) = ("Icefall".to_owned(), "tablet-1".to_owned());
    downloads.execute(&ann, Renew { title, device }).await?;
    let version = downloads.load(&ann).await?.version();
    println!(
        "second program: {version} events, fingerprint {}",
        Downloads::FINGERPRINT
    );
    drop(downloads);
    store.close().await;
    Ok(())
}
