//! Executing a command: load, decide, append; and again, where somebody else was faster.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use crate::aggregate::{Aggregate, Misapplied, Root};
use crate::codec::{Codec, CodecError};
use crate::command::{CommandOf, Context};
use crate::decision::{Events, Rejection};
use crate::environment::Environment;
use crate::environment::time::{IdSource as _, RandomIds, Timestamp};
use crate::event::{EventMeta, Recorded};
use crate::message::MessageSet;
use crate::metadata::{Metadata, said_beside};
use crate::repository::Repository;
use crate::repository::baseline::{Baseline, Remembered};
use crate::repository::cache::Held;
use crate::repository::draft::{Draft, Unencodable};
use crate::repository::execute_error::ExecuteError;
use crate::repository::load::{check, stream_of};
use crate::runner::checkpoint::Checkpoint;
use crate::store::append::{Append, AppendError, Appended, Placed};
use crate::store::digest;
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::{Store, StreamScan};
use crate::trace::{self, Instrument as _};

/// What may be said beside a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandOptions {
    /// Makes the command idempotent: given twice with one key, it is executed once, and answered alike.
    pub idempotency_key: Option<String>,
    /// Who asks, because of what, and the caller's own notes; recorded with the events.
    pub metadata: Metadata,
    /// Only if the aggregate is at this version.
    pub expected_version: Option<Version>,
}

/// A command that is about to be executed: await it, or set options first.
#[must_use = "a command is executed when it is awaited"]
pub struct Execute<'a, A: Aggregate, S, C> {
    repository: &'a Repository<A, S, C>,
    id: &'a A::Id,
    command: Box<dyn Asked<A>>,
    options: CommandOptions,
}

/// A command whose type is forgotten: what follows is then compiled once for an aggregate, not for each command.
trait Asked<A: Aggregate>: Send + Sync {
    fn name(&self) -> &'static str;
    fn canonical(&self) -> Result<Vec<u8>, CodecError>;
    fn decide(
        &self,
        root: &Root<A>,
        context: &Context<'_, A>,
        events: &mut Events<A>,
    ) -> Result<(), Rejection<A::Error>>;
}

impl<A: Aggregate, K: CommandOf<A>> Asked<A> for K {
    fn name(&self) -> &'static str {
        digest::command_name(self)
    }

    fn canonical(&self) -> Result<Vec<u8>, CodecError> {
        digest::of_command(self)
    }

    fn decide(
        &self,
        root: &Root<A>,
        context: &Context<'_, A>,
        events: &mut Events<A>,
    ) -> Result<(), Rejection<A::Error>> {
        root.decide(self.clone(), context, events)
    }
}

impl<'a, A: Aggregate, S, C> Execute<'a, A, S, C> {
    pub(crate) fn new(
        repository: &'a Repository<A, S, C>,
        id: &'a A::Id,
        command: impl CommandOf<A>,
    ) -> Self {
        Self {
            repository,
            id,
            command: Box::new(command),
            options: CommandOptions::default(),
        }
    }

    /// Makes the command idempotent: given twice with one key for one aggregate, it is executed once, and the second
    /// answer is as the first was. Another command under the same key is [`ExecuteError::KeyReused`].
    ///
    /// Only what was recorded is remembered: a command that was refused, or recorded nothing, is decided anew. The
    /// command must follow from the key: one that carries the time of the call is another command when it is repeated,
    /// and so is one with a set whose order changes from run to run. (The order of maps does not matter.)
    pub fn idempotency_key(mut self, key: impl ToString) -> Self {
        self.options.idempotency_key = Some(key.to_string());
        self
    }

    said_beside!(options.metadata);

    /// Only if the aggregate is at this version; else [`ExecuteError::WrongVersion`], with no retry.
    pub fn expect_version(mut self, version: impl Into<Version>) -> Self {
        self.options.expected_version = Some(version.into());
        self
    }

