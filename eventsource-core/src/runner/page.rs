//! Reading a page of events for a slice: as many as make a batch, of the streams that belong to it.

use std::ops::ControlFlow;

use crate::runner::checkpoint_store::Slice;
use crate::store::error::StoreError;
use crate::store::query::Query;
use crate::store::stored_event::{EventRef, StoredEvent};
use crate::store::stream::Position;
use crate::store::{LogScan, Store, Visit};

/// Events of a slice, and how far was looked.
pub(super) struct Page {
    pub(super) events: Vec<StoredEvent>,
    pub(super) read_to: Position,
    /// Whether there may be more after it already.
    pub(super) is_full: bool,
}

/// Reads the next page after a position.
pub(super) async fn read<S: Store>(
    store: &S,
    after: Position,
    query: &Query,
    slice: Slice,
    (events, bytes): (usize, usize),
) -> Result<Page, StoreError> {
    let mut scan = LogScan::after(after).matching(query.clone());
    if slice.count == 1 {
        scan = scan.limit(events);
    }
    let filling = Filling {
        slice,
        room: events,
        bytes,
        events: Vec::new(),
    };
    let (filled, read_to) = store.scan_all(scan, filling).await?;
    Ok(Page {
        is_full: filled.room == 0 || filled.bytes == 0,
        events: filled.events,
        read_to,
    })
}

struct Filling {
    slice: Slice,
    room: usize,
    bytes: usize,
    events: Vec<StoredEvent>,
}

impl Visit for Filling {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if self.slice.has(event.stream) {
            self.room = self.room.saturating_sub(1);
            self.bytes = self
                .bytes
                .saturating_sub(event.payload.len() + event.metadata.len());
            self.events.push(event.to_stored());
        }
        match self.room == 0 || self.bytes == 0 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
