//! Given, when, then for decision models and for decisions over several things.

use std::fmt::{self, Debug, Display};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::{Diff, json_lines};
use crate::aggregate::Aggregate;
use crate::codec::Json;
use crate::decide::attempt::{Attempt, Recorder};
use crate::decide::error::DecideError;
use crate::decide::member::At;
use crate::decide::model::DecisionModel;
use crate::decide::part::{ModelPart, Part, Source};
use crate::decide::participant::Participants;
use crate::decide::verdict::{Facts, Verdict};
use crate::decision::{Decision, Events};
use crate::environment::Environment;
use crate::environment::time::{ManualClock, SequentialIds, Timestamp};
use crate::metadata::Metadata;
use crate::projection::{Incoming, ProjectState, Projection};
use crate::repository::load::stream_of;
use crate::store::append::Append;
use crate::store::memory::MemoryStore;
use crate::store::stored_event::StoredEvent;
use crate::store::{BoundaryStore, LogScan, Store, WithinReach};

/// Starts a test of a decision model: `Seats::of(&course).given(…)` is the model after these events, of which it sees
/// those that match its query.
///
/// ```
/// use eventsource_core::prelude::*;
/// # #[event] pub struct Taken { #[tag] pub show: u32 }
/// # #[decision_model(events(Taken))] pub struct Seats { #[tag] show: u32, taken: u32 }
/// # #[apply] impl Seats { fn taken(&mut self, _: &Taken) { self.taken += 1 } }
///
/// let seats = Seats::of(7).given([Taken { show: 7 }, Taken { show: 8 }]);
/// assert_eq!(seats.taken, 1);
/// ```
pub trait GivenModel: DecisionModel {
    /// The model after what happened: any events, in a tuple, an array or a `Vec`.
    #[track_caller]
    #[must_use]
    fn given(self, history: impl Facts) -> Self {
        let mut part = ModelPart::new(self, Json);
        let events = now(past(history).store.read_all(LogScan::default()));
        for event in events.unwrap_or_else(|error| panic!("{error}")) {
            let event = event.as_ref();
            let seen =
                matches!(part.source(), Source::Matching(query) if query.matches_event(&event));
            if seen && let Err(corrupt) = part.see(&event) {
                panic!("{} cannot apply its event: {}", Self::NAME, corrupt.cause);
            }
        }
        part.model
    }
}

impl<M: DecisionModel> GivenModel for M {}

/// What happened before a decision. It is kept in a [`MemoryStore`], and the decision is made there as anywhere else.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::testing::past;
/// # #[event] #[derive(Clone)] pub struct Taken { #[tag] pub show: u32 }
/// # #[decision_model(events(Taken))] pub struct Seats { #[tag] show: u32, taken: u32 }
/// # #[apply] impl Seats { fn taken(&mut self, _: &Taken) { self.taken += 1 } }
/// # #[derive(Debug, PartialEq, thiserror::Error)] #[error("no seat is left")] pub struct Full;
///
/// /// Decides about one more guest.
/// fn take(show: u32) -> impl Fn(&Seats) -> Result<Taken, Full> {
///     move |seats| {
///         ensure!(seats.taken < 2, Full);
///         Ok(Taken { show })
///     }
/// }
///
/// past(Taken { show: 7 }).decide(Seats::of(7), take(7)).then(Taken { show: 7 });
/// past([Taken { show: 7 }, Taken { show: 7 }]).decide(Seats::of(7), take(7)).then_err(Full);
/// ```
#[derive(Debug)]
pub struct Past {
    store: MemoryStore,
}

/// Starts a test of a decision over several things: these events happened, any of them; `()` for nothing.
#[track_caller]
pub fn past(history: impl Facts) -> Past {
    let past = Past {
        store: MemoryStore::new(),
    };
    let attempt = attempt();
    Facts::record(history, &recorder(&attempt));
    past.append(&attempt);
    past
}

/// An aggregate that takes part in a decision, in a test that has no repository.
pub fn at<A: Aggregate>(id: &A::Id) -> At<A> {
    At::new(id.clone(), Json, environment(), None)
}

impl Past {
    /// These events happened to an aggregate as well.
    #[track_caller]
    pub fn of<A: Aggregate>(self, id: &A::Id, history: impl Decision<A>) -> Self {
        let mut events = Events::new();
        if let Err(error) = history.record(&mut events) {
            panic!("the given history is an error: {error}");
        }
        let stream = stream_of::<A>(id).unwrap_or_else(|error| panic!("{error}"));
        let attempt = attempt();
        for event in events.as_slice() {
            attempt.record(&Json, &stream, event);
        }
        self.append(&attempt);
        self
    }

