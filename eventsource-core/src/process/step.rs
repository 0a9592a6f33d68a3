//! One step of a process: an input is taken, and what it comes to is stored in one append.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::aggregate::{Aggregate, Root};
use crate::codec::{Codec, CodecError};
use crate::consumer::{Batch, BoxError, Consumer, Failure, OneByOne};
use crate::environment::time::Timestamp;
use crate::metadata::Metadata;
use crate::process::calls::Call;
use crate::process::journal::{Journal, Order};
use crate::process::recent::{Known, Recent};
use crate::process::record::{self, Step, Took};
use crate::process::turns;
use crate::process::{Calls, Input, Plan, Process, names};
use crate::repository::Repository;
use crate::repository::baseline::{Baseline, Remembered};
use crate::repository::draft::{Draft, Unencodable};
use crate::repository::execute::try_on;
use crate::repository::execute_error::ExecuteError;
use crate::repository::load::stream_of;
use crate::runner::checkpoint_store::CheckpointStore;
use crate::store::MultiStreamStore;
use crate::store::append::{Append, AppendError, ManyStreams, StreamCheck};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::query::Query;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, StreamName};
use crate::trace::{self, Instrument as _};

/// Has the processes of a kind take their inputs.
pub struct Steps<P: Process, S, C> {
    repository: Repository<P, S, C>,
    recent: Recent<P>,
}

impl<P: Process, S, C> Steps<P, S, C> {
    /// The steps of the processes whose states a repository reads.
    pub(super) fn new(repository: Repository<P, S, C>) -> Self {
        Self {
            repository,
            recent: Recent::new(),
        }
    }
}

/// How many events are taken together at most.
const TOGETHER: usize = 64;

/// An input, and what the processes that it concerns are asked.
type Asked<'e, P, C> = (Arc<Input<'e, C>>, Vec<Call<P>>);

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The method has said so, or the input cannot be read.
    #[error(transparent)]
    Input(#[from] BoxError),
    /// The state cannot be made, or what comes next cannot be stored.
    #[error("process {process}: {source}")]
    Process { process: String, source: BoxError },
}

impl<P, S, C> Consumer<S> for Steps<P, S, C>
where
    P: Process,
    S: CheckpointStore + MultiStreamStore,
    C: Codec,
{
    fn name(&self) -> &'static str {
        <P as names::Consumers>::STEPS
    }

    fn query(&self) -> Query {
        P::query()
    }

    /// What a process has recorded stands in the store with its checkpoint.
    fn is_restored_with_the_store(&self) -> bool {
        true
    }

    fn may_begin_anew(&self) -> bool {
        false
    }

    /// The journals say which inputs have had their turn, so the checkpoint is saved with the batch alone.
    async fn commit(&self, store: &S, batch: Arc<Batch>) -> Result<(), Failure> {
        let done = OneByOne::new(store, &batch);
        let order = Order {
            slice: batch.slot.slice,
            was_parked: !batch.advance.settle.is_empty(),
        };
        for events in batch.events.chunks(TOGETHER) {
            match self.take(events, order).await {
                Ok(()) => {}
                Err((_, StepError::Store(error))) => return Err(done.store_failed(error).await),
                Err((position, error)) => return Err(done.failed(position, error.into()).await),
            }
        }
        done.finish().await
    }
}

