//! Export: the events of a store as lines, a page at a time.

use std::io;
use std::ops::ControlFlow;

use eventsource_core::{
    Checkpoint, EventRef, LogScan, Position, Query, Store, StoreError, StoreIdentity, Visit,
};

use crate::event::CloudEvent;
use crate::source::{is_uri_reference, source_of};

/// About how much a page has, in bytes: it ends with the event that reaches this.
const PAGE: usize = 256 << 10;
/// The most events of one page, for stores that fetch what a scan asks for before they show it.
const PAGE_EVENTS: usize = 1_000;

/// The export of a store, or of a part of it, as JSON lines. It ends with what was stored when it began.
///
/// Whoever has a sink asks for [pages](Self::next_page), with any runtime or none; [`write_to`](Self::write_to) is for a
/// [`std::io::Write`]. A page is all of it that is in memory.
///
/// ```
/// use eventsource_cloudevents::Export;
/// use eventsource_core::MemoryStore;
/// # use eventsource_core::{Append, NewEvent, Store, StreamName, Timestamp};
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// # let event = NewEvent { name: "account.opened".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
/// #     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![] };
/// # store.append(std::sync::Arc::new(Append::to(StreamName::parse("account/1")?).event(event))).await?;
/// # let path = std::env::temp_dir().join(format!("eventsource-export-{}.jsonl", std::process::id()));
/// let mut file = tokio::fs::File::create(&path).await?;
/// let mut export = Export::of(&store);
/// while let Some(page) = export.next_page().await? {
///     file.write_all(page.as_bytes()).await?;
///     let done = export.progress();
///     println!("{} events, position {} of {}", done.events, done.position, done.end);
/// }
/// file.sync_all().await?;
/// let later = Export::resume(&store, export.checkpoint())?; // what is stored from now on
/// # let _ = later;
/// # assert_eq!(tokio::fs::read_to_string(&path).await?.lines().count(), 1);
/// # tokio::fs::remove_file(&path).await?;
/// # Ok(()) }
/// ```
#[must_use = "an export does nothing until its pages are asked for"]
pub struct Export<S> {
    store: S,
    identity: StoreIdentity,
    source: String,
    query: Query,
    after: Position,
    until: Option<Position>,
    end: Option<Position>,
    events: u64,
    on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// So many events were exported.
    pub events: u64,
    /// Everything up to this position was looked at.
    pub position: Position,
    /// The position with which the export ends; [`Position::START`] until the first page was asked for.
    pub end: Position,
}

/// Why an export has ended early. What came before is whole, and [`Export::checkpoint`] says where to go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store could not be read, or began another life in the meantime.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source that was set is no URI reference.
    #[error("`{}` is no URI reference, as the source of an event must be", .source_text.escape_debug())]
    Source {
        /// What was set.
        source_text: String,
    },
    /// An event could not be written as JSON.
    #[error("the event at position {position} cannot be written as JSON: {source}")]
    Json {
        /// Where it stands.
        position: Position,
        /// Why.
        source: serde_json::Error,
    },
    /// The sink failed.
    #[error("writing the lines: {0}")]
    Write(#[from] io::Error),
}

impl<S: Store> Export<S> {
    /// The whole store, as it will be when the first page is asked for. Its source is `urn:eventsource:` and the
    /// store's id.
    pub fn of(store: &S) -> Self {
        let identity = store.identity();
        Self {
            store: store.clone(),
            identity,
            source: source_of(identity),
            query: Query::all(),
            after: Position::START,
            until: None,
            end: None,
            events: 0,
            on_progress: None,
        }
    }

    /// What comes after a checkpoint of an earlier export, of this store in this life.
    pub fn resume(store: &S, checkpoint: Checkpoint) -> Result<Self, StoreError> {
        checkpoint.check(store.identity())?;
        Ok(Self::of(store).after(checkpoint.position))
    }

    /// The `source` of every event: a URI reference for this store, the same for ever. With `id` it names an event in
    /// all the world.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// Only events that match this.
    pub fn matching(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// Only events after this position.
    pub fn after(mut self, position: Position) -> Self {
        self.after = position;
        self
    }

    /// Only events up to this position.
    pub fn until(mut self, position: Position) -> Self {
        self.until = Some(position);
        self
    }

    /// Says after each page that was written how far it is.
    pub fn on_progress(mut self, say: impl FnMut(Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(say));
        self
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            events: self.events,
            position: self.after,
            end: self.end.unwrap_or_default(),
        }
    }

    /// Where to go on once every page until now is kept.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            store: self.identity,
            position: self.after,
        }
    }

    /// The next whole lines, each with its end, or `None` at the end of the export.
    ///
    /// A call that failed or was cancelled can be repeated: nothing is left out.
    pub async fn next_page(&mut self) -> Result<Option<String>, ExportError> {
        let end = match self.end {
            Some(end) => end,
            None => {
                if !is_uri_reference(&self.source) {
                    return Err(ExportError::Source {
                        source_text: self.source.clone(),
                    });
                }
                let head = self.store.head().await?;
                if self.after > head {
                    let asked = self.after;
                    return Err(StoreError::BeyondHead { asked, head }.into());
                }
                let end = self.until.map_or(head, |until| until.min(head));
                *self.end.insert(end)
            }
        };
        while self.after < end {
            let scan = LogScan::after(self.after)
                .matching(self.query.clone())
                .limit(PAGE_EVENTS);
            let page = Page {
                source: self.source.clone(),
                end,
                lines: String::new(),
                events: 0,
                failed: None,
            };
            let (page, seen) = self.store.scan_all(scan, page).await?;
            // What was read in another life is not what the checkpoint would say.
            self.checkpoint().check(self.store.identity())?;
            if let Some((position, source)) = page.failed {
                return Err(ExportError::Json { position, source });
            }
            self.after = seen.min(end);
            self.events += page.events;
            if page.events > 0 {
                return Ok(Some(page.lines));
            }
        }
        Ok(None)
    }

    /// Writes what is left to a sink, and says how much was exported in all. The sink is written to between the reads,
    /// on the caller's thread: for a slow one in a busy executor there is [`next_page`](Self::next_page).
    ///
    /// After an error of the sink its last page is perhaps there in part; everything before it is whole.
    pub async fn write_to(&mut self, sink: &mut impl io::Write) -> Result<Progress, ExportError> {
        loop {
            let before = (self.after, self.events);
            let Some(page) = self.next_page().await? else {
                break;
            };
            if let Err(error) = sink.write_all(page.as_bytes()) {
                (self.after, self.events) = before;
                return Err(error.into());
            }
            let progress = self.progress();
            if let Some(say) = &mut self.on_progress {
                say(progress);
            }
        }
        sink.flush()?;
        Ok(self.progress())
    }
}

/// The lines of a page, written while the store shows its events.
struct Page {
    source: String,
    end: Position,
    lines: String,
    events: u64,
    failed: Option<(Position, serde_json::Error)>,
}

impl Visit for Page {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if event.position > self.end {
            return ControlFlow::Break(());
        }
        match CloudEvent::new(&self.source, event).to_json() {
            Ok(line) => {
                self.lines.push_str(&line);
                self.lines.push('\n');
                self.events += 1;
            }
            Err(error) => {
                self.failed = Some((event.position, error));
                return ControlFlow::Break(());
            }
        }
        match self.lines.len() < PAGE {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}
