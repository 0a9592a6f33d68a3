//! Several processes at once, and each in order: stores write together what comes together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::pin::Pin;
use std::task::Poll;

use crate::store::stream::Position;

/// The turns of each process, in their order, and the processes in the order of their first ones.
pub(super) fn of_each<K: Eq + Hash, T>(turns: impl IntoIterator<Item = (K, T)>) -> Vec<Vec<T>> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut of_each: Vec<Vec<T>> = Vec::new();
    for (process, turn) in turns {
        match places.entry(process) {
            Entry::Occupied(place) => of_each[*place.get()].push(turn),
            Entry::Vacant(place) => {
                place.insert(of_each.len());
                of_each.push(vec![turn]);
            }
        }
    }
    of_each
}

/// Lets everybody have their turns, each in their own order, and gives the failure of the event that stands first. All
/// before it went well; of those after it some may have.
pub(super) async fn all<E, T>(turns: impl Iterator<Item = T>) -> Result<(), (Position, E)>
where
    T: Future<Output = Result<(), (Position, E)>> + Send,
{
    let mut turns: Vec<Pin<Box<T>>> = turns.map(Box::pin).collect();
    let mut failed: Option<(Position, E)> = None;
    poll_fn(|context| {
        turns.retain_mut(|turn| match turn.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(failure)) => {
                if failed.as_ref().is_none_or(|first| failure.0 < first.0) {
                    failed = Some(failure);
                }
                false
            }
        });
        match turns.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    failed.map_or(Ok(()), Err)
}
