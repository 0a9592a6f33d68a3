//! Deciding over several things: read what the decision rests on, ask the closure, append; and again, where somebody
//! else was faster.

pub(crate) mod attempt;
pub(crate) mod error;
pub(crate) mod member;
pub(crate) mod model;
pub(crate) mod part;
pub(crate) mod participant;
pub(crate) mod reading;
pub(crate) mod verdict;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;

use crate::codec::Codec;
use crate::decide::attempt::{Attempt, Recorder};
use crate::decide::reading::Reading;
use crate::environment::Environment;
use crate::environment::time::{Clock, IdSource, RandomIds};
use crate::metadata::{Metadata, said_beside};
use crate::repository::Retry;
use crate::repository::load::LoadError;
use crate::runner::checkpoint::Checkpoint;
use crate::store::append::{Append, AppendError, Appended, Boundary, Placed, Record};
use crate::store::digest;
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::stored_event::{EventRef, StoredEvent};
use crate::store::stream::Position;
use crate::store::tag::TagList;
use crate::store::{LogScan, Store, Visit, WithinReach};
use crate::trace::{self, Instrument as _};

pub use error::{DecideError, Unsound, UnsoundProblem};
pub use member::{At, Declined, Member};
pub use model::{DecisionModel, ModelEvent, TagArgument};
pub use participant::{Participant, Participants};
pub use verdict::{Facts, Refusal, Verdict};

/// A decision that is about to be made, as [`Store::decide`] begins it: await it, or set options first.
#[must_use = "a decision is made when it is awaited"]
pub struct Decide<'a, S, E> {
    store: &'a S,
    opened: Result<Reading, LoadError>,
    judge: Judge<'a, E>,
    address: Address<S>,
    environment: Environment,
    name: String,
    key: Option<String>,
    request: Option<Result<Vec<u8>, String>>,
    metadata: Metadata,
}

/// Asks the closure, and takes down what is to be recorded.
type Judge<'a, E> =
    Box<dyn Fn(&mut Reading, &Attempt) -> Result<Vec<Record>, DecideError<E>> + Send + 'a>;

/// Addresses an append to a store, with the reach that the decision has.
type Address<S> = for<'s> fn(&'s S, Append<Boundary>) -> Box<dyn Addressed + 's>;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An append and the store that it is for: to be sent, and to be sent again as it is.
trait Addressed: Send + Sync {
    fn send(&self) -> Boxed<'_, Result<Appended, AppendError>>;
    fn records(&self) -> &[Record];
}

impl<S: Store, Reach: WithinReach<S>> Addressed for (&S, Arc<Append<Reach>>) {
    fn send(&self) -> Boxed<'_, Result<Appended, AppendError>> {
        Box::pin(Reach::append(self.0, Arc::clone(&self.1)))
    }

    fn records(&self) -> &[Record] {
        self.1.records()
    }
}

impl<'a, S: Store, E> Decide<'a, S, E> {
    /// From here on nothing knows the types of those who take part: what follows is compiled once for a store and an
    /// error, not for each decision.
    pub(crate) fn new<P, F, D, C>(store: &'a S, codec: C, participants: P, decide: F) -> Self
    where
        P: Participants,
        P::Reach: WithinReach<S>,
        F: for<'v> Fn(P::View<'v>) -> D + Send + 'a,
        D: Verdict<Refusal = E>,
        C: Codec,
    {
        let environment = participants.environment().cloned().unwrap_or_default();
        let opened = participants.open(&codec).map(Reading::new);
        let judge = move |reading: &mut Reading, attempt: &Attempt| {
            let verdict = decide(P::view::<C>(&mut reading.parts));
            let codec = &codec;
            let judged = verdict.record(&Recorder { attempt, codec });
            // What went wrong on the way stands above what the closure has made of it.
            let records = attempt.records()?;
            judged?;
            Ok(records)
        };
        Self {
            store,
            opened,
            judge: Box::new(judge),
            address: |store, append| Box::new((store, Arc::new(append.narrowed::<P::Reach>()))),
            environment,
            name: P::names().join(" and "),
            key: None,
            request: None,
            metadata: Metadata::default(),
        }
    }
    /// Names the decision. Idempotency keys are apart for each name, and traces show it. Without a name it has the names
    /// of those who take part: `Seats and Load`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Makes the decision idempotent: made twice under one key, it is stored once, and the second answer is as the first
    /// was. Only what was recorded is remembered: what was refused, or recorded nothing, is decided anew.
    ///
    /// Another decision of this name under the same key is [`DecideError::KeyReused`]: one in which others take part, or
    /// with another [`request`](Self::request). What else the closure has captured is not compared.
    pub fn idempotency_key(mut self, key: impl ToString) -> Self {
        self.key = Some(key.to_string());
        self
    }

