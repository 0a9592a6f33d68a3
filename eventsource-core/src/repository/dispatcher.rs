//! Dispatch by name: an aggregate's name, an id and a command as JSON, so that a queue or an HTTP handler needs no
//! types.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::codec::Codec;
use crate::id::{Id, InvalidId};
use crate::message::{self, MessageSet};
use crate::registry::{NameCollision, Registry};
use crate::repository::Repository;
use crate::repository::execute::CommandOptions;
use crate::repository::execute_error::ExecuteError;
use crate::repository::load;
use crate::store::Store;
use crate::store::erased::AnyStore;
use crate::store::stream::{Position, StreamName, Version};

/// Executes commands that come as JSON, on aggregates that are known by name.
///
/// ```standalone_crate
/// use eventsource_core::prelude::*;
/// use eventsource_core::{CommandOptions, Dispatcher, MemoryStore};
/// # #[event(name = "deposited")] pub struct Deposited { pub amount: u64 }
/// # #[derive(Debug, thiserror::Error)] #[error("nothing to deposit")] pub struct ZeroAmount;
/// # #[aggregate(name = "account", id = u64, error = ZeroAmount, events(Deposited), commands(Deposit))]
/// # #[derive(Default)] pub struct Account { balance: u64 }
/// # #[apply] impl Account { fn deposited(&mut self, event: &Deposited) { self.balance += event.amount } }
/// # #[handle] impl Account {
/// #   #[command] pub fn deposit(&self, amount: u64) -> Result<Deposited, ZeroAmount> {
/// #       ensure!(amount > 0, ZeroAmount);
/// #       Ok(Deposited { amount })
/// #   } }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dispatcher = Dispatcher::discover(MemoryStore::new())?;
/// let done = dispatcher.dispatch("account", "7", br#"{"Deposit": {"amount": 50}}"#, CommandOptions::default()).await?;
/// assert_eq!((done.version.0, done.events), (1, vec!["deposited"]));
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Dispatcher {
    targets: BTreeMap<&'static str, Box<dyn Target>>,
}

impl Dispatcher {
    /// Without an aggregate yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the aggregates of a repository.
    #[must_use]
    pub fn with<A, S, C>(mut self, repository: Repository<A, S, C>) -> Self
    where
        A: Aggregate,
        S: Store,
        C: Codec,
    {
        self.targets.insert(A::NAME, Box::new(repository));
        self
    }

    /// With every aggregate that registered itself.
    pub fn discover(store: impl Store) -> Result<Self, NameCollision> {
        Self::registered(&Registry::discovered(), store)
    }

    /// With the aggregates of a registry.
    pub fn registered(registry: &Registry, store: impl Store) -> Result<Self, NameCollision> {
        registry.check_names()?;
        let store = AnyStore::new(store);
        let target = |entry: &crate::registry::AggregateEntry| {
            Ok((entry.name, (entry.target)(store.clone())?))
        };
        Ok(Self {
            targets: registry
                .aggregates()
                .iter()
                .map(target)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Executes the command `{"Name": {…}}` (or `"Name"`, where it has no fields) on the aggregate `aggregate` with
    /// this id.
    pub async fn dispatch(
        &self,
        aggregate: &str,
        id: &str,
        command: &[u8],
        options: CommandOptions,
    ) -> Result<Dispatched, DispatchError> {
        self.target(aggregate)?.dispatch(id, command, options).await
    }

    /// The stream of the aggregate `aggregate` with this id: for whoever chooses by it where to dispatch.
    pub fn stream_of(&self, aggregate: &str, id: &str) -> Result<StreamName, DispatchError> {
        self.target(aggregate)?.stream_of(id)
    }

    fn target(&self, aggregate: &str) -> Result<&dyn Target, DispatchError> {
        let target = self.targets.get(aggregate).map(|target| &**target);
        target.ok_or_else(|| DispatchError::UnknownAggregate {
            name: aggregate.chars().take(80).collect(),
            known: self.targets.keys().map(|name| (*name).to_owned()).collect(),
        })
    }
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.targets.keys()).finish()
    }
}

/// What a dispatched command has recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// The stored names of its events.
    pub events: Vec<&'static str>,
    /// The aggregate's version after them.
    pub version: Version,
    /// The position of the last one.
    pub position: Option<Position>,
    /// Whether it was executed earlier, under the same key, and not now.
    pub repeated: bool,
}