    /// All options at once.
    pub fn options(mut self, options: CommandOptions) -> Self {
        self.options = options;
        self
    }
}

/// What a command has recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed<E> {
    /// Its events; none, if there was nothing to record.
    pub events: Vec<Recorded<E>>,
    /// The aggregate's version after them.
    pub version: Version,
    /// Whether it was executed earlier, under the same key, and not now.
    pub repeated: bool,
}

impl<E> Executed<E> {
    /// What a query waits for that is to see its events: [`ConsumerHandle::wait_for`](crate::ConsumerHandle::wait_for).
    /// `None` if it has recorded nothing. `store` is the one that it was executed on.
    pub fn token(&self, store: &impl Store) -> Option<Checkpoint> {
        Checkpoint::after(store, self.position())
    }

    /// The position of its last event.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.events.last().map(|event| event.position)
    }
}

impl<'a, A: Aggregate, S: Store, C: Codec> IntoFuture for Execute<'a, A, S, C> {
    type Output = Result<Executed<A::Event>, ExecuteError<A::Error>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = trace::execute(A::NAME, self.id, self.command.name());
        Box::pin(self.run().instrument(span))
    }
}

impl<A: Aggregate, S: Store, C: Codec> Execute<'_, A, S, C> {
    async fn run(self) -> Result<Executed<A::Event>, ExecuteError<A::Error>> {
        let Self { repository, id, .. } = self;
        let stream = stream_of::<A>(id)?;
        let key = match &self.options.idempotency_key {
            // Never from `repository.ids`: that source may be anybody's, and a key that comes twice loses a command.
            None => Key::unique(RandomIds.fresh()),
            Some(given) => self.given_key(&stream, given)?,
        };
        let mut held = repository.hold(&stream).await;
        let mut baseline = match held.as_mut().and_then(Held::take) {
            // The append will say whether the key is known; where there is nothing to append, `nothing` looks it up.
            Some(known) => Baseline::remembered(known, repository.codec.clone()),
            None if repository.store.reads_may_lag() => repository.lagging(id).await?,
            None => {
                // Before deciding: the decision would see its own first effect, and refuse.
                if let Some(earlier) = self.earlier(&stream, key).await? {
                    return Ok(earlier);
                }
                repository.baseline(id).await?
            }
        };
        let attempts = repository.environment.retry.attempts;
        let mut attempt = 1;
        loop {
            trace::attempts(attempt);
            repository.environment.pause_before(attempt).await;
            let decided = match self.decide(&mut baseline.fold.root, &stream, key) {
                Ok(Some(decided)) => decided,
                _ if !baseline.is_current() => {
                    baseline = repository.confirmed(baseline, id, &stream).await?;
                    continue;
                }
                nothing => {
                    let answer = self
                        .nothing(nothing, baseline.version(), &stream, key)
                        .await;
                    give_back(held, baseline.remember());
                    return answer;
                }
            };
            let Decided {
                events,
                append,
                now,
                metadata,
            } = decided;
            let append = Arc::new(append.incarnation(baseline.life()));
            match repository.append(append).await {
                Ok(appended) if appended.repeated => {
                    give_back(held, baseline.remember());
                    let stored = repository.repeated(&stream, &appended.placed).await?;
                    return Ok(Executed {
                        // Without a given key nobody else has it: it was this command, whose answer was lost.
                        repeated: self.options.idempotency_key.is_some(),
                        ..stored
                    });
                }
                Ok(appended) => {
                    if held.is_some() {
                        let known = baseline.record(&events, &appended.placed, now, &metadata);
                        give_back(held, known.map(|known| repository.offered(&stream, known)));
                    }
                    return Ok(self.executed(&stream, events, &appended.placed, now));
                }
                Err(AppendError::Conflict(conflict)) => {
                    trace::conflict(attempt, &conflict);
                    if attempt == attempts {
                        return Err(ExecuteError::Contended { attempts });
                    }
                    baseline = match baseline.catch_up(&conflict) {
                        Some(baseline) => baseline?,
                        None => repository.baseline(id).await?,
                    };
                }
                // What it rests on was read before the store was restored or promoted.
                Err(AppendError::Store(StoreError::OtherIncarnation { .. }))
                    if attempt < attempts =>
                {
                    baseline = repository.baseline(id).await?;
                }
                Err(failed) => return Err(self.failed(failed)),
            }
            attempt += 1;
        }
    }

    /// The answer to a command that has nothing to append, and so is checked by no append.
    async fn nothing(
        &self,
        nothing: Result<Option<Decided<A::Event>>, ExecuteError<A::Error>>,
        version: Version,
        stream: &StreamName,
        key: Key,
    ) -> Result<Executed<A::Event>, ExecuteError<A::Error>> {
        // It may rest on the key's own effect, stored since it was looked up.
        if let Some(earlier) = self.earlier(stream, key).await? {
            return Ok(earlier);
        }
        nothing.map(|_| Executed {
            events: Vec::new(),
            version,
            repeated: false,
        })
    }

    /// The answer to a command whose key was given and is known.
    async fn earlier(
        &self,
        stream: &StreamName,
        key: Key,
    ) -> Result<Option<Executed<A::Event>>, ExecuteError<A::Error>> {
        if self.options.idempotency_key.is_none() {
            return Ok(None);
        }
        match self.repository.store.outcome(key).await? {
            None => Ok(None),
            Some(outcome) if outcome.digest == key.digest => self
                .repository
                .repeated(stream, &outcome.placed)
                .await
                .map(Some),
            Some(_) => Err(self.failed(AppendError::KeyReused)),
        }
    }

    fn given_key(&self, stream: &StreamName, given: &str) -> Result<Key, ExecuteError<A::Error>> {
        let name = self.command.name();
        let asked = self.command.canonical();
        let asked = asked.map_err(|source| ExecuteError::Encode { name, source })?;
        Ok(Key::given(stream.as_str(), given, &asked))
    }

    /// Decides on a state: what to append, or `None` if there is nothing to record.
    fn decide(
        &self,
        root: &mut Root<A>,
        stream: &StreamName,
        key: Key,
    ) -> Result<Option<Decided<A::Event>>, ExecuteError<A::Error>> {
        let Self { id, options, .. } = self;
        let (id, repository, command) = (*id, self.repository, &self.command);
        let version = root.version();
        if let Some(expected) = options.expected_version
            && expected != version
        {
            return Err(ExecuteError::WrongVersion {
                expected,
                actual: version,
            });
        }
        let Environment { clock, ids, .. } = &repository.environment;
        let now = clock.now();
        let context = Context::new(id, version, now, &**ids, &options.metadata);
        let mut events = Events::new();
        command
            .decide(root, &context, &mut events)
            .map_err(|rejection| rejected::<A>(rejection, id))?;
        let events = events.into_vec();
        if events.is_empty() {
            return Ok(None);
        }
        let metadata = options.metadata.to_stored();
        let mut append = Append::to(stream.clone()).at(version).key(key);
        let draft = Draft {
            codec: &repository.codec,
            now,
            metadata: &metadata,
        };
        let mut recorded = Vec::with_capacity(events.len());
        for event in &events {
            let drafted = draft.of_set(event);
            let (event, read_back) = drafted
                .map_err(|Unencodable { name, source }| ExecuteError::Encode { name, source })?;
            append = append.event(event);
            recorded.push(read_back);
        }
        try_on(root, &recorded, now, &metadata)?;
        Ok(Some(Decided {
            events: recorded,
            append,
            now,
            metadata,
        }))
    }

    fn executed(
        &self,
        stream: &StreamName,
        events: Vec<A::Event>,
        placed: &[Placed],
        recorded_at: Timestamp,
    ) -> Executed<A::Event> {
        let version = placed.last().map_or(Version::NONE, |placed| placed.version);
        trace::version(&trace::current(), version.0);
        let recorded = |(event, placed): (A::Event, &Placed)| Recorded {
            position: placed.position,
            stream: stream.clone(),
            version: placed.version,
            part: 0,
            recorded_at,
            metadata: self.options.metadata.clone(),
            event,
        };
        let events = events.into_iter().zip(placed).map(recorded).collect();
        Executed {
            events,
            version,
            repeated: false,
        }
    }

    fn failed(&self, error: AppendError) -> ExecuteError<A::Error> {
        let key = self.options.idempotency_key.as_deref();
        ExecuteError::not_appended(error, key.unwrap_or_default())
    }
}

