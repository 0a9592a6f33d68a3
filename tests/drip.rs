//! The drip example: each thing that it shows, alone; and the rules of a drip.

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/drip.rs"]
mod drip;
mod example_program;

use drip::domain::*;
use drip::{Site, add_a_field, look_back, replay, support, survive};
use eventsource_core::prelude::*;
use tempfile::TempDir;

fn subscribed(cents: u32) -> Subscribed {
    Subscribed {
        fan: "bea".into(),
        cents,
    }
}

fn subscribe(cents: u32) -> Subscribe {
    Subscribe {
        fan: "bea".into(),
        cents,
    }
}

#[test]
fn what_is_so_already_is_nothing() {
    Drip::given(()).when(subscribe(100)).then(subscribed(100));
    Drip::given(())
        .when(subscribe(99))
        .then_err(DripError::TooLittle);
    let supported = || Drip::given(subscribed(100));
    supported().when(subscribe(100)).then_nothing();
    supported().when(subscribe(200)).then(subscribed(200));
    let fan = || "bea".to_owned();
    let cancel = Cancel { fan: fan() };
    supported().when(cancel).then(Cancelled { fan: fan() });
    Drip::given(()).when(Cancel { fan: fan() }).then_nothing();
}

async fn site() -> (TempDir, Site) {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::open(folder.path()).await.unwrap();
    (folder, site)
}

#[tokio::test]
async fn a_fan_reads_at_once_and_is_thanked_later() {
    let (_folder, site) = site().await;
    site.subscribe("ann", "bea", 500).await.unwrap();
    assert!(site.world.may_read("ann", "bea").await.unwrap());
    assert_eq!(site.world.mails().await.unwrap(), (Vec::new(), 0));
    site.send_thanks(false).await.unwrap();
    let (mails, asked) = site.world.mails().await.unwrap();
    assert_eq!((mails.len(), asked), (1, 1));
    site.store.close().await;
}

#[tokio::test]
async fn it_is_supported_looked_back_at_and_replayed() {
    let (_folder, site) = site().await;
    support(&site).await.unwrap();
    look_back(&site).await.unwrap();
    replay(&site).await.unwrap();
    let (mails, asked) = site.world.mails().await.unwrap();
    assert_eq!((mails.len(), asked), (2, 2), "{mails:?}");
    site.store.close().await;
}

#[tokio::test]
async fn a_process_is_killed_at_each_point_and_each_fan_is_thanked_once() {
    let (folder, site) = site().await;
    let program = example_program::of("drip");
    survive(&site, folder.path(), &program).await.unwrap();
    let (mails, asked) = site.world.mails().await.unwrap();
    // One was sent twice, under one key.
    assert_eq!((mails.len(), asked), (6, 7), "{mails:?}");
    site.store.close().await;
}

#[tokio::test]
async fn a_field_is_added_while_the_model_is_in_use() {
    let (folder, site) = site().await;
    site.subscribe("ann", "bea", 500).await.unwrap();
    add_a_field(&site, folder.path()).await.unwrap();
    site.store.close().await;
}