    /// A projection in memory after what happened.
    ///
    /// ```
    /// use eventsource_core::Recorded;
    /// use eventsource_core::prelude::*;
    /// use eventsource_core::testing::past;
    /// # #[event] pub struct Taken { #[tag] pub show: u32 }
    /// # #[derive(Default)] struct Guests(u32);
    /// # #[projection(name = "guests")] impl Guests { fn taken(&mut self, _: &Recorded<Taken>) { self.0 += 1 } }
    ///
    /// let guests = past([Taken { show: 7 }, Taken { show: 8 }]).projected(Guests::default());
    /// assert_eq!(guests.0, 2);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn projected<P: ProjectState>(&self, mut projection: P) -> P {
        for event in self.events_of::<P>() {
            if let Err(error) = projection.project(&Incoming::new(event.as_ref(), &Json)) {
                panic!("{} does not take {event:?}: {error}", P::NAME);
            }
        }
        projection
    }

    /// What happened, of the events that a projection is made of, for a test of one that writes somewhere else.
    #[track_caller]
    #[must_use]
    pub fn events_of<P: Projection>(&self) -> Vec<StoredEvent> {
        let scan = LogScan::default().matching(P::query());
        now(self.store.read_all(scan)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes a decision.
    #[track_caller]
    #[must_use = "say what should have been decided: `then`, `then_nothing`, `then_err`, …"]
    pub fn decide<P, F, D>(self, participants: P, decide: F) -> Made<D::Refusal>
    where
        P: Participants,
        P::Reach: WithinReach<MemoryStore>,
        F: for<'v> Fn(P::View<'v>) -> D + Send,
        D: Verdict,
    {
        let decision = self.store.decide(participants, decide);
        let decision = decision.clock(clock()).ids(SequentialIds::default());
        let made = now(decision.into_future());
        Made(made.map(|decided| {
            let shown = |event: &StoredEvent| json_lines(&event.name, &event.payload);
            decided.events.iter().flat_map(shown).collect()
        }))
    }

    #[track_caller]
    fn append(&self, attempt: &Attempt) {
        let records = attempt.records::<std::convert::Infallible>();
        let records = records.unwrap_or_else(|error| panic!("the given history: {error}"));
        let append = Append::assembled(records, Vec::new());
        if let Err(error) = now(self.store.append_within(Arc::new(append))) {
            panic!("the given history: {error}");
        }
    }
}

/// What a decision has led to.
pub struct Made<E>(Result<Vec<String>, DecideError<E>>);

impl<E: Debug + Display> Made<E> {
    /// These events must have been recorded, in this order, whatever their streams, and no others.
    #[track_caller]
    pub fn then(self, expected: impl Facts) -> Self {
        let attempt = attempt();
        Facts::record(expected, &recorder(&attempt));
        let records = attempt.records::<std::convert::Infallible>();
        let records = records.unwrap_or_else(|error| panic!("the expected events: {error}"));
        let shown = |record: &crate::Record| json_lines(&record.event.name, &record.event.payload);
        let expected: Vec<_> = records.iter().flat_map(shown).collect();
        match &self.0 {
            Err(error) => panic!("expected events, but the decision was not made: {error}"),
            Ok(actual) => assert!(
                expected == *actual,
                "the events differ (- expected, + actual):\n{}",
                Diff(&expected, actual)
            ),
        }
        self
    }

    /// Nothing must have been recorded, without an error.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(())
    }

    /// The decision must have refused with this error.
    #[track_caller]
    pub fn then_err(self, expected: E) -> Self
    where
        E: PartialEq,
    {
        let actual = self.error();
        assert!(
            *actual == expected,
            "the refusals differ:\n- {expected:?}\n+ {actual:?}"
        );
        self
    }

    /// The error of the decision, which must have refused. [`then_err!`](crate::then_err) matches it with a pattern.
    #[track_caller]
    pub fn error(&self) -> &E {
        match &self.0 {
            Err(DecideError::Refused(error)) => error,
            Err(error) => panic!("expected a refusal of the decision itself, but: {error}"),
            Ok(events) => panic!(
                "expected a refusal, but these events were recorded:\n{}",
                events.join("\n")
            ),
        }
    }

    /// The result, for what is neither an event nor a refusal of the decision itself.
    pub fn into_error(self) -> Option<DecideError<E>> {
        self.0.err()
    }
}

impl<E: Display> Debug for Made<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(events) => f.debug_tuple("Made").field(events).finish(),
            Err(error) => f.debug_tuple("Made").field(&error.to_string()).finish(),
        }
    }
}

fn clock() -> ManualClock {
    ManualClock::at(Timestamp::default())
}

fn environment() -> Environment {
    Environment {
        clock: Arc::new(clock()),
        ids: Arc::new(SequentialIds::default()),
        ..Environment::default()
    }
}

fn attempt() -> Arc<Attempt> {
    Attempt::new(&environment(), &Metadata::default())
}

fn recorder(attempt: &Attempt) -> Recorder<'_, Json> {
    Recorder {
        attempt,
        codec: &Json,
    }
}

/// The result of a future that has nothing to wait for: a store in memory answers at once.
#[track_caller]
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a decision on a store in memory never waits"),
    }
}
