//! A file for each test, and an event to put into it.

use std::path::{Path, PathBuf};

use eventsource_core::{NewEvent, Tag, Timestamp};

/// A path where no file is yet.
pub fn path(name: &str) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("events.db")
}

#[allow(dead_code, reason = "not every test wants one")]
pub fn event() -> NewEvent {
    NewEvent {
        name: "sample.made".into(),
        schema: 1,
        format: "json".into(),
        payload: b"{\"amount\":1}".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1),
        tags: vec![Tag::new("sample", 1)],
    }
}
