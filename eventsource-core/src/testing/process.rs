//! Given, when, then for processes: the state is made of its own events, one input comes, and what comes next is compared.

use std::fmt::{self, Debug, Display};

use serde_json::Value;

use super::{Diff, Given, Scenario, lines, some_id};
use crate::aggregate::{Aggregate, Root};
use crate::codec::Json;
use crate::command::CommandOf;
use crate::consumer::BoxError;
use crate::decision::Decision;
use crate::environment::time::Timestamp;
use crate::event::{Event, EventMeta};
use crate::message::MessageSet as _;
use crate::process::record::{self, Alarm, Caused, Due, Ordered, Refusal};
use crate::process::{Awaits, Calls, Input, IntoNext, Next, Plan, Process, Timer, names};
use crate::repository::draft::{Draft, Unencodable};
use crate::store::append::NewEvent;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::tag::TagList;

/// Starts a test of a process: `Transfer::given_events(…)`.
///
/// ```
/// use std::time::Duration;
/// use eventsource_core::prelude::*;
/// # #[event] pub struct Shipped { #[tag] pub order: u64 }
/// # #[event] pub struct Asked;
/// # #[event] pub struct Paid { #[tag] pub order: u64 }
/// # #[derive(Debug, thiserror::Error)] #[error("no")] pub struct Never;
/// # #[aggregate(name = "invoice", id = u64, error = Never, events(Paid), commands(Remind))] #[derive(Default)] pub struct Invoice;
/// # #[apply] impl Invoice { fn paid(&mut self, _: &Paid) {} }
/// # #[handle] impl Invoice { #[command] pub fn remind(&self) -> Result<(), Never> { Ok(()) } }
/// # #[aggregate(name = "reminder", id = u64, error = Never, events(Asked), commands())]
/// # #[derive(Default)] pub struct Reminder { asked: bool }
/// # #[apply] impl Reminder { fn asked(&mut self, _: &Asked) { self.asked = true } }
/// # #[timer] pub struct Unpaid { pub order: u64 }
/// # #[process(tag = "order")]
/// # impl Reminder {
/// #   fn shipped(&self, e: &Recorded<Shipped>) -> Next<Self> {
/// #       Next::nothing().timer_after(Duration::from_secs(60), Unpaid { order: e.event.order }) }
/// #   fn unpaid(&self, t: &Unpaid) -> Next<Self> {
/// #       if self.asked { return Next::nothing() }
/// #       Next::record(Asked).command::<Invoice>(t.order, Remind) } }
///
/// Reminder::given_events(())
///     .when(Shipped { order: 7 })
///     .then(Next::nothing().timer_after(Duration::from_secs(60), Unpaid { order: 7 }));
///
/// Reminder::given_events(())
///     .when_due(Unpaid { order: 7 })
///     .then(Next::record(Asked).command::<Invoice>(7, Remind));
///
/// Reminder::given_events(Asked).when_due(Unpaid { order: 7 }).then_nothing();
/// ```
pub trait GivenProcess: Process {
    /// What the process has recorded before: one event of its own, or a tuple, an array or a `Vec` of them; `()` for nothing.
    #[track_caller]
    fn given_events(history: impl Decision<Self>) -> ProcessScenario<Self> {
        let Scenario { root, .. } = Self::given(history);
        ProcessScenario {
            root,
            id: None,
            now: Timestamp::default(),
        }
    }
}

impl<P: Process> GivenProcess for P {}

/// A process with a history.
pub struct ProcessScenario<P: Process> {
    root: Root<P>,
    id: Option<P::Id>,
    now: Timestamp,
}

