//! The rules of the downloads example, on events of all three versions of its program, and with snapshots.

#[path = "../examples/downloads/domain.rs"]
mod domain;

use domain::{
    Acquire, Acquired, AcquiredV1, AcquiredV2, Downloads, DownloadsEvent, Film, Refused, Release,
    Released, Renew, Renewed, limits, reasons,
};
use eventsource_core::prelude::*;
use eventsource_core::testing::snapshots_agree;
use eventsource_core::{MemoryStore, Snapshots};
use proptest::prelude::*;

fn on(device: &str, title: &str, year: u16) -> Acquired {
    Acquired {
        film: Film::called(title),
        device: device.into(),
        year,
    }
}

fn acquire(device: &str, title: &str, year: u16) -> Acquire {
    let Acquired { film, device, year } = on(device, title, year);
    Acquire { film, device, year }
}

#[test]
fn a_title_is_downloaded_so_often_in_a_year() {
    let taken = (
        on("a", "Icefall", 2024),
        on("b", "Icefall", 2024),
        on("c", "Icefall", 2024),
    );
    let (film, year, limit) = (Film::called("Icefall"), 2024, 3);
    Downloads::given(taken.clone())
        .when(acquire("d", "Icefall", 2024))
        .then_err(Refused::TooOften { film, year, limit });
    Downloads::given(taken)
        .when(acquire("d", "Icefall", 2025))
        .then(on("d", "Icefall", 2025));
    assert_eq!(limits("Aurora").title_a_year, 5);
}

#[test]
fn a_device_has_room_again_when_a_download_is_deleted() {
    let full = (on("a", "M", 2024), on("a", "N", 2024), on("a", "O", 2024));
    let (film, device, limit) = (Film::called("P"), "a".to_owned(), 3);
    Downloads::given(full.clone())
        .when(acquire("a", "P", 2024))
        .then_err(Refused::DeviceFull {
            film,
            device,
            limit,
        });
    let (title, device) = ("N".to_owned(), "a".to_owned());
    Downloads::given((full, Released { title, device }))
        .when(acquire("a", "P", 2024))
        .then(on("a", "P", 2024));
}

#[test]
fn only_what_is_there_is_renewed_or_deleted() {
    let (title, device) = ("M".to_owned(), "b".to_owned());
    let missing = Refused::NotThere {
        title: title.clone(),
        device: device.clone(),
    };
    let release = Release {
        title: title.clone(),
        device: device.clone(),
    };
    Downloads::given(on("a", "M", 2024))
        .when(release)
        .then_err(missing);
    let renewed = Renewed {
        title: title.clone(),
        device: device.clone(),
    };
    Downloads::given(on("b", "M", 2024))
        .when(Renew { title, device })
        .then(renewed);
}

/// What the programs before wrote counts as what today's one writes.
#[tokio::test]
async fn old_events_count() {
    let first = AcquiredV1 {
        title: "Icefall".into(),
        device: "a".into(),
        year: 2024,
    };
    let second = AcquiredV2::from(first.clone());
    assert_eq!(Acquired::from(second), on("a", "Icefall", 2024));
    let store = MemoryStore::new();
    let downloads = Repository::<Downloads, _>::new(store).snapshots(Snapshots::every(1));
    let ann = "ann".to_owned();
    for (device, title) in [("a", "M"), ("a", "N"), ("a", "O")] {
        downloads
            .execute(&ann, acquire(device, title, 2024))
            .await
            .unwrap();
    }
    let (title, device) = ("N".to_owned(), "a".to_owned());
    downloads
        .execute(&ann, Release { title, device })
        .await
        .unwrap();
    downloads
        .execute(&ann, acquire("a", "P", 2024))
        .await
        .unwrap();
    let history = downloads.history(&ann).await.unwrap();
    let (film, device, limit) = (Film::called("Q"), "a".to_owned(), 3);
    let refused = Refused::DeviceFull {
        film,
        device,
        limit,
    };
    assert_eq!(reasons(&refused, &history), [1, 3, 5]);
    let (film, year, limit) = (Film::called("M"), 2024, 5);
    assert_eq!(
        reasons(&Refused::TooOften { film, year, limit }, &history),
        [1]
    );
    assert_eq!(downloads.load(&ann).await.unwrap().on_devices(), 3);
}

fn any_event() -> impl Strategy<Value = DownloadsEvent> {
    let title = || prop::sample::select(vec!["Icefall", "Meridian", "Tide"]);
    let device = || prop::sample::select(vec!["tablet-1", "phone-1"]);
    prop_oneof![
        3 => (device(), title(), 2024..2027_u16).prop_map(|(device, title, year)| on(device, title, year).into()),
        1 => (device(), title()).prop_map(|(device, title)| {
            Released { title: title.into(), device: device.into() }.into()
        }),
        1 => (device(), title()).prop_map(|(device, title)| {
            Renewed { title: title.into(), device: device.into() }.into()
        }),
    ]
}

proptest! {
    #[test]
    fn a_snapshot_changes_nothing(history in prop::collection::vec(any_event(), 0..40)) {
        snapshots_agree::<Downloads>(&history);
    }
}
