//! How far a reader of all partitions has come: a checkpoint for each.

use eventsource_core::Checkpoint;
use serde::{Deserialize, Serialize};

/// How far a reader has come in each partition. There is no single position, as there is no order across partitions.
///
/// It is kept through serde, as a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checkpoints(Vec<Checkpoint>);

impl Checkpoints {
    pub(crate) fn new(each: Vec<Checkpoint>) -> Self {
        Self(each)
    }

    /// The checkpoints, partition by partition.
    pub fn iter(&self) -> impl Iterator<Item = Checkpoint> + '_ {
        self.0.iter().copied()
    }
}
