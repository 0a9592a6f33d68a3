//! Import: lines into a store, in chunks, each of them once.

use std::collections::{BTreeMap, VecDeque};
use std::io::BufRead;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, Appended, Clock, EventRef, Key, ManyStreams, MultiStreamStore, Position,
    RejectedProblem, StoreError, StreamCheck, StreamName, StreamScan, SystemClock, TagList, Uuid,
    Version, Visit,
};

use crate::parse::{BadLine, Parsed, Parser};

/// The most events of a chunk, and about the most bytes: well within what a store accepts in one append.
const CHUNK: usize = 500;
const CHUNK_BYTES: usize = 1 << 20;
/// How often a chunk is sent while the store is overloaded or does not say what became of it, or others append as well.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The import of lines into a store, in their order.
///
/// Lines come from wherever they are read, one [`line`](Self::line) at a time and then [`finish`](Self::finish), or from
/// a [`BufRead`] by [`read`](Self::read). A chunk of them is one append: all of it is stored, or nothing.
///
/// # Once, however often
///
/// An import that was interrupted is simply begun anew, with the same lines or with more of them: what is stored already
/// is recognised.
///
/// - Each chunk has an idempotency key, made of the source, id and stream of its first and its last event, and a digest of
///   its lines and streams. So a chunk whose acknowledgement was lost is stored once.
/// - Events with a stream version, as every event that we have exported, are stored at this version or not at all
///   ([`Versions::Kept`]). Those that are there already, and are equal, are left out, whatever chunks they came in; a
///   different event at a version is an error.
/// - Events without one, and all with [`Versions::Renumbered`], go to the end of their streams, and the key alone
///   protects them: the same file from its first line is stored once, and a longer one with the same beginning up to
///   the last whole chunk that both have.
///
/// ```
/// use eventsource_cloudevents::{Export, Import};
/// use eventsource_core::MemoryStore;
/// # use eventsource_core::{Append, NewEvent, Store, StreamName, Timestamp};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let from = MemoryStore::new();
/// # let event = NewEvent { name: "account.opened".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
/// #     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![] };
/// # from.append(std::sync::Arc::new(Append::to(StreamName::parse("account/1")?).event(event))).await?;
/// let mut lines = Vec::new();
/// Export::of(&from).write_to(&mut lines).await?;
///
/// let to = MemoryStore::new();
/// let imported = Import::into(&to).read(&lines[..]).await?;
/// assert_eq!((imported.stored, imported.skipped), (1, 0));
///
/// let again = Import::into(&to).read(&lines[..]).await?;
/// assert_eq!((again.stored, again.skipped), (0, 1));
/// # Ok(()) }
/// ```
#[must_use = "an import stores its last events when it is finished"]
pub struct Import<S> {
    store: S,
    parser: Parser,
    versions: Versions,
    on_progress: Option<Box<dyn FnMut(Imported) + Send>>,
    line: u64,
    chunk: Vec<Pending>,
    bytes: usize,
    imported: Imported,
    /// Whether every call until now has come to its end.
    whole: bool,
}

/// Which versions the events get in their streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// Those that they had: for an export of whole streams, into a store without these streams or with their beginnings.
    #[default]
    Kept,
    /// The next ones of their streams: for a part of a store, or beside what is there.
    Renumbered,
}

/// What an import has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// How many events it has stored.
    pub stored: u64,
    /// How many were there already.
    pub skipped: u64,
    /// The last line whose event is stored, and all before it; 0 if there is none.
    pub line: u64,
    /// The position of the last event that it has stored or met, or [`Position::START`].
    pub last: Position,
}

/// Why an import has ended early. It can be begun anew once the reason is gone.
#[derive(Debug, thiserror::Error)]
#[error("{problem} (everything up to line {} is stored)", .imported.line)]
pub struct ImportError {
    /// What is stored.
    pub imported: Imported,
    /// Why no more is.
    #[source]
    pub problem: ImportProblem,
}

