//! One attempt at a decision: what is known to all who take part, and what they have recorded.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::codec::Codec;
use crate::decide::error::{DecideError, Unsound};
use crate::environment::Environment;
use crate::environment::time::{IdSource, Timestamp};
use crate::event::{Event, EventSet};
use crate::metadata::Metadata;
use crate::registry;
use crate::repository::draft::{Draft, Unencodable};
use crate::store::append::{NewEvent, Record};
use crate::store::stream::{InvalidStreamName, StreamName};

/// One attempt at a decision.
pub struct Attempt {
    pub(crate) now: Timestamp,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) metadata: Metadata,
    pub(crate) stored: Arc<[u8]>,
    taken: Mutex<Taken>,
}

/// What was taken down during the attempt, in order.
#[derive(Default)]
struct Taken {
    records: Vec<Record>,
    /// What ends the attempt, whatever the closure makes of it.
    problem: Option<Problem>,
}

enum Problem {
    Unencodable(Unencodable),
    Unsound(Unsound),
    NoStream(&'static str, InvalidStreamName),
    StreamOf(&'static str, StreamName, &'static str),
}

impl Attempt {
    pub(crate) fn new(environment: &Environment, metadata: &Metadata) -> Arc<Self> {
        Arc::new(Self {
            now: environment.clock.now(),
            ids: Arc::clone(&environment.ids),
            metadata: metadata.clone(),
            stored: metadata.to_stored(),
            taken: Mutex::default(),
        })
    }

    /// Takes down an event of an aggregate.
    pub(crate) fn record<C: Codec, E: EventSet>(&self, codec: &C, stream: &StreamName, event: &E) {
        let draft = self.draft(codec).of_set(event);
        self.take_down(stream.clone(), draft.map(|(event, _)| event));
    }

    /// Takes down that an aggregate cannot have the event that it has decided.
    pub(crate) fn unsound(&self, unsound: Unsound) {
        self.fail(Problem::Unsound(unsound));
    }

    /// What was recorded, unless there was a problem, whatever the closure made of it.
    pub(crate) fn records<E>(&self) -> Result<Vec<Record>, DecideError<E>> {
        let Taken { records, problem } = std::mem::take(&mut *self.taken());
        Err(match problem {
            None => return Ok(records),
            Some(Problem::Unsound(unsound)) => DecideError::Unsound(unsound),
            Some(Problem::Unencodable(Unencodable { name, source })) => {
                DecideError::Encode { name, source }
            }
            Some(Problem::NoStream(event, source)) => DecideError::Stream { event, source },
            Some(Problem::StreamOf(event, stream, aggregate)) => DecideError::StreamOfAggregate {
                event,
                stream,
                aggregate,
            },
        })
    }

    fn draft<'a, C>(&'a self, codec: &'a C) -> Draft<'a, C> {
        Draft {
            codec,
            now: self.now,
            metadata: &self.stored,
        }
    }

    fn take_down(&self, stream: StreamName, event: Result<NewEvent, Unencodable>) {
        match event {
            Ok(event) => self.taken().records.push(Record { stream, event }),
            Err(problem) => self.fail(Problem::Unencodable(problem)),
        }
    }

    /// The first problem is the one that is told.
    fn fail(&self, problem: Problem) {
        self.taken().problem.get_or_insert(problem);
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // The list is whole at every moment.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes down the events that a closure returns.
pub struct Recorder<'a, C> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) codec: &'a C,
}

impl<C: Codec> Recorder<'_, C> {
    pub(crate) fn event<E: Event>(&self, event: &E) {
        let Self { attempt, codec } = self;
        let stream = match event.stream() {
            Ok(stream) => stream,
            Err(invalid) => return attempt.fail(Problem::NoStream(E::NAME, invalid)),
        };
        match registry::aggregate_called(stream.category()) {
            None => attempt.take_down(stream, attempt.draft(*codec).of_event(event)),
            Some(aggregate) => attempt.fail(Problem::StreamOf(E::NAME, stream, aggregate)),
        }
    }
}

impl<C> fmt::Debug for Recorder<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