    /// Says what is asked, for the idempotency key: the command that led here, or a tuple of what the closure has
    /// captured.
    pub fn request(mut self, request: &impl Serialize) -> Self {
        let request = digest::of_request(request);
        self.request = Some(request.map_err(|error| error.to_string()));
        self
    }

    said_beside!(metadata);

    /// Takes the time from this clock: one time for everything that the decision records. Without it the clock is that
    /// of the first repository that takes part, or the machine's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.environment.clock = Arc::new(clock);
        self
    }

    /// Takes fresh ids for the handlers of aggregates from this source. Without it the source is that of the first
    /// repository that takes part.
    pub fn ids(mut self, ids: impl IdSource) -> Self {
        self.environment.ids = Arc::new(ids);
        self
    }

    /// Sets how conflicts are retried. Without it that is as in the first repository that takes part.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.environment.set_retry(retry);
        self
    }
}

impl<S, E> fmt::Debug for Decide<'_, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Decide");
        debug.field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a decision has recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decided {
    /// Its events, in the order in which they were decided; none, if there was nothing to record.
    pub events: Vec<StoredEvent>,
    /// Whether it was made earlier, under the same key, and not now.
    pub repeated: bool,
}

impl Decided {
    /// What a query waits for that is to see its events: [`ConsumerHandle::wait_for`](crate::ConsumerHandle::wait_for).
    /// `None` if it has recorded nothing. `store` is the one that it was made on.
    pub fn token(&self, store: &impl Store) -> Option<Checkpoint> {
        Checkpoint::after(store, self.position())
    }

    /// The position of its last event.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.events.last().map(|event| event.position)
    }
}

impl<'a, S: Store, E: Send + 'a> IntoFuture for Decide<'a, S, E> {
    type Output = Result<Decided, DecideError<E>>;
    type IntoFuture = Boxed<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            store,
            opened,
            judge,
            address,
            environment,
            name,
            key,
            request,
            metadata,
        } = self;
        let span = trace::decide(&name);
        let run = async move {
            let terms = Terms {
                store,
                address,
                environment,
                name,
                key,
                request,
                metadata,
            };
            terms.run(opened?, judge).await
        };
        Box::pin(run.instrument(span))
    }
}

/// Everything but those who take part, and the closure.
struct Terms<'a, S> {
    store: &'a S,
    address: Address<S>,
    environment: Environment,
    name: String,
    key: Option<String>,
    request: Option<Result<Vec<u8>, String>>,
    metadata: Metadata,
}