/// Why an import has ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportProblem {
    /// A line cannot be read.
    #[error(transparent)]
    Line(#[from] BadLine),
    /// The store does not take an event.
    #[error("line {line}: the store refuses the event: {problem}")]
    Refused {
        /// The line.
        line: u64,
        /// Which limit it breaks.
        problem: RejectedProblem,
    },
    /// An event does not follow on what is in its stream.
    #[error(
        "line {line}: it is version {version} of the stream `{stream}`, which has {actual} events before it; \
         `Versions::Renumbered` imports a part of a stream"
    )]
    Gap {
        /// The line.
        line: u64,
        /// The stream.
        stream: StreamName,
        /// The event's version.
        version: Version,
        /// The version before it.
        actual: Version,
    },
    /// Another event has this version.
    #[error(
        "line {line}: version {version} of the stream `{stream}` is another event in this store"
    )]
    Occupied {
        /// The line.
        line: u64,
        /// The stream.
        stream: StreamName,
        /// The version.
        version: Version,
    },
    /// Other events with the same ids were imported before.
    #[error(
        "lines {first} to {last}: events with these ids were imported before, and they were different"
    )]
    Different {
        /// The first line of the chunk.
        first: u64,
        /// Its last line.
        last: u64,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] AppendError),
    /// A call before this one has failed or was cancelled: lines are perhaps missing.
    #[error("the import has ended: a call before this one has failed or was cancelled")]
    Ended,
}

/// A line that is not stored yet.
struct Pending {
    line: u64,
    digest: Uuid,
    parsed: Parsed,
}

impl<S: MultiStreamStore> Import<S> {
    /// An import into this store.
    pub fn into(store: &S) -> Self {
        Self {
            store: store.clone(),
            parser: Parser::new(),
            versions: Versions::default(),
            on_progress: None,
            line: 0,
            chunk: Vec::new(),
            bytes: 0,
            imported: Imported::default(),
            whole: true,
        }
    }

    /// How lines are read.
    pub fn parser(mut self, parser: Parser) -> Self {
        self.parser = parser;
        self
    }

