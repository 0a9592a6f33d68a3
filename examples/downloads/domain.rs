//! The licences for downloads of one customer, as today's program has them: limits for each title and year and for each
//! device, by studio. The events of both programs before it are read.

use std::collections::{BTreeMap, BTreeSet};

use eventsource_core::Recorded;
use eventsource_core::prelude::*;

/// As the first program wrote it.
#[event(version = 1, of = AcquiredV2)]
pub struct AcquiredV1 {
    pub title: String,
    pub device: String,
    pub year: u16,
}

/// As the second one wrote it: studios have limits of their own.
#[event(version = 2, of = Acquired, from = AcquiredV1)]
pub struct AcquiredV2 {
    pub title: String,
    pub studio: String,
    pub device: String,
    pub year: u16,
}

/// A film was downloaded to a device.
#[event(name = "licence.acquired", version = 3, from = AcquiredV2)]
pub struct Acquired {
    pub film: Film,
    pub device: String,
    pub year: u16,
}

/// A licence goes on.
#[event(name = "licence.renewed")]
pub struct Renewed {
    pub title: String,
    pub device: String,
}

/// A download was deleted, and its device has room again.
#[event(name = "licence.released")]
pub struct Released {
    pub title: String,
    pub device: String,
}

#[value]
#[derive(Eq, PartialOrd, Ord)]
pub struct Film {
    pub title: String,
    pub studio: String,
}

impl Film {
    /// A film of the catalogue.
    pub fn called(title: &str) -> Self {
        let studio = if title == "Icefall" {
            "Northlight"
        } else {
            "Aurora"
        };
        Self {
            title: title.to_owned(),
            studio: studio.to_owned(),
        }
    }
}

impl From<AcquiredV1> for AcquiredV2 {
    fn from(old: AcquiredV1) -> Self {
        Self {
            studio: Film::called(&old.title).studio,
            title: old.title,
            device: old.device,
            year: old.year,
        }
    }
}

impl From<AcquiredV2> for Acquired {
    fn from(old: AcquiredV2) -> Self {
        Self {
            film: Film {
                title: old.title,
                studio: old.studio,
            },
            device: old.device,
            year: old.year,
        }
    }
}

/// What a studio allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub title_a_year: usize,
    pub films_a_device: usize,
}

pub fn limits(studio: &str) -> Limits {
    let (title_a_year, films_a_device) = if studio == "Northlight" {
        (3, 2)
    } else {
        (5, 3)
    };
    Limits {
        title_a_year,
        films_a_device,
    }
}

/// Why there is no download.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("{} allows `{}` {limit} times a year, and {year} has them", .film.studio, .film.title)]
    TooOften { film: Film, year: u16, limit: usize },
    #[error("{} allows {limit} films on a device, and `{device}` has them", .film.studio)]
    DeviceFull {
        film: Film,
        device: String,
        limit: usize,
    },
    #[error("`{title}` is not on `{device}`")]
    NotThere { title: String, device: String },
}

/// The downloads of one customer.
#[aggregate(
    name = "downloads",
    id = String,
    error = Refused,
    events(Acquired, Renewed, Released),
    commands(Acquire, Renew, Release),
    snapshot(every = 100),
)]
#[derive(Default, PartialEq)]
pub struct Downloads {
    /// How often a title was downloaded in a year.
    taken: BTreeMap<String, BTreeMap<u16, usize>>,
    /// The films on each device.
    devices: BTreeMap<String, BTreeSet<Film>>,
}

#[apply]
impl Downloads {
    fn acquired(&mut self, event: &Acquired) {
        let years = self.taken.entry(event.film.title.clone()).or_default();
        *years.entry(event.year).or_default() += 1;
        let films = self.devices.entry(event.device.clone()).or_default();
        films.insert(event.film.clone());
    }

    fn renewed(&mut self, _: &Renewed) {}

    fn released(&mut self, event: &Released) {
        if let Some(films) = self.devices.get_mut(&event.device) {
            films.retain(|film| film.title != event.title);
        }
    }
}

#[handle]
impl Downloads {
    #[command]
    pub fn acquire(&self, film: Film, device: String, year: u16) -> Result<Acquired, Refused> {
        let Limits {
            title_a_year,
            films_a_device,
        } = limits(&film.studio);
        let years = self.taken.get(&film.title);
        let taken = years
            .and_then(|years| years.get(&year))
            .copied()
            .unwrap_or_default();
        let limit = title_a_year;
        ensure!(taken < limit, Refused::TooOften { film, year, limit });
        let films = self.devices.get(&device).into_iter().flatten();
        let own = films.filter(|other| other.studio == film.studio).count();
        let limit = films_a_device;
        ensure!(
            own < limit,
            Refused::DeviceFull {
                film,
                device,
                limit
            }
        );
        Ok(Acquired { film, device, year })
    }

    #[command]
    pub fn renew(&self, title: String, device: String) -> Result<Renewed, Refused> {
        ensure!(
            self.has(&title, &device),
            Refused::NotThere { title, device }
        );
        Ok(Renewed { title, device })
    }

    #[command]
    pub fn release(&self, title: String, device: String) -> Result<Released, Refused> {
        ensure!(
            self.has(&title, &device),
            Refused::NotThere { title, device }
        );
        Ok(Released { title, device })
    }
}

impl Downloads {
    fn has(&self, title: &str, device: &str) -> bool {
        let films = self.devices.get(device);
        films.is_some_and(|films| films.iter().any(|film| film.title == title))
    }

    /// How many films are on devices.
    pub fn on_devices(&self) -> usize {
        self.devices.values().map(BTreeSet::len).sum()
    }
}

/// What in the history leads to a refusal: the versions of the events that use the limit up.
pub fn reasons(refused: &Refused, history: &[Recorded<DownloadsEvent>]) -> Vec<u64> {
    let mut reasons = Vec::new();
    for recorded in history {
        let version = recorded.version.0;
        match (refused, &recorded.event) {
            (Refused::TooOften { film, year, .. }, DownloadsEvent::Acquired(event))
                if event.film.title == film.title && event.year == *year =>
            {
                reasons.push((version, film.title.clone()));
            }
            (Refused::DeviceFull { film, device, .. }, DownloadsEvent::Acquired(event))
                if event.film.studio == film.studio && event.device == *device =>
            {
                reasons.retain(|(_, title)| *title != event.film.title);
                reasons.push((version, event.film.title.clone()));
            }
            (Refused::DeviceFull { device, .. }, DownloadsEvent::Released(event))
                if event.device == *device =>
            {
                reasons.retain(|(_, title)| *title != event.title);
            }
            _ => {}
        }
    }
    reasons.into_iter().map(|(version, _)| version).collect()
}