/// What a command has led to, before it is stored.
struct Decided<E> {
    events: Vec<E>,
    append: Append,
    now: Timestamp,
    metadata: Arc<[u8]>,
}

impl<A: Aggregate, S: Store, C: Codec> Repository<A, S, C> {
    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        let send = || self.store.append(Arc::clone(&append));
        self.environment.append(send).await
    }

    /// The answer to a command that was executed before.
    async fn repeated(
        &self,
        stream: &StreamName,
        placed: &[Placed],
    ) -> Result<Executed<A::Event>, ExecuteError<A::Error>> {
        let first = placed
            .first()
            .map_or(Version::NONE, |placed| placed.version);
        let version = placed.last().map_or(Version::NONE, |placed| placed.version);
        let before = Version(first.0.saturating_sub(1));
        let scan = StreamScan::of(stream.clone()).after(before).until(version);
        let events = self.typed(scan).await?;
        trace::version(&trace::current(), version.0);
        Ok(Executed {
            events,
            version,
            repeated: true,
        })
    }
}

/// Gives the place back, with the state for the next one.
fn give_back<A>(held: Option<Held<A>>, state: Option<Remembered<A>>) {
    if let Some(held) = held {
        held.put(state);
    }
}

/// Sees that the events which are about to be stored can be loaded again: each can follow those before it, and the
/// invariant holds after each. The state changes only where there is an invariant to check.
pub(crate) fn try_on<A: Aggregate>(
    root: &mut Root<A>,
    events: &[A::Event],
    now: Timestamp,
    metadata: &[u8],
) -> Result<(), ExecuteError<A::Error>> {
    let loaded = root.version().0;
    for (number, event) in (1..).zip(events) {
        let version = Version(loaded + number as u64);
        let meta = EventMeta {
            version,
            part: 0,
            recorded_at: now,
            metadata,
        };
        let applied = if A::HAS_INVARIANT {
            root.apply(event, &meta)
        } else {
            let first = number == 1 && root.state().is_none();
            follows::<A>(first, event, &meta)
        };
        applied.map_err(|reason| ExecuteError::Misapplied {
            number,
            event: event.name(),
            reason,
        })?;
        check(root).map_err(|reason| ExecuteError::Invariant {
            number,
            event: event.name(),
            reason,
        })?;
    }
    Ok(())
}

/// Whether an event can stand where it does, as far as creation goes: the first one creates.
fn follows<A: Aggregate>(
    first: bool,
    event: &A::Event,
    meta: &EventMeta<'_>,
) -> Result<(), Misapplied> {
    if !A::CREATED {
        return Ok(());
    }
    match (first, A::create_from(event, meta).is_some()) {
        (true, false) => Err(Misapplied::NotCreated),
        (false, true) => Err(Misapplied::CreatedTwice),
        (true, true) | (false, false) => Ok(()),
    }
}

fn rejected<A: Aggregate>(rejection: Rejection<A::Error>, id: &A::Id) -> ExecuteError<A::Error> {
    match rejection {
        Rejection::Refused(error) => ExecuteError::Refused(error),
        Rejection::NotFound => ExecuteError::NotFound {
            aggregate: A::NAME,
            id: id.to_string(),
        },
        Rejection::AlreadyExists => ExecuteError::AlreadyExists {
            aggregate: A::NAME,
            id: id.to_string(),
        },
    }
}
