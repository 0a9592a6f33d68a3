//! One step of a process: an input is taken, and what it comes to is stored in one append.

use std::sync::Arc;

use crate::aggregate::Root;
use crate::append::{Append, AppendError, StreamCheck};
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
use crate::process::journal::Journal;
use crate::process::record::{self, Step, Took};
use crate::process::{Calls, Input, Plan, Process, names};
use crate::query::Query;
use crate::repository::Repository;
use crate::store::MultiStreamStore;
use crate::store_error::StoreError;
use crate::stream::StreamName;
use crate::trace::{self, Instrument as _};

/// Has the processes of a kind take their inputs.
pub struct Steps<P: Process, S, C> {
    pub(super) repository: Repository<P, S, C>,
}

/// What came of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Something is stored, or was before.
    ToSomething,
    /// Nothing is stored, so nothing says that it had its turn.
    ToNothing,
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

    /// An input that came to something is in the journal. One that came to nothing is marked by the checkpoint, which is
    /// therefore saved before the next one is taken.
    async fn commit(&self, store: &S, batch: Arc<Batch>) -> Result<(), Failure> {
        let mut done = OneByOne::new(store, &batch);
        for event in &batch.events {
            let input = Input::of::<P>(event.as_ref(), &self.repository.codec);
            let taken = match input {
                Ok(input) => self.take(&input).await,
                Err(error) => Err(error.into()),
            };
            match taken {
                Ok(Came::ToSomething) => {}
                Ok(Came::ToNothing) => done.save(event).await?,
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
    async fn take(&self, input: &Input<'_, C>) -> Result<Came, StepError> {
        let mut came = Came::ToSomething;
        for call in Calls::<P>::of(input)? {
            let span = trace::step(P::NAME, &call.id, input.stored());
            if self.step(input, &call).instrument(span).await? == Came::ToNothing {
                came = Came::ToNothing;
            }
        }
        Ok(came)
    }

    /// Has one process take it; anew, where it has changed meanwhile.
    async fn step(&self, input: &Input<'_, C>, call: &Call<P>) -> Result<Came, StepError> {
        let Repository {
            store, environment, ..
        } = &self.repository;
        let own = stream_of::<P>(&call.id).map_err(|error| not_made::<P>(&call.id, error))?;
        let journal_of = names::journal(&own);
        let stream = journal_of.map_err(|error| not_made::<P>(&call.id, error))?;
        let took = input.took(call.part);
        let attempts = environment.retry.attempts;
        for attempt in 1..=attempts {
            trace::attempts(attempt);
            environment.pause_before(attempt).await;
            let life = store.identity().incarnation;
            let journal = Journal::read(store, &stream, names::step(P::NAME)).await?;
            let journal = journal.map_err(|error| not_made::<P>(&call.id, error))?;
            if journal.has_ended || journal.has_taken(&took) {
                return Ok(Came::ToSomething);
            }
            let fold = self.repository.fold(&call.id, AsOf::Now).await;
            let mut root = fold.map_err(|error| self.failed(call, error.into()))?.root;
            let plan = call.on(&root)?.plan(environment.clock.now())?;
            if plan.is_nothing() {
                return Ok(Came::ToNothing);
            }
            let key = Key::given(stream.as_str(), &took.to_string(), b"");
            let step = Making {
                own: &own,
                journal: &stream,
                took: &took,
                input,
            };
            let checks = [
                StreamCheck::At(own.clone(), root.version()),
                StreamCheck::At(stream.clone(), journal.version),
            ];
            let append = self.append(&mut root, plan, step);
            let append = append.map_err(|error| self.failed(call, error))?;
            let append = checks.into_iter().fold(append, Append::if_stream);
            let append = Arc::new(append.key(key).incarnation(life));
            let send = || store.append_across(Arc::clone(&append));
            match environment.append(send).await {
                Ok(_) => return Ok(Came::ToSomething),
                // Something is stored under this key: the input had its turn.
                Err(AppendError::KeyReused) => return Ok(Came::ToSomething),
                Err(AppendError::Conflict(conflict)) => trace::conflict(attempt, &conflict),
                // What it rests on was read before the store was restored or promoted.
                Err(AppendError::Store(StoreError::OtherIncarnation { .. })) => {}
                Err(error) => {
                    let error = ExecuteError::not_appended(error, "");
                    return Err(self.failed(call, error));
                }
            }
        }
        Err(self.failed(call, ExecuteError::Contended { attempts }))
    }

    /// What a step stores: its events, and its record.
    fn append(
        &self,
        root: &mut Root<P>,
        plan: Plan<P>,
        making: Making<'_, C>,
    ) -> Result<Append<crate::append::ManyStreams>, ExecuteError<P::Error>> {
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

    fn failed(&self, call: &Call<P>, error: ExecuteError<P::Error>) -> StepError {
        match error.into_store_error() {
            Ok(error) => StepError::Store(error),
            Err(error) => not_made::<P>(&call.id, error),
        }
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
