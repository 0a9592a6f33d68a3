//! Commands: what is asked of an aggregate, and the methods that decide about it.

use std::fmt;

use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::decision::{Events, Rejection};
use crate::environment::time::{IdSource, Timestamp};
use crate::message::{MessageReader, MessageSet, MessageWriter, Never, Row, Source, Storable};
use crate::metadata::Metadata;
use crate::store::stream::Version;

/// A request to an aggregate, as a struct. `#[command]` or `#[derive(Command)]` implements it.
///
/// ```
/// use eventsource_core::prelude::*;
///
/// #[command]
/// pub struct Deposit {
///     pub amount: u64,
/// }
///
/// assert_eq!(Deposit::NAME, "Deposit");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "this type has no `Command`",
    note = "write `#[command]` on the struct"
)]
pub trait Command: Executable + Send + Sync + 'static {
    /// The name under which it is dispatched.
    const NAME: &'static str;

    /// The version of its shape.
    const VERSION: u32 = 1;

    /// Where the struct was defined, and what is written there.
    const SOURCE: Source = Source::UNKNOWN;

    #[doc(hidden)]
    const ROW: Row = Row {
        variant: 0,
        label: "",
        kind: "command",
        name: Self::NAME,
        version: Self::VERSION,
        type_name: std::any::type_name::<Self>,
        place: Self::SOURCE.place,
        source: Self::SOURCE.text,
        shape: None,
        oldest_in_line: Self::VERSION,
        #[cfg(feature = "reflect")]
        alone: None,
    };

    #[doc(hidden)]
    fn write_command<W: MessageWriter>(&self, writer: W) -> Result<W::Ok, W::Error> {
        writer.command(self)
    }

    #[doc(hidden)]
    fn read_command<R: MessageReader>(reader: R) -> Result<Self, R::Error> {
        reader.read()
    }
}

/// What a command needs: it is decided about again where somebody else was faster, and kept as text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be executed: it lacks `Clone`, or serde's `Serialize` or `Deserialize`",
    label = "nothing copies it, writes it or reads it",
    note = "write `#[command]` on it in place of the derive, or derive the three beside it"
)]
pub trait Executable: Storable + Clone {}

#[diagnostic::do_not_recommend]
impl<T: Storable + Clone> Executable for T {}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<T> Executable for T
where
    for<'a> (): Never<'a>,
    T: Executable,
{
}

/// An enum of commands: the one that `#[aggregate]` generates, or one of your own with `#[derive(Command)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of commands",
    label = "this type is no `CommandSet`",
    note = "write `#[derive(Command)]` on the enum"
)]
pub trait CommandSet: MessageSet {}

/// A single command or a whole enum of them: what a repository can execute and write down.
pub trait AnyCommand: Clone + Send + Sync + 'static {
    /// How it is written.
    #[doc(hidden)]
    type By: WriteBy<Self>;

    /// Gives the name, the version and the payload to `writer`.
    fn write_any<W: MessageWriter>(&self, writer: W) -> Result<W::Ok, W::Error> {
        Self::By::write(self, writer)
    }
}

impl<C: Command> AnyCommand for C {
    type By = AsCommand;
}

#[doc(hidden)]
/// How a `C` is written: an implementation of [`AnyCommand`] is then one line.
pub trait WriteBy<C> {
    /// Gives the name, the version and the payload to `writer`.
    fn write<W: MessageWriter>(command: &C, writer: W) -> Result<W::Ok, W::Error>;
}

#[doc(hidden)]
/// As a single command.
#[derive(Debug)]
pub enum AsCommand {}

impl<C: Command> WriteBy<C> for AsCommand {
    fn write<W: MessageWriter>(command: &C, writer: W) -> Result<W::Ok, W::Error> {
        command.write_command(writer)
    }
}

#[doc(hidden)]
/// As an enum of them.
#[derive(Debug)]
pub enum AsCommandSet {}

impl<C: CommandSet> WriteBy<C> for AsCommandSet {
    fn write<W: MessageWriter>(command: &C, writer: W) -> Result<W::Ok, W::Error> {
        command.write(writer)
    }
}

/// What a decision is about, beside the command: the state, what else is known, and where its events go.
pub struct Deciding<'a, A: Aggregate> {
    /// The state, if the aggregate has one.
    pub state: Option<&'a A>,
    /// What else is known.
    pub context: &'a Context<'a, A>,
    /// What happens is added here.
    pub events: &'a mut Events<A>,
}

impl<'a, A: Aggregate> Deciding<'a, A> {
    /// The state, for a command that needs one.
    #[inline]
    pub fn existing(&self) -> Result<&'a A, Rejection<A::Error>> {
        self.state.ok_or(Rejection::NotFound)
    }

    /// That there is no event yet, for a command that creates the aggregate.
    #[inline]
    pub fn absent(&self) -> Result<(), Rejection<A::Error>> {
        if self.context.version() == 0 {
            Ok(())
        } else {
            Err(Rejection::AlreadyExists)
        }
    }
}

impl<A: Aggregate> fmt::Debug for Deciding<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Deciding");
        debug.field("context", self.context).finish_non_exhaustive()
    }
}