/// Why a dispatched command was not executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// No aggregate has this name.
    #[error("no aggregate is called `{}`; known are {}", .name.escape_debug(), .known.join(", "))]
    UnknownAggregate {
        /// The name that was given.
        name: String,
        /// The names that are known.
        known: Vec<String>,
    },
    /// The id is not one of the aggregate's.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// The command is not JSON, not one of the aggregate's, or does not decode.
    #[error("not a command of {aggregate}: {source}")]
    InvalidCommand {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The aggregate refused it. The source is its own error, and can be downcast.
    #[error("refused: {0}")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It could not be executed.
    #[error(transparent)]
    Failed(ExecuteError<std::convert::Infallible>),
}

type Dispatching<'a> = Pin<Box<dyn Future<Output = Result<Dispatched, DispatchError>> + Send + 'a>>;

/// A repository whose types are forgotten.
pub(crate) trait Target: Send + Sync {
    fn dispatch<'a>(
        &'a self,
        id: &'a str,
        command: &'a [u8],
        options: CommandOptions,
    ) -> Dispatching<'a>;

    fn stream_of(&self, id: &str) -> Result<StreamName, DispatchError>;
}

impl<A, S, C> Target for Repository<A, S, C>
where
    A: Aggregate,
    S: Store,
    C: Codec,
{
    fn dispatch<'a>(
        &'a self,
        id: &'a str,
        command: &'a [u8],
        options: CommandOptions,
    ) -> Dispatching<'a> {
        Box::pin(async move {
            let id = A::Id::parse(id)?;
            let command: A::Command =
                from_json(command).map_err(|source| DispatchError::InvalidCommand {
                    aggregate: A::NAME,
                    source,
                })?;
            let executed = self
                .execute(&id, command)
                .options(options)
                .await
                .map_err(failed)?;
            Ok(Dispatched {
                position: executed.position(),
                events: executed
                    .events
                    .iter()
                    .map(|event| event.event.name())
                    .collect(),
                version: executed.version,
                repeated: executed.repeated,
            })
        })
    }

    fn stream_of(&self, id: &str) -> Result<StreamName, DispatchError> {
        let stream = load::stream_of::<A>(&A::Id::parse(id)?);
        stream.map_err(|error| failed::<A::Error>(error.into()))
    }
}

/// Reads `{"Name": {…}}`, or `"Name"` alone; a command without fields may come with `null` or `{}`, whichever it is.
fn from_json<M: MessageSet>(json: &[u8]) -> Result<M, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = message::deserialize(&mut deserializer);
    let read = read.and_then(|message| deserializer.end().map(|()| message));
    read.or_else(|error| without_fields(json).ok_or(error))
}

fn without_fields<M: MessageSet>(json: &[u8]) -> Option<M> {
    let (name, payload) = match serde_json::from_slice(json).ok()? {
        Value::String(name) => (name, Value::Null),
        Value::Object(map) if map.len() == 1 => map.into_iter().next()?,
        _ => return None,
    };
    let other = match &payload {
        Value::Null => Value::Object(serde_json::Map::new()),
        Value::Object(fields) if fields.is_empty() => Value::Null,
        _ => return None,
    };
    message::deserialize(Value::Object([(name, other)].into_iter().collect())).ok()
}

fn failed<E: std::error::Error + Send + Sync + 'static>(error: ExecuteError<E>) -> DispatchError {
    match error.split() {
        Ok(refusal) => DispatchError::Refused(Box::new(refusal)),
        Err(failure) => DispatchError::Failed(failure),
    }
}
