//! The first version of the program in `main.rs`, which runs it: every title may be downloaded three times a year.

use std::collections::BTreeMap;

use eventsource_core::prelude::*;
use eventsource_core::{Snapshots, Snapshotted};
use eventsource_sqlite::SqliteStore;

#[event(name = "licence.acquired")]
pub struct Acquired {
    pub title: String,
    pub device: String,
    pub year: u16,
}

#[event(name = "licence.released")]
pub struct Released {
    pub title: String,
    pub device: String,
}

#[derive(Debug, thiserror::Error)]
#[error("`{title}` was downloaded three times in {year}")]
pub struct TooOften {
    title: String,
    year: u16,
}

/// What one customer has downloaded.
#[aggregate(
    name = "downloads",
    id = String,
    error = TooOften,
    events(Acquired, Released),
    commands(Acquire, Release),
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

    fn released(&mut self, _: &Released) {}
}

#[handle]
impl Downloads {
    #[command]
    pub fn acquire(&self, title: String, device: String, year: u16) -> Result<Acquired, TooOften> {
        let taken = self.taken.get(&title).and_then(|years| years.get(&year));
        ensure!(
            taken.is_none_or(|taken| *taken < 3),
            TooOften { title, year }
        );
        Ok(Acquired {
            title,
            device,
            year,
        })
    }

    #[command]
    pub fn release(&self, title: String, device: String) -> Result<Released, TooOften> {
        Ok(Released { title, device })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("which file?")?;
    let store = SqliteStore::open(file).await?;
    let downloads = Repository::<Downloads, _>::new(store.clone()).snapshots(Snapshots::declared());
    let ann = "ann".to_owned();
    for (title, device) in [("Icefall", "tablet-1"), ("Icefall", "phone-1")] {
        let (title, device) = (title.to_owned(), device.to_owned());
        let year = 2024;
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
    let (title, device) = ("Icefall".to_owned(), "phone-1".to_owned());
    downloads.execute(&ann, Release { title, device }).await?;
    let version = downloads.load(&ann).await?.version();
    println!(
        "first program:  {version} events, fingerprint {}",
        Downloads::FINGERPRINT
    );
    drop(downloads);
    store.close().await;
    Ok(())
}
