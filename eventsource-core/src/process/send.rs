//! Sends the commands of a process, each once, and records the refusals.
//!
//! A command is executed, or its refusal is recorded, under one and the same idempotency key: so of the two exactly one is
//! ever stored, whoever is killed when, and however many send it.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use crate::consumer::{Batch, BoxError, Consumer, Failure, OneByOne};
use crate::environment::Environment;
use crate::metadata::Metadata;
use crate::process::record::{self, Caused, Ordered, Refusal, Step, Unreadable};
use crate::process::turns;
use crate::process::{Process, names};
use crate::repository::dispatcher::{DispatchError, Dispatcher};
use crate::repository::execute::CommandOptions;
use crate::repository::execute_error::ExecuteError;
use crate::runner::checkpoint_store::CheckpointStore;
use crate::store::Store;
use crate::store::append::{Append, AppendError};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::query::Query;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, StreamName};
use crate::trace::{self, Instrument as _};

/// Sends the commands of the processes of a kind.
pub struct Commands<P> {
    /// Where they are sent: unless it is set, to every aggregate that registered itself, in the store of the process.
    pub(super) dispatcher: OnceLock<Dispatcher>,
    pub(super) environment: Environment,
    pub(super) process: PhantomData<fn() -> P>,
}

/// A command on its way, and where it stands.
struct Sending<'s> {
    journal: &'s StreamName,
    of: Caused,
    command: &'s Ordered,
    metadata: &'s Metadata,
}

/// How many steps are sent together at most. Their commands may be for one aggregate, where of those that meet one gets
/// through at each attempt: so they are fewer than the attempts that a command has.
const TOGETHER: usize = 8;

/// Why a command was neither executed nor refused.
#[derive(Debug, thiserror::Error)]
enum SendError {
    /// The store has failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The step cannot be read.
    #[error(transparent)]
    Step(#[from] Unreadable),
    /// Anything else: a person must look at it.
    #[error("command {index} of step {step} in `{journal}`, to {aggregate} `{id}`: {source}")]
    Command {
        index: u32,
        step: u64,
        journal: StreamName,
        aggregate: String,
        id: String,
        source: BoxError,
    },
}

impl<P: Process, S: CheckpointStore> Consumer<S> for Commands<P> {
    fn name(&self) -> &'static str {
        <P as names::Consumers>::COMMANDS
    }

    fn query(&self) -> Query {
        Query::types([names::step(P::NAME)])
    }

    /// What its commands have come to stands in the same store.
    fn is_restored_with_the_store(&self) -> bool {
        true
    }

    fn may_begin_anew(&self) -> bool {
        false
    }

    async fn prepare(&self, store: &S) -> Result<(), BoxError> {
        if self.dispatcher.get().is_none() {
            let _ = self.dispatcher.set(Dispatcher::discover(store.clone())?);
        }
        Ok(())
    }

    /// The checkpoint is saved after a few steps. What is sent once more all the same, its key recognises.
    async fn commit(&self, store: &S, batch: Arc<Batch>) -> Result<(), Failure> {
        let mut done = OneByOne::new(store, &batch);
        for steps in batch.events.chunks(TOGETHER) {
            match self.send_all(store, steps).await {
                Ok(()) => {}
                Err((_, SendError::Store(error))) => return Err(done.store_failed(error).await),
                Err((position, error)) => return Err(done.failed(position, error.into()).await),
            }
            if let Some(last) = steps.last() {
                done.save(last).await?;
            }
        }
        done.finish().await
    }
}

impl<P: Process> Commands<P> {
    /// Sends the commands of each process, in the order of its steps.
    async fn send_all<S: Store>(
        &self,
        store: &S,
        steps: &[StoredEvent],
    ) -> Result<(), (Position, SendError)> {
        let steps = steps.iter().map(|step| (&step.stream, step));
        let sending = turns::of_each(steps).into_iter().map(async |steps| {
            for step in steps {
                let sent = self.send_step(store, step).await;
                sent.map_err(|error| (step.position, error))?;
            }
            Ok(())
        });
        turns::all(sending).await
    }

