//! The smallest aggregate: one event, one command, the latest of which counts.

use eventsource_core::MemoryStore;
use eventsource_core::prelude::*;

#[event(name = "location.updated")]
pub struct Updated {
    pub lat: f32,
    pub long: f32,
    pub alt: f32,
}

#[derive(Debug, thiserror::Error)]
#[error("{lat}, {long} is nowhere on earth")]
pub struct Nowhere {
    lat: f32,
    long: f32,
}

#[aggregate(name = "location", id = String, error = Nowhere, events(Updated), commands(Update))]
#[derive(Default)]
pub struct Location {
    last: Option<Updated>,
}

#[handle]
impl Location {
    #[command]
    pub fn update(&self, lat: f32, long: f32, alt: f32) -> Result<Updated, Nowhere> {
        ensure!(
            lat.abs() <= 90.0 && long.abs() <= 180.0,
            Nowhere { lat, long }
        );
        Ok(Updated { lat, long, alt })
    }
}

#[apply]
impl Location {
    fn updated(&mut self, event: &Updated) {
        self.last = Some(event.clone());
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locations = Repository::<Location, _>::new(MemoryStore::new());
    let drone = "drone".to_owned();
    for (lat, long, alt) in [(30.0, 20.0, 35.0), (10.0, 52.0, 31.0)] {
        locations.execute(&drone, Update { lat, long, alt }).await?;
    }
    for recorded in locations.history(&drone).await? {
        println!("{} {:?}", recorded.version, recorded.event);
    }
    println!("{:?}", locations.load(&drone).await?.last);
    let (lat, long, alt) = (91.0, 0.0, 0.0);
    println!(
        "{:?}",
        locations
            .execute(&drone, Update { lat, long, alt })
            .await
            .map_err(|error| error.to_string())
    );
    Ok(())
}
