//! Reading the source in pages, and what becomes of an event on its way through the steps.

use std::ops::ControlFlow;

use eventsource_core::{
    EventRef, LogScan, NewEvent, Position, Record, Store, StoreError, StoredEvent, Visit,
};

use crate::error::MigrationProblem;
use crate::migration::Step;
use crate::note::is_note;

/// About as many events, and as many bytes, are read at once.
const PAGE: usize = 500;
const PAGE_BYTES: usize = 2 << 20;

/// Some events of a store, in order.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<StoredEvent>,
    bytes: usize,
    until: Position,
}

impl Visit for Page {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if event.position > self.until {
            return ControlFlow::Break(());
        }
        self.bytes += event.payload.len() + event.metadata.len();
        self.events.push(event.to_stored());
        match self.bytes < PAGE_BYTES {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

/// The next events after a position, and the position up to which everything was looked at; none after `until`.
pub(crate) async fn page<S: Store>(
    store: &S,
    after: Position,
    until: Position,
) -> Result<(Vec<StoredEvent>, Position), StoreError> {
    let page = Page {
        until,
        ..Page::default()
    };
    let scan = LogScan::after(after).limit(PAGE);
    let (page, seen) = store.scan_all(scan, page).await?;
    Ok((page.events, seen.min(until)))
}

/// What the steps make of an event. The notes of earlier migrations are left out.
pub(crate) fn change(steps: &[Step], event: StoredEvent) -> Result<Vec<Record>, MigrationProblem> {
    if is_note(&event.name) {
        return Ok(Vec::new());
    }
    let mut records = vec![record(&event)];
    for step in steps {
        let mut changed = Vec::with_capacity(records.len());
        for record in records {
            let made = step(record).map_err(|source| MigrationProblem::Step {
                stream: event.stream.clone(),
                version: event.version,
                position: event.position,
                event: event.name.to_string(),
                source,
            })?;
            changed.extend(made);
        }
        records = changed;
    }
    Ok(records)
}

/// An event as it would be stored anew.
pub(crate) fn record(event: &StoredEvent) -> Record {
    Record {
        stream: event.stream.clone(),
        event: NewEvent {
            name: event.name.to_string().into(),
            schema: event.schema,
            format: event.format.to_string().into(),
            payload: event.payload.to_vec(),
            metadata: event.metadata.as_ref().into(),
            recorded_at: event.recorded_at,
            tags: event.tags().to_tags(),
        },
    }
}