    /// Which versions the events get.
    pub fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Says after each chunk what is done.
    pub fn on_progress(mut self, say: impl FnMut(Imported) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(say));
        self
    }

    /// Takes the next line. It is stored with its chunk, at the latest by [`finish`](Self::finish).
    pub async fn line(&mut self, line: &str) -> Result<(), ImportError> {
        let number = self.line + 1;
        let taken = match self.begin() {
            Ok(()) => self.take(number, line).await,
            Err(ended) => Err(ended),
        };
        self.end(taken)
    }

    /// Takes all lines of a reader, and finishes. The reader is read on the caller's thread.
    pub async fn read(mut self, lines: impl BufRead) -> Result<Imported, ImportError> {
        let before = self.line;
        let mut lines = self.parser.lines(lines);
        while let Some(next) = lines.next() {
            let taken = match (self.begin(), next) {
                (Err(ended), _) => Err(ended),
                (Ok(()), Ok((number, line))) => self.take(before + number, &line).await,
                (Ok(()), Err(mut bad)) => {
                    bad.line += before;
                    Err(bad.into())
                }
            };
            self.end(taken)?;
        }
        self.finish().await
    }

    /// Stores what is left.
    pub async fn finish(mut self) -> Result<Imported, ImportError> {
        let stored = match self.begin() {
            Ok(()) => self.store().await,
            Err(ended) => Err(ended),
        };
        self.end(stored)?;
        Ok(self.imported)
    }

    fn begin(&mut self) -> Result<(), ImportProblem> {
        match std::mem::take(&mut self.whole) {
            true => Ok(()),
            false => Err(ImportProblem::Ended),
        }
    }

    fn end(&mut self, done: Result<(), ImportProblem>) -> Result<(), ImportError> {
        self.whole = done.is_ok();
        done.map_err(|problem| ImportError {
            imported: self.imported,
            problem,
        })
    }

    async fn take(&mut self, number: u64, line: &str) -> Result<(), ImportProblem> {
        self.line = number;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let parsed = self.parser.parse_numbered(number, line)?;
        let size = parsed.record.event.size() + parsed.record.stream.as_str().len();
        let ends = self.chunk.last().is_some_and(|last| {
            self.chunk.len() >= CHUNK
                || self.bytes + size > CHUNK_BYTES
                // Of events with a version it is known which are there, of others it is not: they share no key.
                || last.parsed.version.is_some() != parsed.version.is_some()
        });
        if ends {
            self.store().await?;
        }
        self.bytes += size;
        self.chunk.push(Pending {
            line: number,
            digest: {
                let stream = parsed.record.stream.as_str();
                Uuid::new_v5(
                    &Uuid::new_v5(&Uuid::nil(), stream.as_bytes()),
                    line.as_bytes(),
                )
            },
            parsed,
        });
        Ok(())
    }

    /// Stores the chunk.
    async fn store(&mut self) -> Result<(), ImportProblem> {
        let mut chunk = std::mem::take(&mut self.chunk);
        self.bytes = 0;
        let Some(line) = chunk.last().map(|last| last.line) else {
            return Ok(());
        };
        let kept = self.versions == Versions::Kept && chunk[0].parsed.version.is_some();
        let clock = SystemClock;
        let mut attempt = 1;
        while !chunk.is_empty() {
            let append = Arc::new(append(&chunk, kept)?);
            // Sent again as it is, so that its key is recognised.
            let error = loop {
                let error = match self.store.append_across(append.clone()).await {
                    Ok(appended) => {
                        self.count(&chunk, &appended);
                        chunk.clear();
                        break None;
                    }
                    Err(error) => error,
                };
                let again = matches!(
                    error,
                    AppendError::Unknown { .. }
                        | AppendError::Overloaded { .. }
                        | AppendError::Store(StoreError::Overloaded { .. })
                );
                if !again || attempt >= ATTEMPTS {
                    break Some(error);
                }
                clock.sleep(FIRST_PAUSE * 2_u32.pow(attempt)).await;
                attempt += 1;
            };
            match error {
                None => {}
                Some(AppendError::Rejected(rejected)) => {
                    let refused = chunk.get(rejected.index).or(chunk.last());
                    return Err(ImportProblem::Refused {
                        line: refused.map_or(line, |refused| refused.line),
                        problem: rejected.problem,
                    });
                }
                Some(AppendError::Conflict(_) | AppendError::KeyReused)
                    if kept && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                    chunk = self.leave_out(chunk).await?;
                }
                Some(AppendError::KeyReused) => {
                    let first = chunk.first().map_or(line, |first| first.line);
                    return Err(ImportProblem::Different { first, last: line });
                }
                Some(error) => return Err(error.into()),
            }
        }
        self.imported.line = line;
        if let Some(say) = &mut self.on_progress {
            say(self.imported);
        }
        Ok(())
    }

    fn count(&mut self, chunk: &[Pending], appended: &Appended) {
        match appended.repeated {
            true => self.imported.skipped += chunk.len() as u64,
            false => self.imported.stored += chunk.len() as u64,
        }
        if let Some(placed) = appended.placed.last() {
            self.imported.last = placed.position;
        }
    }

    /// Leaves out what is in the store already, and says what stands in the way of the rest.
    async fn leave_out(&mut self, chunk: Vec<Pending>) -> Result<Vec<Pending>, ImportProblem> {
        let mut streams: BTreeMap<StreamName, Vec<Pending>> = BTreeMap::new();
        for pending in chunk {
            let stream = pending.parsed.record.stream.clone();
            streams.entry(stream).or_default().push(pending);
        }
        let mut rest = Vec::new();
        for (stream, events) in streams {
            // They follow on each other: `append` has looked.
            let versions = || events.iter().filter_map(|event| event.parsed.version);
            let (Some(first), Some(last)) = (versions().next(), versions().next_back()) else {
                continue;
            };
            let before = Version(first.0.saturating_sub(1));
            let scan = StreamScan::of(stream.clone()).after(before).until(last);
            let line = events[0].line;
            let compared = Compare {
                expected: events.into(),
                skipped: 0,
                last: Position::START,
                other: None,
            };
            let (store, failed) = (&self.store, AppendError::from);
            let compared = store.scan_stream(scan, compared).await.map_err(failed)?;
            if let Some((line, version)) = compared.other {
                return Err(ImportProblem::Occupied {
                    line,
                    stream,
                    version,
                });
            }
            if compared.skipped == 0 {
                let scan = StreamScan::of(stream.clone()).backwards().limit(1);
                let newest = store.read_stream(scan).await.map_err(failed)?;
                let actual = newest.first().map_or(Version::NONE, |event| event.version);
                if actual < before {
                    return Err(ImportProblem::Gap {
                        line,
                        stream,
                        version: first,
                        actual,
                    });
                }
            }
            self.imported.skipped += compared.skipped;
            self.imported.last = self.imported.last.max(compared.last);
            rest.extend(compared.expected);
        }
        rest.sort_by_key(|pending| pending.line);
        Ok(rest)
    }
}

