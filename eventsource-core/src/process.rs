//! Process managers: what has happened, and what was refused, goes in; commands and timers come out. The state of a process
//! is made of its own events.
//!
//! Everything that a process takes is a stored event: an event of any aggregate, a command of its own that was refused, a
//! timer of its own that is due. `process/step.rs` has it take one, `process/send.rs` sends its commands, `process/timers.rs`
//! sees when its timers are due, and `process/runner.rs` runs the three.

mod calls;
mod input;
mod journal;
pub(crate) mod names;
mod next;
mod pending;
mod recent;
pub(crate) mod record;
mod runner;
mod send;
mod step;
mod timers;
mod turns;

use std::borrow::Cow;

use crate::aggregate::Aggregate;
use crate::codec::Codec;
use crate::command::Executable;
use crate::consumer::BoxError;
use crate::message::Row;
use crate::projection::incoming::stored_names;
use crate::query::Query;
use crate::runner::Start;

pub use calls::{Calls, Keys};
pub use input::{BadKey, Input, Refused};
pub(crate) use next::Plan;
pub use next::{IntoNext, Next};
pub use runner::{ProcessHandle, ProcessRunner};

/// A process manager: an aggregate that nobody commands. It takes events of other aggregates, and answers with events of its
/// own, with commands and with timers; `#[process]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process",
    label = "this type has no `Process`",
    note = "write `#[process(tag = \"…\")]` on an impl block of it, with a method for each event, refusal and timer"
)]
pub trait Process: Aggregate {
    /// Where it begins when it is run for the first time: after the last event that there is, unless it says
    /// `from = start`.
    const FROM: Start = Start::Now;

    /// For each method on an event the stored names and versions of that event.
    const EVENTS: &'static [&'static [Row]];

    /// Adds the call of each method that takes an input.
    fn receive<C: Codec>(input: &Input<'_, C>, calls: &mut Calls<Self>) -> Result<(), BoxError>;

    /// What it takes: the events of its methods, its refusals, and its timers that are due.
    #[must_use]
    fn query() -> Query {
        let events = stored_names(Self::EVENTS).into_iter().map(Cow::from);
        let own = [names::refused(Self::NAME), names::due(Self::NAME)];
        Query::types(events.chain(own.map(Cow::from)))
    }
}

/// Something that a process asks to be told at a certain time, as a struct. `#[timer]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a timer",
    label = "this type has no `Timer`",
    note = "write `#[timer]` on the struct"
)]
pub trait Timer: Executable + Send + Sync + 'static {
    /// The name under which it is stored. It stays the same when the struct is renamed.
    const NAME: &'static str;

    #[doc(hidden)]
    const IS_TIMER: bool = true;
}

/// That a process has a method for a timer. `#[process]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no method for the timer `{T}`",
    label = "nobody would take it when it is due",
    note = "write one in the `#[process]` block of `{Self}`: `fn name(&self, timer: &{T}) -> Next<Self> {{ … }}`"
)]
pub trait Awaits<T: Timer> {}