    /// Sends the commands of a step, in order.
    async fn send_step<S: Store>(&self, store: &S, event: &StoredEvent) -> Result<(), SendError> {
        let Step { commands, .. } = record::read(&event.as_ref())?;
        let of_step = Metadata::from_stored(&event.metadata).unwrap_or_default();
        let metadata = Metadata {
            causation: Some(format!("{}@{}", event.stream, event.version)),
            ..of_step
        };
        for (index, command) in (0..).zip(&commands) {
            let sending = Sending {
                journal: &event.stream,
                of: Caused {
                    step: event.version.0,
                    index,
                },
                command,
                metadata: &metadata,
            };
            let span = trace::send(P::NAME, &event.stream, &command.aggregate, &command.id);
            self.send(store, &sending).instrument(span).await?;
        }
        Ok(())
    }

    async fn send<S: Store>(&self, store: &S, sending: &Sending<'_>) -> Result<(), SendError> {
        let Ordered {
            aggregate,
            id,
            command,
        } = sending.command;
        let options = CommandOptions {
            idempotency_key: Some(sending.key()),
            metadata: sending.metadata.clone(),
            expected_version: None,
        };
        let Some(dispatcher) = self.dispatcher.get() else {
            return Err(sending.not_sent("there is no dispatcher yet".into()));
        };
        let json = command.get().as_bytes();
        let reason = match dispatcher.dispatch(aggregate, id, json, options).await {
            Ok(_) => return Ok(()),
            Err(DispatchError::Refused(refusal)) => refusal.to_string(),
            Err(DispatchError::Failed(failure)) => match failure {
                // There is none to decide about it, or one already: it is the aggregates' answer, not a failure.
                ExecuteError::NotFound { .. } | ExecuteError::AlreadyExists { .. } => {
                    failure.to_string()
                }
                // The refusal is recorded already.
                ExecuteError::KeyReused { .. } => return Ok(()),
                failure => return Err(sending.failed(failure)),
            },
            Err(error) => return Err(sending.not_sent(error.into())),
        };
        self.refused(store, sending, reason).await
    }

    /// Records a refusal, unless the command was executed by somebody else meanwhile.
    async fn refused<S: Store>(
        &self,
        store: &S,
        sending: &Sending<'_>,
        reason: String,
    ) -> Result<(), SendError> {
        trace::refused(&reason);
        let refusal = Refusal {
            of: sending.of,
            command: sending.command.clone(),
            reason,
        };
        let (metadata, now) = (sending.metadata.to_stored(), self.environment.clock.now());
        let written = record::written(names::refused(P::NAME), &refusal, metadata, now);
        let written = written.map_err(|error| sending.not_sent(error.into()))?;
        let Ordered { aggregate, id, .. } = sending.command;
        let target = format!("{aggregate}/{id}");
        let append = Append::to(sending.journal.clone())
            .event(written)
            .key(Key::given(&target, &sending.key(), REFUSED));
        let append = Arc::new(append);
        let send = || store.append(Arc::clone(&append));
        match self.environment.append(send).await {
            Ok(_) | Err(AppendError::KeyReused) => Ok(()),
            Err(error) => Err(sending.failed(ExecuteError::not_appended(error, &sending.key()))),
        }
    }
}

/// What is asked under the key of a command that was refused: no command's digest.
const REFUSED: &[u8] = b"refused";

impl Sending<'_> {
    /// Its idempotency key: the place where it stands in the journal.
    fn key(&self) -> String {
        let Caused { step, index } = self.of;
        format!("{}@{step}#{index}", self.journal)
    }

    fn failed(&self, error: ExecuteError<std::convert::Infallible>) -> SendError {
        match error.into_store_error() {
            Ok(error) => SendError::Store(error),
            // Others were faster, and so get on: nothing is wrong with the command.
            Err(error @ ExecuteError::Contended { .. }) => SendError::Store(StoreError::Backend {
                doing: format!(
                    "a command to {} `{}`",
                    self.command.aggregate, self.command.id
                ),
                source: error.into(),
            }),
            Err(error) => self.not_sent(error.into()),
        }
    }

    fn not_sent(&self, source: BoxError) -> SendError {
        SendError::Command {
            index: self.of.index,
            step: self.of.step,
            journal: self.journal.clone(),
            aggregate: self.command.aggregate.clone(),
            id: self.command.id.clone(),
            source,
        }
    }
}