/// A chunk as one append, with its key, and with checks of the versions where they are to be kept.
fn append(chunk: &[Pending], kept: bool) -> Result<Append<ManyStreams>, ImportProblem> {
    let mut append = Append::across();
    let mut versions: BTreeMap<&StreamName, Version> = BTreeMap::new();
    let mut digests = Vec::with_capacity(chunk.len() * 16);
    for Pending {
        line,
        digest,
        parsed,
    } in chunk
    {
        let stream = &parsed.record.stream;
        if let Some(version) = parsed.version.filter(|_| kept) {
            let before = Version(version.0.saturating_sub(1));
            match versions.insert(stream, version) {
                None => append = append.if_stream(StreamCheck::At(stream.clone(), before)),
                Some(actual) if actual == before => {}
                Some(actual) => {
                    return Err(ImportProblem::Gap {
                        line: *line,
                        stream: stream.clone(),
                        version,
                        actual,
                    });
                }
            }
        }
        digests.extend_from_slice(digest.as_bytes());
        append = append.record(stream.clone(), parsed.record.event.clone());
    }
    let mut ends = String::new();
    for Pending { parsed, .. } in chunk.first().into_iter().chain(chunk.last()) {
        // None of them has a line break.
        for part in [&parsed.source, &parsed.id, parsed.record.stream.as_str()] {
            ends.push_str(part);
            ends.push('\n');
        }
    }
    Ok(append.key(Key::given("cloudevents", &ends, &digests)))
}

/// Compares a stream with what was read, and stops at the first difference.
struct Compare {
    /// What has not been met yet.
    expected: VecDeque<Pending>,
    skipped: u64,
    last: Position,
    /// Where another event stands, and the line of the one that belongs there.
    other: Option<(u64, Version)>,
}

impl Visit for Compare {
    fn visit(&mut self, stored: EventRef<'_>) -> ControlFlow<()> {
        match self.expected.pop_front() {
            Some(expected) if is_same(&stored, &expected.parsed) => {
                self.skipped += 1;
                self.last = stored.position;
                ControlFlow::Continue(())
            }
            Some(expected) => {
                self.other = Some((expected.line, stored.version));
                ControlFlow::Break(())
            }
            None => ControlFlow::Break(()),
        }
    }
}

/// Whether a stored event is the one that was read.
fn is_same(stored: &EventRef<'_>, parsed: &Parsed) -> bool {
    let event = &parsed.record.event;
    stored.name == event.name
        && stored.schema == event.schema
        && stored.format == event.format
        && *stored.payload == *event.payload
        && *stored.metadata == *event.metadata
        && stored.recorded_at == event.recorded_at
        && *stored.tags.as_stored() == *TagList::store(&event.tags)
}
