//! Dispatch by name over partitions.

use eventsource_core::{
    CommandOptions, DispatchError, Dispatched, Dispatcher, NameCollision, Store,
};

use crate::hash;

/// Executes commands that come as JSON, on aggregates that are known by name, each in its partition: as a
/// [`Dispatcher`] does on one store.
pub struct PartitionedDispatcher {
    each: Vec<Dispatcher>,
}

impl PartitionedDispatcher {
    pub(crate) fn discover<S: Store>(stores: &[S]) -> Result<Self, NameCollision> {
        let each = stores.iter().cloned().map(Dispatcher::discover);
        Ok(Self {
            each: each.collect::<Result<_, _>>()?,
        })
    }

    /// Executes a command, as [`Dispatcher::dispatch`] does.
    pub async fn dispatch(
        &self,
        aggregate: &str,
        id: &str,
        command: &[u8],
        options: CommandOptions,
    ) -> Result<Dispatched, DispatchError> {
        // An id may be written in more than one way; the stream's name is one.
        let stream = self.each[0].stream_of(aggregate, id)?;
        let dispatcher = &self.each[hash::choose(stream.as_str(), self.each.len())];
        dispatcher.dispatch(aggregate, id, command, options).await
    }
}

impl std::fmt::Debug for PartitionedDispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionedDispatcher")
            .field("partitions", &self.each.len())
            .finish_non_exhaustive()
    }
}