impl<P: Process> ProcessScenario<P> {
    /// Sets the id of the process. Without it, it is the one that the event concerns; for a refusal or a timer the one that
    /// reads as `1`, or the nil UUID.
    #[must_use]
    pub fn id(mut self, id: P::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the time; 1970-01-01T00:00:00Z without it.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// An event happens, which must concern this process.
    #[track_caller]
    #[must_use = "say what should come next: `then`, `then_nothing`"]
    pub fn when<E: Event>(self, event: E) -> ProcessOutcome<P> {
        let stream = event.stream().unwrap_or_else(|error| panic!("{error}"));
        let draft = Draft {
            codec: &Json,
            now: self.now,
            metadata: &[].into(),
        };
        match draft.of_event(&event) {
            Ok(event) => self.takes(&stream, &event),
            Err(Unencodable { name, source }) => panic!("`{name}` cannot be encoded: {source}"),
        }
    }

    /// The aggregate `A` with this id has refused a command of the process, for this reason.
    #[track_caller]
    #[must_use = "say what should come next: `then`, `then_nothing`"]
    pub fn when_refused<A: Aggregate>(
        self,
        id: A::Id,
        command: impl CommandOf<A>,
        reason: impl Display,
    ) -> ProcessOutcome<P> {
        let plan = self.planned(Next::<P>::nothing().command::<A>(id, command));
        let Some(command) = plan.commands.into_iter().next() else {
            unreachable!("it was just put there")
        };
        let refusal = Refusal {
            of: FIRST,
            command,
            reason: reason.to_string(),
        };
        self.takes_record(names::refused(P::NAME), &refusal)
    }

    /// A timer of the process is due.
    #[track_caller]
    #[must_use = "say what should come next: `then`, `then_nothing`"]
    pub fn when_due<T: Timer>(self, timer: T) -> ProcessOutcome<P>
    where
        P: Awaits<T>,
    {
        let plan = self.planned(Next::<P>::nothing().timer_at(self.now, timer));
        let Some(alarm) = plan.timers.into_iter().next() else {
            unreachable!("it was just put there")
        };
        self.takes_record(names::due(P::NAME), &Due { of: FIRST, alarm })
    }

    #[track_caller]
    fn planned(&self, next: Next<P>) -> Plan<P> {
        next.plan(self.now)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The process takes a record of its own journal.
    #[track_caller]
    fn takes_record(mut self, name: String, record: &impl serde::Serialize) -> ProcessOutcome<P> {
        let id = self.id.take().unwrap_or_else(some_id::<P>);
        let journal = StreamName::new(&format!("${}", P::NAME), &id);
        let journal = journal.unwrap_or_else(|error| panic!("{error}"));
        let written = record::written(name, record, [].into(), self.now);
        self.id = Some(id);
        self.takes(&journal, &written.unwrap_or_else(|error| panic!("{error}")))
    }

    #[track_caller]
    fn takes(mut self, stream: &StreamName, event: &NewEvent) -> ProcessOutcome<P> {
        let tags = TagList::store(&event.tags);
        let event = EventRef {
            position: Position(1),
            stream,
            version: Version(1),
            name: &event.name,
            schema: event.schema,
            format: &event.format,
            payload: &event.payload,
            metadata: &event.metadata,
            recorded_at: event.recorded_at,
            tags: TagList::from_stored(&tags),
        };
        let calls = Input::of::<P>(event, &Json).and_then(|input| Calls::<P>::of(&input));
        let calls = calls.unwrap_or_else(|error| panic!("{} cannot take it: {error}", P::NAME));
        let concerned: Vec<_> = calls.iter().map(|call| call.id.to_string()).collect();
        let id = self.id.clone().or_else(|| Some(calls.first()?.id.clone()));
        let own: Vec<_> = calls
            .iter()
            .filter(|call| Some(&call.id) == id.as_ref())
            .collect();
        assert!(
            !own.is_empty(),
            "`{}` does not concern this process, but {concerned:?}",
            event.name
        );
        let mut outcome = Ok(Vec::new());
        for call in own {
            let planned = call.on(&self.root).and_then(|next| next.plan(self.now));
            match (planned, &mut outcome) {
                (Ok(plan), Ok(so_far)) => {
                    self.apply(&plan.events);
                    so_far.extend(shown(&plan));
                }
                (Err(error), _) => outcome = Err(error),
                (_, Err(_)) => {}
            }
        }
        ProcessOutcome {
            root: self.root,
            now: self.now,
            outcome,
        }
    }

    #[track_caller]
    fn apply(&mut self, events: &[P::Event]) {
        for (number, event) in (1..).zip(events) {
            let meta = EventMeta {
                version: self.root.version().next(),
                part: 0,
                recorded_at: self.now,
                metadata: &[],
            };
            let name = event.name();
            if let Err(problem) = self.root.apply(event, &meta) {
                panic!("event {number} of the process (`{name}`) cannot be applied: {problem}");
            }
            if let Err(broken) = crate::repository::load::check(&self.root) {
                panic!("event {number} of the process (`{name}`) breaks the invariant: {broken}");
            }
        }
    }
}

/// Where a command or a timer stands, in a test.
const FIRST: Caused = Caused { step: 1, index: 0 };

/// What a process does next, line by line.
fn shown<P: Process>(plan: &Plan<P>) -> Vec<String> {
    let mut shown = lines(&plan.events);
    for Ordered {
        aggregate,
        id,
        command,
    } in &plan.commands
    {
        shown.push(format!("to {aggregate} `{id}`"));
        shown.extend(json(command.get()));
    }
    for Alarm { timer, at, payload } in &plan.timers {
        shown.push(format!("at {at} {timer}"));
        shown.extend(json(payload.get()));
    }
    if plan.ends {
        shown.push("ends".into());
    }
    shown
}

fn json(text: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.lines().map(|line| format!("  {line}")).collect()
}

/// What a process does next.
pub struct ProcessOutcome<P: Process> {
    root: Root<P>,
    now: Timestamp,
    outcome: Result<Vec<String>, BoxError>,
}

impl<P: Process> ProcessOutcome<P> {
    /// This must come next, and nothing else: the events, the commands, the timers, and whether it ends.
    #[track_caller]
    pub fn then(self, expected: impl IntoNext<P>) -> Self {
        let planned = expected.into_next().and_then(|next| next.plan(self.now));
        let expected = match planned {
            Ok(plan) => shown(&plan),
            Err(error) => panic!("what is expected is an error: {error}"),
        };
        match &self.outcome {
            Err(error) => panic!("expected something to come next, but the method failed: {error}"),
            Ok(actual) => assert!(
                expected == *actual,
                "what comes next differs (- expected, + actual):\n{}",
                Diff(&expected, actual)
            ),
        }
        self
    }

    /// Nothing must come next: the input is ignored.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(Next::nothing())
    }

    /// The error of the method, which must have failed.
    #[track_caller]
    pub fn error(&self) -> &BoxError {
        match &self.outcome {
            Err(error) => error,
            Ok(lines) => panic!(
                "expected an error, but this comes next:\n{}",
                lines.join("\n")
            ),
        }
    }

    /// Looks at the state after it.
    #[track_caller]
    pub fn then_state(self, look: impl FnOnce(&P)) -> Self {
        match self.root.state() {
            Some(state) => look(state),
            None => panic!("{} has not begun", P::NAME),
        }
        self
    }
}

impl<P: Process> Debug for ProcessScenario<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessScenario")
            .field("version", &self.root.version())
            .finish_non_exhaustive()
    }
}

impl<P: Process> Debug for ProcessOutcome<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessOutcome")
            .field(&self.outcome)
            .finish()
    }
}