/// [`Handle::handle`] of the aggregate `A` and the command `C`.
type HandleFn<A, C> = fn(C, Deciding<'_, A>) -> Result<(), Rejection<<A as Aggregate>::Error>>;

/// How the aggregate `A` decides about the command `C`: [`Handle`], as a value.
pub struct Handler<A: Aggregate, C> {
    decide: HandleFn<A, C>,
    pub(crate) creates: bool,
}

impl<A: Aggregate, C> Handler<A, C> {
    /// Decides by a function.
    #[must_use]
    pub const fn new(decide: HandleFn<A, C>) -> Self {
        Self {
            decide,
            creates: false,
        }
    }
}

impl<A: Aggregate, C> fmt::Debug for Handler<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Handler");
        debug
            .field("creates", &self.creates)
            .finish_non_exhaustive()
    }
}

/// A command that the aggregate `A` lists, or its whole enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command of `{A}`",
    label = "`{A}` does not list this command",
    note = "add it to `commands(…)` in the `#[aggregate(…)]` of `{A}`"
)]
pub trait CommandOf<A: Aggregate>: AnyCommand + ListedCommand<A> {}

#[diagnostic::do_not_recommend]
impl<A: Aggregate, C: AnyCommand + ListedCommand<A>> CommandOf<A> for C {}

/// What goes into the enum of the aggregate's commands. That it is a command at all is asked apart from it, so that a
/// struct without `#[command]` is one error and not two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command of `{A}`",
    label = "`{A}` does not list this command",
    note = "add it to `commands(…)` in the `#[aggregate(…)]` of `{A}`"
)]
pub trait ListedCommand<A: Aggregate>: Sized {
    #[doc(hidden)]
    const LISTED: () = ();

    /// Has the aggregate decide about it.
    fn decide(self, on: Deciding<'_, A>) -> Result<(), Rejection<A::Error>>;
}

#[diagnostic::do_not_recommend]
impl<A: Aggregate, C> ListedCommand<A> for C
where
    A::Command: From<C>,
{
    #[inline]
    fn decide(self, on: Deciding<'_, A>) -> Result<(), Rejection<A::Error>> {
        A::Command::from(self).dispatch(on)
    }
}

/// What `#[aggregate]` implements for each command of its list, and for their enum.
pub trait DispatchedBy<A: Aggregate>: Sized {
    /// The aggregate's [`Handle`] for it, or for whichever is in the enum.
    const HANDLER: Handler<A, Self>;

    /// Has the aggregate decide about it.
    #[inline]
    fn dispatch(self, on: Deciding<'_, A>) -> Result<(), Rejection<A::Error>> {
        (Self::HANDLER.decide)(self, on)
    }
}

/// The decision of an aggregate about one command: `#[handle]` implements it for each method of a block.
///
/// ```
/// # use eventsource_core::prelude::*;
/// # #[event] pub struct Deposited { pub amount: u64 }
/// # #[command] pub struct Deposit { pub amount: u64 }
/// # #[derive(Debug, thiserror::Error)] #[error("nothing to deposit")] pub struct ZeroAmount;
/// # #[aggregate(id = u64, error = ZeroAmount, events(Deposited), commands(Deposit))]
/// # #[derive(Default)]
/// # pub struct Account { balance: u64 }
/// # #[apply] impl Account { fn deposited(&mut self, event: &Deposited) { self.balance += event.amount } }
/// #[handle]
/// impl Account {
///     fn deposit(&self, command: Deposit) -> Result<Deposited, ZeroAmount> {
///         ensure!(command.amount > 0, ZeroAmount);
///         Ok(Deposited { amount: command.amount })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the command `{C}`",
    label = "no `#[handle]` method of `{Self}` takes `{C}`",
    note = "write one: `#[handle] impl {Self} {{ fn name(&self, command: {C}) -> Result<…, …> {{ … }} }}`"
)]
pub trait Handle<C>: Aggregate {
    /// Whether the command creates the aggregate: its method has no `self`.
    const CREATES: bool = false;

    /// Decides: adds what happens to the events, or refuses.
    fn handle(command: C, on: Deciding<'_, Self>) -> Result<(), Rejection<Self::Error>>;

    #[doc(hidden)]
    const HANDLER: Handler<Self, C> = Handler {
        decide: Self::handle,
        creates: Self::CREATES,
    };
}

/// What a decision may know beside the state and the command; a handler asks for it with a second parameter,
/// `context: &Context<Self>`.
pub struct Context<'a, A: Aggregate> {
    pub(crate) id: &'a A::Id,
    pub(crate) version: Version,
    pub(crate) now: Timestamp,
    pub(crate) ids: &'a dyn IdSource,
    pub(crate) metadata: &'a Metadata,
}

impl<'a, A: Aggregate> Context<'a, A> {
    /// A context, for calling handlers without a repository.
    pub fn new(
        id: &'a A::Id,
        version: Version,
        now: Timestamp,
        ids: &'a dyn IdSource,
        metadata: &'a Metadata,
    ) -> Self {
        Self {
            id,
            version,
            now,
            ids,
            metadata,
        }
    }

    /// The aggregate's own id.
    #[must_use]
    pub fn id(&self) -> &'a A::Id {
        self.id
    }

    /// The aggregate's version; 0 if it has no event yet.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The time at which this is decided, by the repository's clock. It is recorded with the events.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// An id that was never given out before, by the repository's source of ids.
    #[must_use]
    pub fn fresh_id(&self) -> Uuid {
        self.ids.fresh()
    }

    /// Who asks, because of what, and the caller's own notes.
    #[must_use]
    pub fn metadata(&self) -> &'a Metadata {
        self.metadata
    }
}

impl<A: Aggregate> fmt::Debug for Context<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Context");
        debug
            .field("id", self.id)
            .field("version", &self.version)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
