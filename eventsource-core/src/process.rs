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
use crate::message::{Place, Row, Source};
use crate::projection::incoming::stored_names;
use crate::runner::Start;
use crate::store::query::Query;

pub use calls::{Calls, Keys};
pub use input::{BadKey, Input, Refused};
pub(crate) use next::Plan;
pub use next::{IntoNext, Next};
pub use runner::{ProcessHandle, ProcessRunner};

/// A process manager: an aggregate that nobody commands. It takes events of other aggregates, and answers with events of its
/// own, with commands and with timers; `#[process]` implements it.
///
/// ```standalone_crate
/// use std::time::Duration;
/// use eventsource_core::{MemoryStore, ProcessRunner};
/// use eventsource_core::prelude::*;
/// # #[event(name = "order.placed")] pub struct Placed { #[tag] pub order: u64, pub customer: u64, pub total: u64 }
/// # #[event(name = "credit.reserved")] pub struct Reserved { #[tag] pub order: u64, pub total: u64 }
/// # #[derive(Debug, thiserror::Error)] #[error("the limit is reached")] pub struct LimitReached;
/// # #[aggregate(name = "customer", id = u64, error = LimitReached, events(Reserved), commands(Reserve))]
/// # #[derive(Default)] pub struct Customer { reserved: u64 }
/// # #[apply] impl Customer { fn reserved(&mut self, event: &Reserved) { self.reserved += event.total } }
/// # #[handle] impl Customer { #[command] pub fn reserve(&self, order: u64, total: u64) -> Result<Reserved, LimitReached> {
/// #   ensure!(self.reserved + total <= 100, LimitReached);
/// #   Ok(Reserved { order, total }) } }
/// # #[aggregate(name = "order", id = u64, error = LimitReached, events(Placed), commands(Place))]
/// # #[derive(Default)] pub struct Order;
/// # #[apply] impl Order { fn placed(&mut self, _: &Placed) {} }
/// # #[handle] impl Order { #[command] pub fn place(&self, order: u64, customer: u64, total: u64) -> Option<Placed> {
/// #   Some(Placed { order, customer, total }) } }
///
/// #[event(name = "approval.asked")]
/// pub struct Asked;
/// #[event(name = "approval.given")]
/// pub struct Given;
/// #[event(name = "approval.refused")]
/// pub struct Rejected {
///     pub reason: String,
/// }
///
/// #[timer]
/// pub struct Overdue;
///
/// /// Whether an order is approved: it is, if its customer has credit left.
/// #[aggregate(name = "approval", id = u64, error = std::convert::Infallible, events(Asked, Given, Rejected), commands())]
/// #[derive(Default)]
/// pub struct Approval {
///     rejected: Option<String>,
/// }
///
/// #[apply]
/// impl Approval {
///     fn asked(&mut self, _: &Asked) {}
///     fn given(&mut self, _: &Given) {}
///     fn rejected(&mut self, event: &Rejected) {
///         self.rejected = Some(event.reason.clone());
///     }
/// }
///
/// #[process(tag = "order", from = start)]
/// impl Approval {
///     fn placed(&self, event: &Recorded<Placed>) -> Next<Self> {
///         let Placed { order, customer, total } = event.event;
///         Next::record(Asked)
///             .command::<Customer>(customer, Reserve { order, total })
///             .timer_after(Duration::from_secs(60), Overdue)
///     }
///
///     fn reserved(&self, _: &Recorded<Reserved>) -> Next<Self> {
///         Next::record(Given).end()
///     }
///
///     fn reserve_refused(&self, refused: &Refused<Reserve>) -> Next<Self> {
///         Next::record(Rejected { reason: refused.reason.clone() }).end()
///     }
///
///     fn overdue(&self, _: &Overdue) -> Next<Self> {
///         Next::record(Rejected { reason: "nobody has answered".into() }).end()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let orders = Repository::<Order, _>::new(store.clone());
/// orders.execute(&1, Place { order: 1, customer: 7, total: 70 }).await?;
/// orders.execute(&2, Place { order: 2, customer: 7, total: 70 }).await?;
///
/// let runner: ProcessRunner<Approval, _> = store.process();
/// runner.settle().await?;
///
/// let approvals = Repository::<Approval, _>::new(store.clone());
/// assert_eq!(approvals.load(&1).await?.rejected, None);
/// assert_eq!(approvals.load(&2).await?.rejected.as_deref(), Some("the limit is reached"));
/// # Ok(()) }
/// ```
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

    /// The commands whose refusals it takes. It may send others: those stand in the bodies of its methods alone.
    const SENDS: &'static [Row] = &[];

    /// Its timers.
    const TIMERS: &'static [Row] = &[];

    /// Where its block stands.
    const PLACE: Place = Place::UNKNOWN;

    /// The documentation of its block.
    const DOCS: &'static str = "";

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
///
/// ```
/// use eventsource_core::prelude::*;
///
/// #[timer]
/// pub struct Overdue {
///     pub attempt: u32,
/// }
///
/// assert_eq!(Overdue::NAME, "Overdue");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a timer",
    label = "this type has no `Timer`",
    note = "write `#[timer]` on the struct; a method takes an event as `&Recorded<{Self}>`, and a refusal as `&Refused<…>`"
)]
pub trait Timer: Executable + Send + Sync + 'static {
    /// The name under which it is stored. It stays the same when the struct is renamed.
    const NAME: &'static str;

    /// Where the struct was defined, and what is written there.
    const SOURCE: Source = Source::UNKNOWN;

    #[doc(hidden)]
    const ROW: Row = Row {
        variant: 0,
        label: "",
        kind: "timer",
        name: Self::NAME,
        version: 1,
        type_name: std::any::type_name::<Self>,
        place: Self::SOURCE.place,
        source: Self::SOURCE.text,
        shape: None,
        oldest_in_line: 1,
        #[cfg(feature = "reflect")]
        alone: Some(crate::reflect::Reflected::timer::<Self>),
    };

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
