//! The macros of `eventsource-core`, which re-exports them: use them from there.
//!
//! Each macro is a folder that reads in the order in which it runs: `parse` turns tokens into a model and collects
//! every mistake (`check` holds the rules where they are many), `model` is what the macro has understood, `expand` writes
//! code and cannot fail. `attribute` is the short form of the derives, `arguments` reads what stands between the
//! parentheses, `errors` collects mistakes.

mod aggregate;
mod arguments;
mod attribute;
mod decision_model;
mod errors;
mod fingerprint;
mod id;
mod message;
mod method;
mod process;
mod projection;
mod reactor;
mod runtime;
mod suggest;
mod timer;

#[cfg(test)]
mod messages;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod snapshots;

use proc_macro::TokenStream;

use crate::message::Kind;
use crate::method::Role;

/// Implements `Event` for a struct, or `EventSet` for an enum of events.
///
/// `#[event(name = "…", version = 1)]` sets the stored name (the struct's, if not given) and the version of the
/// payload's shape; `stream = "enrolment/{course}"` the stream to which a decision over several things records it, with
/// fields between braces. `#[tag]` on a field makes a tag of it, `#[tag = "name"]` under another name. On an enum the
/// attribute stands on the variants; a variant around a struct with `Event` takes that struct's name and version.
///
/// # Events that have changed
///
/// What is stored stays as it was written, and is read by every later version of the program. A field that is only
/// added needs `#[serde(default)]` and nothing else: what was stored without it reads as its default. Anything more is a
/// new version.
///
/// - **Another shape.** The old struct stays, as `#[event(version = 1, of = Opened)]`: it has the stored name of `Opened`.
///   The new one says `#[event(name = "account.opened", version = 2, from = OpenedV1)]`, and `impl From<OpenedV1> for
///   Opened` makes one of the other. The next time `from` names version 2, and so on; `of` may name the version after it
///   or any later one.
/// - **Another name.** `alias = "opened"`, or `alias("opened", …)`: names under which this version, and those before it,
///   were stored.
/// - **Several events of one.** The old one says `#[event(name = "moved", into(Withdrawn, Deposited))]`, each of the others
///   `from = Moved`. What is stored is read as all of them; they share its position and version, and `EventMeta::part`
///   numbers them. The list of an aggregate or a decision model has them all, or says `retired("…")` of the rest.
/// - **No old struct.** `upcast(1 = path::to::function, 2 = …)`: each function takes the JSON of its version and returns
///   that of the next, `fn(Value) -> Value` or `-> Result<Value, E>`. Payloads of other codecs need structs.
/// - **Not needed any more.** `retired("…")` in the `#[aggregate]`: such events are read, and nothing comes of them.
/// - **Nothing older was ever stored**: `since = 3` beside `version = 3`.
/// - **Older programs are still running**: `down = OpenedV1` beside `from = OpenedV1`, with `impl From<&Opened> for
///   OpenedV1`, lets `Codec::writing::<OpenedV1>` write what they can read.
///
/// A gap, a version given twice, a circle, a missing `From` and a link that only one of the two knows do not compile.
#[proc_macro_derive(Event, attributes(event, tag, serde))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    message::derive(Kind::Event, item.into()).into()
}

/// Implements `Command` for a struct, or `CommandSet` for an enum of commands.
///
/// `#[command(name = "…", version = 1)]` sets the name under which it is dispatched.
#[proc_macro_derive(Command, attributes(command, tag, serde))]
pub fn derive_command(item: TokenStream) -> TokenStream {
    message::derive(Kind::Command, item.into()).into()
}

/// Implements `Aggregate` for a struct or an enum of states, and makes its event enum and its command enum.
///
/// `#[aggregate(id = …, error = …, events(…), commands(…))]` names its id, its error, its events and its commands.
/// Beside them: `name = "…"`, the name with which its streams begin; `invariant = …`, a function from `&Self` to
/// `bool` or `Result<(), E>`; `retired("…")`, the stored names of events of which nothing comes any more; `events = Enum`
/// and `commands = Enum` in place of the lists, for enums of your own (where `#[event(retired("…"))]` stands on the enum);
/// `snapshot(every = 100, version = 1)`, both of which may be left out, for states that are kept as snapshots: the state
/// needs serde's two then.
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(item: TokenStream) -> TokenStream {
    aggregate::derive(item.into()).into()
}

/// Implements `DecisionModel` for a struct, and makes `of`, which opens it with a value for each of its tags.
///
/// `#[decision_model(events(…))]` lists the events that it is made of; `any_event` in its place takes every event with its
/// tags, as a `StoredEvent`. `#[tag]` on a field asks an event for that tag, `#[tag = "name"]` under another name; the
/// other fields begin with their `Default`, and `#[apply]` methods change them. `name = "…"` names the model.
/// `retired("…")` names parts of events that were split, of which nothing comes here.
#[proc_macro_derive(DecisionModel, attributes(decision_model, tag))]
pub fn derive_decision_model(item: TokenStream) -> TokenStream {
    decision_model::derive(item.into()).into()
}

/// Implements `Id` for a struct around one `String`, `Uuid` or integer, and what every id has: `Debug`, `Clone`,
/// equality, ordering, `Hash`, `Display`, `FromStr`, serde's two, `From` the inner type, and use as a tag.
#[proc_macro_derive(Id, attributes(id))]
pub fn derive_id(item: TokenStream) -> TokenStream {
    id::derive(item.into()).into()
}

/// Short for `#[derive(Event)]` and the derives that an event always has: `Debug`, `Clone`, `PartialEq`, `Serialize`,
/// `Deserialize`. Derives that stand below it are left out; `without(PartialEq)` leaves one out by name.
#[proc_macro_attribute]
pub fn event(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&attribute::EVENT, arguments.into(), item.into()).into()
}

