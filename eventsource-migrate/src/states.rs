//! Whether the code that reads the target makes the states that the code which reads the source makes.

use std::collections::HashSet;
use std::ops::ControlFlow;

use eventsource_core::{
    Aggregate, Codec, EventRef, Id, InvalidId, LoadError, LogScan, Position, Repository, Store,
    StoreError, Visit,
};

/// Why two sets of states are not equal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// The states of an aggregate differ.
    #[error("{aggregate} `{}` has another state in the target", .id.escape_debug())]
    Different {
        /// The aggregate's name in the source.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// The target has no such aggregate.
    #[error("{aggregate} `{}` is not in the target", .id.escape_debug())]
    Missing {
        /// The aggregate's name in the source.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// A stream's name has no id of this kind.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A state cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The source cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Loads each aggregate of a kind from both stores, and asks whether its states are the same; says how many there are.
///
/// The two may be of different types, as where events or fields were renamed: `same` says what must be equal. The ids are
/// those of the source, and its events after the last run must not be there any more: nobody may write meanwhile.
///
/// ```no_run
/// # use eventsource_core::{Aggregate, LoadError, MemoryStore, Repository};
/// # async fn compare<Old: Aggregate<Id = u64> + PartialEq, New: Aggregate<Id = u64>>(
/// #     old: MemoryStore, new: MemoryStore, same: fn(&Old, &New) -> bool,
/// # ) -> Result<(), eventsource_migrate::ComparisonError> {
/// let (before, after) = (Repository::<Old, _>::new(old), Repository::<New, _>::new(new));
/// let compared = eventsource_migrate::compare_states(&before, &after, same).await?;
/// println!("{compared} states are the same");
/// # Ok(()) }
/// ```
pub async fn compare_states<A, S, C, B, T, D>(
    source: &Repository<A, S, C>,
    target: &Repository<B, T, D>,
    same: impl Fn(&A, &B) -> bool,
) -> Result<u64, ComparisonError>
where
    A: Aggregate,
    B: Aggregate<Id = A::Id>,
    S: Store,
    T: Store,
    C: Codec,
    D: Codec,
{
    let ids = ids::<S>(source.store(), A::NAME).await?;
    let mut compared = 0;
    for text in ids {
        let id = A::Id::parse(&text)?;
        let before = source.load(&id).await?;
        let Some(after) = target.find(&id).await? else {
            return Err(ComparisonError::Missing {
                aggregate: A::NAME,
                id: text,
            });
        };
        if !same(&before, &after) {
            return Err(ComparisonError::Different {
                aggregate: A::NAME,
                id: text,
            });
        }
        compared += 1;
    }
    Ok(compared)
}

/// The ids of all aggregates of a name, in the order in which they began.
struct Ids {
    category: &'static str,
    seen: HashSet<String>,
    list: Vec<String>,
}

impl Visit for Ids {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if event.stream.category() == self.category && !self.seen.contains(event.stream.id()) {
            self.seen.insert(event.stream.id().to_owned());
            self.list.push(event.stream.id().to_owned());
        }
        ControlFlow::Continue(())
    }
}

async fn ids<S: Store>(store: &S, category: &'static str) -> Result<Vec<String>, StoreError> {
    let mut ids = Ids {
        category,
        seen: HashSet::new(),
        list: Vec::new(),
    };
    let (mut after, end) = (Position::START, store.head().await?);
    while after < end {
        (ids, after) = store.scan_all(LogScan::after(after), ids).await?;
    }
    Ok(ids.list)
}