impl<P, S, C> Steps<P, S, C>
where
    P: Process,
    S: MultiStreamStore,
    C: Codec,
{
    /// Has each process take the events that concern it, in their order.
    async fn take(
        &self,
        events: &[StoredEvent],
        order: Order,
    ) -> Result<(), (Position, StepError)> {
        let mut asked = Vec::new();
        let mut unread = Ok(());
        for event in events {
            match self.read(event) {
                Ok((input, calls)) => asked.extend(calls.into_iter().map(|call| {
                    let input = Arc::clone(&input);
                    (call.id.clone(), (input, call))
                })),
                // Those before it have their turn still.
                Err(error) => {
                    unread = Err((event.position, error.into()));
                    break;
                }
            }
        }
        let steps = turns::of_each(asked).into_iter().map(async |turns| {
            for (input, call) in turns {
                let span = trace::step(P::NAME, &call.id, input.stored());
                let stepped = self.step(&input, order, &call).instrument(span).await;
                stepped.map_err(|error| (input.stored().position, error))?;
            }
            Ok(())
        });
        turns::all(steps).await.and(unread)
    }

    /// An event as an input, and the calls of the methods that take it.
    fn read<'e>(&'e self, event: &'e StoredEvent) -> Result<Asked<'e, P, C>, BoxError> {
        let input = Input::of::<P>(event.as_ref(), &self.repository.codec)?;
        let calls = Calls::of(&input)?;
        Ok((Arc::new(input), calls))
    }

    /// Has one process take it; anew, where it has changed meanwhile.
    async fn step(
        &self,
        input: &Input<'_, C>,
        order: Order,
        call: &Call<P>,
    ) -> Result<(), StepError> {
        let Repository {
            store, environment, ..
        } = &self.repository;
        let own = stream_of::<P>(&call.id).map_err(|error| not_made::<P>(&call.id, error))?;
        let stream = names::journal(&own).map_err(|error| not_made::<P>(&call.id, error))?;
        let took = input.took(call.part, store.identity());
        let key = Key::given(stream.as_str(), &took.to_string(), b"");
        let attempts = environment.retry.attempts;
        for attempt in 1..=attempts {
            trace::attempts(attempt);
            environment.pause_before(attempt).await;
            let life = store.identity().incarnation;
            let (journal, mut baseline) = self.known(call, &own, &stream, life).await?;
            if journal.has_ended || journal.has_taken(&took, order) {
                self.keep(own, journal, baseline.remember(), life);
                return Ok(());
            }
            let now = environment.clock.now();
            let plan = call.on(&baseline.fold.root)?.plan(now)?;
            if plan.is_nothing() {
                self.keep(own, journal, baseline.remember(), life);
                return Ok(());
            }
            let making = Making {
                own: &own,
                journal: &stream,
                took: &took,
                input,
                now,
            };
            let own_version = baseline.version();
            let made = self.make(&mut baseline.fold.root, plan, making);
            let Made {
                append,
                events,
                metadata,
            } = made.map_err(|error| failed(call, error))?;
            let append = append
                .if_stream(StreamCheck::At(own.clone(), own_version))
                .if_stream(StreamCheck::At(stream.clone(), journal.version));
            let append = Arc::new(append.key(key).incarnation(life));
            let send = || store.append_across(Arc::clone(&append));
            match environment.append(send).await {
                Ok(appended) if appended.repeated => return Ok(()),
                Ok(appended) => {
                    let state = baseline.record(&events, &appended.placed, now, &metadata);
                    self.keep(own, journal, state, life);
                    return Ok(());
                }
                Err(AppendError::Conflict(conflict)) => trace::conflict(attempt, &conflict),
                // What it rests on was read before the store was restored or promoted.
                Err(AppendError::Store(StoreError::OtherIncarnation { .. })) => {}
                Err(error) => return Err(failed(call, ExecuteError::not_appended(error, ""))),
            }
        }
        Err(failed(call, ExecuteError::Contended { attempts }))
    }

    /// The journal and the state of a process, as they are stored.
    async fn known(
        &self,
        call: &Call<P>,
        own: &StreamName,
        journal: &StreamName,
        life: Uuid,
    ) -> Result<(Journal, Baseline<P, C>), StepError> {
        let Repository { store, codec, .. } = &self.repository;
        let known = self.recent.take(own);
        let known = known.filter(|known| known.state.life == life);
        let (read, state) = match known {
            Some(Known { journal, state }) => (journal, Some(state)),
            None => (Journal::unread(), None),
        };
        let read = read.read_on(store, journal, names::step(P::NAME)).await?;
        let read = read.map_err(|error| not_made::<P>(&call.id, error))?;
        let baseline = match state {
            None => self.repository.baseline(&call.id).await,
            Some(state) => {
                let baseline = Baseline::remembered(state, codec.clone());
                self.repository.confirmed(baseline, &call.id, own).await
            }
        };
        let baseline = baseline.map_err(|error| failed(call, error.into()))?;
        Ok((read, baseline))
    }

    /// Remembers a process for the next step, if all of it was read in one life of the store.
    fn keep(&self, own: StreamName, journal: Journal, state: Option<Remembered<P>>, life: Uuid) {
        if let Some(state) = state.filter(|state| state.life == life) {
            let state = self.repository.offered(&own, state);
            self.recent.put(own, Known { journal, state });
        }
    }

    /// What a step stores: its events, and its record.
    fn make(
        &self,
        root: &mut Root<P>,
        plan: Plan<P>,
        making: Making<'_, C>,
    ) -> Result<Made<P>, ExecuteError<P::Error>> {
        let (now, metadata) = (making.now, making.metadata().to_stored());
        let draft = Draft {
            codec: &self.repository.codec,
            now,
            metadata: &metadata,
        };
        let mut append = Append::across();
        let mut recorded = Vec::with_capacity(plan.events.len());
        for event in &plan.events {
            let drafted = draft.of_set(event);
            let (event, read_back) = drafted
                .map_err(|Unencodable { name, source }| ExecuteError::Encode { name, source })?;
            append = append.record(making.own.clone(), event);
            recorded.push(read_back);
        }
        try_on(root, &recorded, now, &metadata)?;
        let step = Step {
            took: making.took.clone(),
            commands: plan.commands,
            timers: plan.timers,
            ends: plan.ends,
        };
        let written = record::written(names::step(P::NAME), &step, Arc::clone(&metadata), now);
        let written = written.map_err(|source| ExecuteError::Encode {
            name: P::NAME,
            source: CodecError::new(source),
        })?;
        Ok(Made {
            append: append.record(making.journal.clone(), written),
            events: recorded,
            metadata,
        })
    }
}

fn failed<P: Process>(call: &Call<P>, error: ExecuteError<P::Error>) -> StepError {
    match error.into_store_error() {
        Ok(error) => StepError::Store(error),
        Err(error) => not_made::<P>(&call.id, error),
    }
}

/// A step before it is stored.
struct Made<P: Aggregate> {
    append: Append<ManyStreams>,
    events: Vec<P::Event>,
    metadata: Arc<[u8]>,
}

/// What a step is made of, beside what the process says.
struct Making<'s, C> {
    own: &'s StreamName,
    journal: &'s StreamName,
    took: &'s Took,
    input: &'s Input<'s, C>,
    now: Timestamp,
}

impl<C: Codec> Making<'_, C> {
    /// What is said beside the events of a step: on whose behalf and in which conversation its input was recorded, and that
    /// this was the cause.
    fn metadata(&self) -> Metadata {
        let of_input = Metadata::from_stored(self.input.stored().metadata).unwrap_or_default();
        Metadata {
            causation: Some(self.took.to_string()),
            own: BTreeMap::new(),
            ..of_input
        }
    }
}

fn not_made<P: Process>(id: &P::Id, error: impl Into<BoxError>) -> StepError {
    StepError::Process {
        process: format!("{} `{id}`", P::NAME),
        source: error.into(),
    }
}
