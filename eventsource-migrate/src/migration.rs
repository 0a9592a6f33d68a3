//! The migration itself: read a page, change its events, append them with a note; and again, to the end.

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, Checkpoint, Clock as _, Key, ManyStreams, MultiStreamStore, Position,
    Record, Store, StoreError, StreamCheck, SystemClock, Uuid,
};

use crate::chunk::{change, page};
use crate::error::{MigrationError, MigrationProblem, StepError};
use crate::note::Notes;

/// About as many records, and as many bytes, go in one append: well within what a store accepts.
const CHUNK: usize = 500;
const CHUNK_BYTES: usize = 1 << 20;
/// How often a chunk is sent while the target is overloaded or does not say what became of it.
const ATTEMPTS: u32 = 8;
/// How often a run begins anew since somebody else has stored a chunk.
const OVERTAKEN: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// What becomes of one record: itself, changed or not, none or several in its place.
pub(crate) type Step = Box<dyn Fn(Record) -> Result<Vec<Record>, StepError> + Send + Sync>;

/// The migration of a store into another one. See [the crate](crate).
#[must_use = "a migration does nothing until it is run"]
pub struct Migration<S, T> {
    pub(crate) source: S,
    pub(crate) target: T,
    pub(crate) steps: Vec<Step>,
    beside_others: bool,
    on_progress: Option<Box<dyn Fn(Progress) + Send + Sync>>,
}

/// What was done, in this run and in those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Migrated {
    /// How many events of the source were read.
    pub read: u64,
    /// How many were stored in the target.
    pub stored: u64,
    /// Everything in the source up to here was looked at.
    pub position: Position,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What was done until now.
    pub migrated: Migrated,
    /// Where this run ends: the last position that the source had when it began.
    pub end: Position,
}

impl<S: Store, T: MultiStreamStore> Migration<S, T> {
    /// Everything in `source` into `target`, with nothing changed until a step says so.
    pub fn new(source: &S, target: &T) -> Self {
        Self {
            source: source.clone(),
            target: target.clone(),
            steps: Vec::new(),
            beside_others: false,
            on_progress: None,
        }
    }

    /// Changes each record: what the step returns takes its place. Steps follow one another in the order in which they
    /// are given. The usual ones are in [`steps`](crate::steps).
    pub fn then<R: IntoIterator<Item = Record>>(
        mut self,
        step: impl Fn(Record) -> Result<R, StepError> + Send + Sync + 'static,
    ) -> Self {
        let step = move |record| Ok(step(record)?.into_iter().collect());
        self.steps.push(Box::new(step));
        self
    }

    /// Takes a target that has events already. Those of a stream that both have come behind what is there.
    pub fn beside_others(mut self) -> Self {
        self.beside_others = true;
        self
    }