impl<S: Store> Terms<'_, S> {
    async fn run<E>(
        self,
        mut reading: Reading,
        judge: Judge<'_, E>,
    ) -> Result<Decided, DecideError<E>> {
        if let Some(stream) = reading.twice() {
            let stream = stream.clone();
            return Err(DecideError::Twice { stream });
        }
        let key = self.idempotency(&reading)?;
        // Before deciding: the decision would see its own first effect, and refuse.
        if let Some(earlier) = self.earlier(key).await? {
            return Ok(earlier);
        }
        let mut life = self.store.identity().incarnation;
        let attempts = self.environment.retry.attempts;
        for number in 1..=attempts {
            trace::attempts(number);
            self.environment.pause_before(number).await;
            reading.catch_up(self.store).await?;
            let attempt = Attempt::new(&self.environment, &self.metadata);
            reading.begin(&attempt);
            let records = match judge(&mut reading, &attempt) {
                Ok(records) if !records.is_empty() => records,
                // Nothing will be appended that could tell: it may rest on the key's own effect, stored since it was
                // looked up, or on less than there is.
                nothing => {
                    if let Some(earlier) = self.earlier(key).await? {
                        return Ok(earlier);
                    }
                    let this = self.store.identity().incarnation;
                    if this == life && reading.is_whole(self.store).await? {
                        return nothing.map(|_| Decided::default());
                    }
                    reading.settle(this == life);
                    life = this;
                    continue;
                }
            };
            let append = Append::assembled(records, reading.checks());
            let append = (self.address)(self.store, append.key(key).incarnation(life));
            match self.environment.append(|| append.send()).await {
                Ok(appended) if appended.repeated => {
                    let stored = self.repeated(&appended.placed).await?;
                    return Ok(Decided {
                        // Without a given key nobody else has it: it was this decision, whose answer was lost.
                        repeated: self.key.is_some(),
                        ..stored
                    });
                }
                Ok(appended) => {
                    let records = append.records().iter().zip(&appended.placed);
                    return Ok(Decided {
                        events: records.map(stored).collect(),
                        repeated: false,
                    });
                }
                Err(AppendError::Conflict(conflict)) => {
                    trace::conflict(number, &conflict);
                    reading.settle(true);
                }
                // What it rests on was read before the store was restored or promoted.
                Err(AppendError::Store(StoreError::OtherIncarnation { this, .. })) => {
                    reading.settle(false);
                    life = this;
                }
                Err(failed) => return Err(self.failed(failed)),
            }
        }
        Err(DecideError::Contended { attempts })
    }

    fn idempotency<E>(&self, reading: &Reading) -> Result<Key, DecideError<E>> {
        let Some(given) = &self.key else {
            // Never from the environment: its source may be anybody's, and a key that comes twice loses a decision.
            return Ok(Key::unique(RandomIds.fresh()));
        };
        let mut asked = reading.identity().into_bytes();
        match &self.request {
            None => {}
            Some(Ok(request)) => {
                asked.push(0);
                asked.extend_from_slice(request);
            }
            Some(Err(reason)) => {
                return Err(DecideError::Request {
                    reason: reason.clone(),
                });
            }
        }
        // No stream is called like that, so a decision shares no key with an aggregate's command.
        let target = format!("decision\n{}", self.name);
        Ok(Key::given(&target, given, &asked))
    }

    /// The answer to a decision whose key was given and is known.
    async fn earlier<E>(&self, key: Key) -> Result<Option<Decided>, DecideError<E>> {
        if self.key.is_none() {
            return Ok(None);
        }
        match self.store.outcome(key).await? {
            None => Ok(None),
            Some(outcome) if outcome.digest == key.digest => {
                self.repeated(&outcome.placed).await.map(Some)
            }
            Some(_) => Err(self.failed(AppendError::KeyReused)),
        }
    }

    /// The answer to a decision that was made before.
    async fn repeated<E>(&self, placed: &[Placed]) -> Result<Decided, DecideError<E>> {
        let mut events = Vec::new();
        if let Some(first) = placed.first() {
            let before = Position(first.position.0.saturating_sub(1));
            let own = Own {
                positions: placed.iter().map(|placed| placed.position).collect(),
                events,
            };
            events = self
                .store
                .scan_all(LogScan::after(before), own)
                .await?
                .0
                .events;
        }
        Ok(Decided {
            events,
            repeated: true,
        })
    }

    fn failed<E>(&self, error: AppendError) -> DecideError<E> {
        match error {
            AppendError::KeyReused => {
                let key = self.key.clone().unwrap_or_default();
                DecideError::KeyReused { key }
            }
            AppendError::Overloaded { waiting } => DecideError::Overloaded { waiting },
            AppendError::Rejected(rejected) => DecideError::Rejected(rejected),
            AppendError::Projection { projection, source } => {
                DecideError::Projection { projection, source }
            }
            AppendError::Unknown { reason } => DecideError::Unknown { reason },
            AppendError::Store(error) => DecideError::Store(error),
            AppendError::Conflict(_) => DecideError::Contended { attempts: 1 },
        }
    }
}

/// Collects the events at some positions, which stand close together.
struct Own {
    positions: Vec<Position>,
    events: Vec<StoredEvent>,
}

impl Visit for Own {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if self.positions.contains(&event.position) {
            self.events.push(event.to_stored());
        }
        match self.events.len() == self.positions.len() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

/// A record as it stands in the store now.
fn stored((record, placed): (&Record, &Placed)) -> StoredEvent {
    let Record { stream, event } = record;
    StoredEvent {
        position: placed.position,
        stream: stream.clone(),
        version: placed.version,
        name: event.name.as_ref().into(),
        schema: event.schema,
        format: event.format.as_ref().into(),
        payload: event.payload.as_slice().into(),
        metadata: event.metadata.as_ref().into(),
        recorded_at: event.recorded_at,
        tags: TagList::store(&event.tags).into(),
    }
}
