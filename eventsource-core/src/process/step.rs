//! One step of a process: an input is taken, and what it comes to is stored in one append.

use std::sync::Arc;

use crate::aggregate::Root;
use crate::append::{Append, AppendError, ManyStreams, StreamCheck};
use crate::checkpoint_store::CheckpointStore;
use crate::codec::{Codec, CodecError};
use crate::consumer::{Batch, BoxError, Consumer, Failure, OneByOne};
use crate::draft::{Draft, Unencodable};
use crate::execute::try_on;
use crate::execute_error::ExecuteError;
use crate::key::Key;
use crate::load::{AsOf, stream_of};
use crate::metadata::Metadata;
use crate::process::calls::Call;
use crate::process::journal::{Journal, Order};
use crate::process::record::{self, Step, Took};
use crate::process::{Calls, Input, Plan, Process, names};
use crate::query::Query;
use crate::repository::Repository;
use crate::store::MultiStreamStore;
use crate::store_error::StoreError;
use crate::stored_event::StoredEvent;
use crate::stream::StreamName;
use crate::trace::{self, Instrument as _};

/// Has the processes of a kind take their inputs.
pub struct Steps<P: Process, S, C> {
    pub(super) repository: Repository<P, S, C>,
}

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
        P::NAME
    }

    fn query(&self) -> Query {
        P::query()
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
        for event in &batch.events {
            match self.take(event, order).await {
                Ok(()) => {}
                Err(StepError::Store(error)) => return Err(done.store_failed(error)),
                Err(error) => return Err(done.failed(event.position, error.into()).await),
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
    /// Has each process take an input that it concerns.
    async fn take(&self, event: &StoredEvent, order: Order) -> Result<(), StepError> {
        let input = Input::of::<P>(event.as_ref(), &self.repository.codec)?;
        for call in Calls::<P>::of(&input)? {
            let span = trace::step(P::NAME, &call.id, input.stored());
            self.step(&input, order, &call).instrument(span).await?;
        }
        Ok(())
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
            let journal = Journal::read(store, &stream, names::step(P::NAME)).await?;
            let journal = journal.map_err(|error| not_made::<P>(&call.id, error))?;
            if journal.has_ended || journal.has_taken(&took, order) {
                return Ok(());
            }
            let fold = self.repository.fold(&call.id, AsOf::Now).await;
            let mut root = fold.map_err(|error| failed(call, error.into()))?.root;
            let plan = call.on(&root)?.plan(environment.clock.now())?;
            if plan.is_nothing() {
                return Ok(());
            }
            let checks = [
                StreamCheck::At(own.clone(), root.version()),
                StreamCheck::At(stream.clone(), journal.version),
            ];
            let making = Making {
                own: &own,
                journal: &stream,
                took: &took,
                input,
            };
            let append = self.append(&mut root, plan, making);
            let append = append.map_err(|error| failed(call, error))?;
            let append = checks.into_iter().fold(append, Append::if_stream);
            let append = Arc::new(append.key(key).incarnation(life));
            let send = || store.append_across(Arc::clone(&append));
            match environment.append(send).await {
                Ok(_) => return Ok(()),
                Err(AppendError::Conflict(conflict)) => trace::conflict(attempt, &conflict),
                // What it rests on was read before the store was restored or promoted.
                Err(AppendError::Store(StoreError::OtherIncarnation { .. })) => {}
                Err(error) => return Err(failed(call, ExecuteError::not_appended(error, ""))),
            }
        }
        Err(failed(call, ExecuteError::Contended { attempts }))
    }

    /// What a step stores: its events, and its record.
    fn append(
        &self,
        root: &mut Root<P>,
        plan: Plan<P>,
        making: Making<'_, C>,
    ) -> Result<Append<ManyStreams>, ExecuteError<P::Error>> {
        let now = self.repository.environment.clock.now();
        let metadata = making.metadata().to_stored();
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
        Ok(append.record(making.journal.clone(), written))
    }
}

fn failed<P: Process>(call: &Call<P>, error: ExecuteError<P::Error>) -> StepError {
    match error.into_store_error() {
        Ok(error) => StepError::Store(error),
        Err(error) => not_made::<P>(&call.id, error),
    }
}

/// What a step is made of, beside what the process says.
struct Making<'s, C> {
    own: &'s StreamName,
    journal: &'s StreamName,
    took: &'s Took,
    input: &'s Input<'s, C>,
}

impl<C: Codec> Making<'_, C> {
    /// What is said beside the events of a step: on whose behalf and in which conversation its input was recorded, and that
    /// this was the cause.
    fn metadata(&self) -> Metadata {
        let of_input = Metadata::from_stored(self.input.stored().metadata).unwrap_or_default();
        Metadata {
            causation: Some(self.took.to_string()),
            own: std::collections::BTreeMap::new(),
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