    /// Says after each chunk how far it is.
    pub fn on_progress(mut self, say: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(say));
        self
    }

    /// Migrates what the source has and the target has not got yet.
    ///
    /// A run that failed or was cancelled is run again: nothing is left out, and nothing is stored twice.
    pub async fn run(&self) -> Result<Migrated, MigrationError> {
        let mut migrated = Migrated::default();
        let mut attempt = 1;
        loop {
            match self.migrate(&mut migrated).await {
                Ok(()) => return Ok(migrated),
                // The last chunk of a run that was cancelled may still have been on its way: the notes say where to go on.
                Err(MigrationProblem::AnotherRuns) if attempt < OVERTAKEN => {
                    SystemClock.sleep(FIRST_PAUSE * attempt).await;
                    attempt += 1;
                }
                Err(problem) => return Err(MigrationError { migrated, problem }),
            }
        }
    }

    async fn migrate(&self, migrated: &mut Migrated) -> Result<(), MigrationProblem> {
        let source = self.source.identity();
        if source.id == self.target.identity().id {
            return Err(MigrationProblem::SameStore);
        }
        let (mut notes, earlier) = Notes::read(source, &self.target).await?;
        match earlier {
            Some(earlier) => *migrated = earlier,
            None if self.beside_others => {}
            None => match self.target.head().await? {
                Position::START => {}
                head => return Err(MigrationProblem::NotEmpty { head }),
            },
        }
        let end = self.source.head().await?;
        if migrated.position > end {
            let asked = migrated.position;
            return Err(StoreError::BeyondHead { asked, head: end }.into());
        }
        let mut chunk = Chunk::after(*migrated);
        while chunk.done.position < end {
            let (events, seen) = page(&self.source, chunk.done.position, end).await?;
            // What was read in another life is not what the note would say.
            let checkpoint = Checkpoint {
                store: source,
                position: seen,
            };
            checkpoint.check(self.source.identity())?;
            for event in events {
                let position = event.position;
                let records = change(&self.steps, event)?;
                chunk.add(position, records);
                if chunk.is_full() {
                    self.store(&mut chunk, &mut notes, migrated).await?;
                    self.say(*migrated, end);
                }
            }
            chunk.done.position = chunk.done.position.max(seen);
        }
        if chunk.done.position > migrated.position {
            self.store(&mut chunk, &mut notes, migrated).await?;
        }
        self.say(*migrated, end);
        Ok(())
    }

    fn say(&self, migrated: Migrated, end: Position) {
        if let Some(say) = &self.on_progress {
            say(Progress { migrated, end });
        }
    }

    /// Stores a chunk with its note, once.
    async fn store(
        &self,
        chunk: &mut Chunk,
        notes: &mut Notes,
        migrated: &mut Migrated,
    ) -> Result<(), MigrationProblem> {
        let records = std::mem::take(&mut chunk.records);
        chunk.bytes = 0;
        let check = StreamCheck::At(notes.stream().clone(), notes.version);
        let append = records
            .into_iter()
            .chain([notes.next(chunk.done)])
            .fold(Append::across(), |append, Record { stream, event }| {
                append.record(stream, event)
            });
        let append = append.if_stream(check).key(Key::unique(fresh()));
        let (first, last) = (Position(migrated.position.0 + 1), chunk.done.position);
        self.send(append).await.map_err(|error| match error {
            AppendError::Conflict(_) => MigrationProblem::AnotherRuns,
            source => MigrationProblem::Target {
                first,
                last,
                source,
            },
        })?;
        notes.version = notes.version.next();
        *migrated = chunk.done;
        Ok(())
    }

    /// Sends an append, and sends it again as it is, where that can help: its key is recognised.
    async fn send(&self, append: Append<ManyStreams>) -> Result<(), AppendError> {
        let append = Arc::new(append);
        let (clock, mut pause) = (SystemClock, FIRST_PAUSE);
        for _ in 1..ATTEMPTS {
            match self.target.append_across(Arc::clone(&append)).await {
                Ok(_) => return Ok(()),
                Err(
                    AppendError::Unknown { .. }
                    | AppendError::Overloaded { .. }
                    | AppendError::Store(StoreError::Overloaded { .. }),
                ) => {}
                Err(error) => return Err(error),
            }
            clock.sleep(pause).await;
            pause *= 2;
        }
        self.target.append_across(append).await.map(|_| ())
    }
}

fn fresh() -> Uuid {
    use eventsource_core::{IdSource as _, RandomIds};
    RandomIds.fresh()
}

/// Records that wait to be stored together.
struct Chunk {
    records: Vec<Record>,
    bytes: usize,
    /// What is done once they are stored.
    done: Migrated,
}

impl Chunk {
    fn after(done: Migrated) -> Self {
        Self {
            records: Vec::new(),
            bytes: 0,
            done,
        }
    }

    fn add(&mut self, position: Position, records: Vec<Record>) {
        self.done.position = position;
        self.done.read += 1;
        self.done.stored += records.len() as u64;
        let sizes = records
            .iter()
            .map(|record| record.event.size() + record.stream.as_str().len());
        self.bytes += sizes.sum::<usize>();
        self.records.extend(records);
    }

    fn is_full(&self) -> bool {
        self.records.len() >= CHUNK || self.bytes >= CHUNK_BYTES
    }
}

impl<S, T> std::fmt::Debug for Migration<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Migration");
        debug
            .field("steps", &self.steps.len())
            .field("beside_others", &self.beside_others)
            .finish_non_exhaustive()
    }
}
