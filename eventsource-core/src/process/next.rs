//! What a process does next: what a method returns.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::aggregate::Aggregate;
use crate::codec::CodecError;
use crate::command::CommandOf;
use crate::consumer::BoxError;
use crate::decision::{Decision, Events};
use crate::environment::time::Timestamp;
use crate::message::MessageWriter;
use crate::process::record::{Alarm, Ordered, raw};
use crate::process::{Awaits, Timer};

/// What a process does next: the events of its own that it records, the commands that it sends, the timers that it sets, and
/// whether it ends with it. All of it is stored in one append, or nothing is.
///
/// ```
/// use std::time::Duration;
/// use eventsource_core::Next;
/// # use eventsource_core::prelude::*;
/// # #[event] pub struct Withdrawn { pub amount: u64 }
/// # #[derive(Debug, thiserror::Error)] #[error("insufficient")] pub struct Insufficient;
/// # #[aggregate(name = "account", id = u64, error = Insufficient, events(Withdrawn), commands(Withdraw))]
/// # #[derive(Default)] pub struct Account { balance: u64 }
/// # #[apply] impl Account { fn withdrawn(&mut self, event: &Withdrawn) { self.balance -= event.amount } }
/// # #[handle] impl Account { #[command] pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, Insufficient> {
/// #   Ok(Withdrawn { amount }) } }
/// # #[event] pub struct Begun { pub from: u64, pub amount: u64 }
/// # #[aggregate(name = "transfer", id = u64, error = std::convert::Infallible, events(Begun), commands())]
/// # #[derive(Default)] pub struct Transfer { amount: u64 }
/// # #[apply] impl Transfer { fn begun(&mut self, event: &Begun) { self.amount = event.amount } }
/// # #[timer] pub struct Overdue;
/// # #[process] impl Transfer { fn overdue(&self, _: &Overdue) -> Next<Self> { Next::nothing() } }
///
/// let next: Next<Transfer> = Next::record(Begun { from: 1, amount: 50 })
///     .command::<Account>(1, Withdraw { amount: 50 })
///     .timer_after(Duration::from_secs(10), Overdue);
/// # let _ = next;
/// ```
#[must_use = "a method returns what comes next"]
pub struct Next<P: Aggregate> {
    events: Events<P>,
    commands: Vec<Ordered>,
    timers: Vec<(When, Alarm)>,
    ends: bool,
    problem: Option<BoxError>,
}

/// When a timer is due.
enum When {
    After(Duration),
    At(Timestamp),
}

/// What is to be done next, with the time from which it counts.
pub(crate) struct Plan<P: Aggregate> {
    pub(crate) events: Vec<P::Event>,
    pub(crate) commands: Vec<Ordered>,
    pub(crate) timers: Vec<Alarm>,
    pub(crate) ends: bool,
}

impl<P: Aggregate> Next<P> {
    /// Nothing: the input does not matter, or not any more.
    pub fn nothing() -> Self {
        Self {
            events: Events::new(),
            commands: Vec::new(),
            timers: Vec::new(),
            ends: false,
            problem: None,
        }
    }

    /// Records events of its own: one, or a tuple, an array, an `Option` or a `Vec` of them.
    pub fn record(events: impl Decision<P>) -> Self {
        let mut next = Self::nothing();
        if let Err(error) = events.record(&mut next.events) {
            next.fail(error.into());
        }
        next
    }

    /// Sends a command to an aggregate.
    ///
    /// It is executed once, however often the process is killed meanwhile: its idempotency key is its place among
    /// everything that the process has done. If the aggregate refuses, the process [is told](crate::Refused).
    pub fn command<A: Aggregate>(mut self, id: A::Id, command: impl CommandOf<A>) -> Self {
        match command.write_any(Named) {
            Err(error) => self.fail(error),
            Ok(command) => self.commands.push(Ordered {
                aggregate: A::NAME.into(),
                id: id.to_string(),
                command,
            }),
        }
        self
    }