/// Short for `#[derive(Command)]` and the derives that a command always has: `Debug`, `Clone`, `PartialEq`,
/// `Serialize`, `Deserialize`. In a `#[handle]` block it stands on a method, and declares the command that the method
/// handles.
#[proc_macro_attribute]
pub fn command(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&attribute::COMMAND, arguments.into(), item.into()).into()
}

/// Short for `#[derive(Debug, Aggregate)]` with the same arguments.
#[proc_macro_attribute]
pub fn aggregate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&attribute::AGGREGATE, arguments.into(), item.into()).into()
}

/// Short for `#[derive(Debug, Clone, DecisionModel)]` with the same arguments.
#[proc_macro_attribute]
pub fn decision_model(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&attribute::DECISION_MODEL, arguments.into(), item.into()).into()
}

/// On a struct or an enum that stands in events and commands: the derives that such a value always has: `Debug`,
/// `Clone`, `PartialEq`, `Serialize`, `Deserialize`. `without(…)` leaves one out.
#[proc_macro_attribute]
pub fn value(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&attribute::VALUE, arguments.into(), item.into()).into()
}

/// On an impl block of an aggregate or of a decision model: each method applies one event, `fn opened(&mut self, event: &Opened)`, or creates the aggregate
/// from it, `fn opened(event: &Opened) -> Self`. A method may take the recorded metadata as well, `meta: &EventMeta`.
#[proc_macro_attribute]
pub fn apply(arguments: TokenStream, item: TokenStream) -> TokenStream {
    method::expand(Role::Apply, arguments.into(), item.into()).into()
}

/// On an impl block: each method handles one command, `fn deposit(&self, command: Deposit) -> Result<Deposited, …>`.
///
/// A method without `self` creates the aggregate. A method may take a context as well, `context: &Context<Self>`.
/// With `#[command]` on the method the command is declared by it: its other parameters become the fields.
#[proc_macro_attribute]
pub fn handle(arguments: TokenStream, item: TokenStream) -> TokenStream {
    method::expand(Role::Handle, arguments.into(), item.into()).into()
}

/// On an impl block of a read model: each method takes one event, of any aggregate, and writes what comes of it. The methods
/// are the filter: the store gives no other event.
///
/// `#[projection(name = "balances", version = 2)]` names it, and says which version of it this is. What a method takes
/// beside `event: &Recorded<Opened>` says where it writes to, the same for all of a block:
///
/// | method | writes |
/// |---|---|
/// | `fn opened(&self, event: …, tx: &SqliteTx)` | into the SQLite file, in the transaction of the checkpoint |
/// | `async fn opened(&self, event: …, tx: &mut PgTx)` | into the PostgreSQL database, in the transaction of the checkpoint |
/// | `fn opened(&mut self, event: …)` | into its own fields, in memory |
/// | `async fn opened(&self, event: …)` | anywhere else, at least once |
///
/// It returns nothing, or a `Result<(), E>`. A method with `#[create]` takes the transaction alone, and makes the tables.
/// One with `#[forget]` takes `stream: &StreamName` and the transaction, and removes what came of that stream, so that
/// `Runner::replay` can make it anew.
#[proc_macro_attribute]
pub fn projection(arguments: TokenStream, item: TokenStream) -> TokenStream {
    projection::expand(arguments.into(), item.into()).into()
}

/// On an impl block of what reacts to events with side effects: each method takes one event, of any aggregate,
/// `async fn opened(&self, event: &Recorded<Opened>) -> Result<(), MailError>`. The methods are the filter.
///
/// `#[reactor(name = "welcome-mail")]` names it. A method may take the key of this reaction as well,
/// `key: &ReactionKey`, by which whoever does the side effect can tell that it was done already. A reactor that is run for
/// the first time begins after the last event that there is; `from = start` has it begin before the first one.
#[proc_macro_attribute]
pub fn reactor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    reactor::expand(arguments.into(), item.into()).into()
}

/// On an impl block of an aggregate that nobody commands: a process, which takes events of others, and answers with events of
/// its own, with commands and with timers. Each method takes one kind of input and returns a `Next`:
///
/// | method | takes |
/// |---|---|
/// | `fn requested(&self, event: &Recorded<Requested>) -> Next<Self>` | an event, of any aggregate |
/// | `fn requested(event: &Recorded<Requested>) -> Next<Self>` | the same, if the process has recorded nothing yet |
/// | `fn refused(&self, refused: &Refused<Deposit>) -> Next<Self>` | that a command of its own was refused |
/// | `fn overdue(&self, timer: &Overdue) -> Next<Self>` | a timer of its own that is due |
///
/// `#[process(tag = "transfer")]` says by which of its tags an event finds its process; `#[key(event.event.transfer)]` on a
/// method says it for one event, as an id, an `Option` or a `Vec` of ids. A method may return a `Result` as well. A process that
/// is run for the first time begins after the last event that there is; `from = start` has it begin before the first one.
#[proc_macro_attribute]
pub fn process(arguments: TokenStream, item: TokenStream) -> TokenStream {
    process::expand(arguments.into(), item.into()).into()
}

/// Implements `Timer` for a struct. `#[timer(name = "…")]` sets the name under which it is stored.
#[proc_macro_derive(Timer, attributes(timer, serde))]
pub fn derive_timer(item: TokenStream) -> TokenStream {
    timer::derive(item.into()).into()
}

/// Short for `#[derive(Timer)]` and the derives that a timer always has: `Debug`, `Clone`, `PartialEq`, `Serialize`,
/// `Deserialize`.
#[proc_macro_attribute]
pub fn timer(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(&attribute::TIMER, arguments.into(), item.into()).into()
}
