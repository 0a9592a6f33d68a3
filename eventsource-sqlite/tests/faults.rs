//! Races, kills and followers with several processes. `scripts/faults-sqlite` runs their long forms.

mod scratch;

use eventsource_sqlite::SqliteStore;

async fn open(place: String) -> SqliteStore {
    SqliteStore::open(place).await.unwrap()
}

fn fresh_place(name: &str) -> String {
    scratch::path(name).to_str().unwrap().to_owned()
}

eventsource_faults::fault_tests!(open, fresh_place);