    /// Sets a timer that is due after so long, counted from this step by the clock of the process.
    pub fn timer_after<T: Timer>(self, duration: Duration, timer: T) -> Self
    where
        P: Awaits<T>,
    {
        self.timer(When::After(duration), timer)
    }

    /// Sets a timer that is due at this time; at once, if that is past.
    pub fn timer_at<T: Timer>(self, time: Timestamp, timer: T) -> Self
    where
        P: Awaits<T>,
    {
        self.timer(When::At(time), timer)
    }

    /// Ends the process with it: later inputs, and timers that are set still, are ignored. Its commands are sent all the
    /// same.
    pub fn end(mut self) -> Self {
        self.ends = true;
        self
    }

    fn timer<T: Timer>(mut self, when: When, timer: T) -> Self {
        match raw(&timer) {
            Err(source) => self.fail(
                Unwritable {
                    name: T::NAME,
                    source,
                }
                .into(),
            ),
            Ok(payload) => {
                let timer = T::NAME.into();
                let at = Timestamp::default();
                self.timers.push((when, Alarm { timer, at, payload }));
            }
        }
        self
    }

    fn fail(&mut self, problem: BoxError) {
        self.problem.get_or_insert(problem);
    }

    /// What is to be done if it is `now`.
    pub(crate) fn plan(self, now: Timestamp) -> Result<Plan<P>, BoxError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let due = |(when, alarm): (When, Alarm)| Alarm {
            at: match when {
                When::After(duration) => now.saturating_add(duration),
                When::At(time) => time,
            },
            ..alarm
        };
        Ok(Plan {
            events: self.events.into_vec(),
            commands: self.commands,
            timers: self.timers.into_iter().map(due).collect(),
            ends: self.ends,
        })
    }
}

impl<P: Aggregate> Plan<P> {
    /// Whether there is nothing to store.
    pub(super) fn is_nothing(&self) -> bool {
        let nothing_said = self.events.is_empty() && self.commands.is_empty();
        nothing_said && self.timers.is_empty() && !self.ends
    }
}

impl<P: Aggregate> fmt::Debug for Next<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            events,
            commands,
            timers,
            ends,
            problem,
        } = self;
        f.debug_struct("Next")
            .field("events", &events.as_slice().len())
            .field("commands", commands)
            .field("timers", &timers.len())
            .field("ends", ends)
            .field("problem", problem)
            .finish()
    }
}

/// A command or a timer that cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` cannot be encoded: {source}")]
struct Unwritable {
    name: &'static str,
    source: CodecError,
}

/// Writes a command as `{"Name": {…}}`.
struct Named;

impl MessageWriter for Named {
    type Ok = Box<RawValue>;
    type Error = BoxError;

    fn write<T: Serialize>(
        self,
        name: &'static str,
        _: u32,
        payload: &T,
    ) -> Result<Self::Ok, BoxError> {
        let named = raw(payload).and_then(|payload| raw(&BTreeMap::from([(name, payload)])));
        Ok(named.map_err(|source| Unwritable { name, source })?)
    }
}

/// What the method of a process may return: what comes next, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "the method of a process cannot return `{Self}`",
    label = "neither `Next<{P}>` nor a `Result` of it",
    note = "return `Next<{P}>`, or `Result<Next<{P}>, E>` with an error that is `Send + Sync`"
)]
pub trait IntoNext<P: Aggregate> {
    /// What comes next, or why that could not be said.
    fn into_next(self) -> Result<Next<P>, BoxError>;
}

impl<P: Aggregate> IntoNext<P> for Next<P> {
    fn into_next(self) -> Result<Next<P>, BoxError> {
        Ok(self)
    }
}

impl<P: Aggregate, E: Into<BoxError>> IntoNext<P> for Result<Next<P>, E> {
    fn into_next(self) -> Result<Next<P>, BoxError> {
        self.map_err(Into::into)
    }
}
