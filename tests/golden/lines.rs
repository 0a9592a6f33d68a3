//! The events of a store as lines of CloudEvents.

use std::fs;
use std::path::Path;

use eventsource_cloudevents::{Export, Import};
use eventsource_core::{BoxError, MemoryStore, Store};

pub async fn write(store: &impl Store, path: &Path) -> Result<(), BoxError> {
    let mut lines = Vec::new();
    let mut export = Export::of(store).source("urn:golden");
    export.write_to(&mut lines).await?;
    Ok(fs::write(path, lines)?)
}

/// That another store is the same once it has read the lines, and writes the same ones.
pub async fn check(path: &Path) -> Result<(), BoxError> {
    let store = MemoryStore::new();
    let expected = fs::read(path)?;
    Import::into(&store).read(&*expected).await?;
    let mut lines = Vec::new();
    let mut export = Export::of(&store).source("urn:golden");
    export.write_to(&mut lines).await?;
    assert_eq!(String::from_utf8(lines)?, String::from_utf8(expected)?);
    Ok(())
}
