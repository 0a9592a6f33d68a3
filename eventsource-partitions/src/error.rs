//! What can go wrong with partitions. Each error says with which one of them, counted from 1.

use eventsource_core::{AppendError, StoreError};

/// Why stores cannot be used as partitions. Nothing was changed in those that are named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// None was given.
    #[error("no store is given")]
    NoStores,
    /// A store is a partition already, of another number of them. The number is fixed: see the crate's documentation for how to
    /// grow.
    #[error("store {number} is one of {of} partitions, and {given} stores are given")]
    OtherCount {
        /// Which of the stores, from 1.
        number: usize,
        /// Of how many it is one.
        of: usize,
        /// How many are given.
        given: usize,
    },
    /// The stores are given in another order than before, or one of them twice.
    #[error(
        "store {number} is partition {is}; give the stores in the order in which they were first opened"
    )]
    OtherPlace {
        /// Which of the stores, from 1.
        number: usize,
        /// Which partition it is, from 1.
        is: usize,
    },
    /// A store is a partition of other ones.
    #[error("store {number} is a partition, but not one of those that store 1 belongs to")]
    OtherSet {
        /// Which of the stores, from 1.
        number: usize,
    },
    /// A store has events, and was no partition so far: its streams would not be found where their names say.
    #[error(
        "store {number} has events already and is no partition; begin with stores that are empty"
    )]
    NotEmpty {
        /// Which of the stores, from 1.
        number: usize,
    },
    /// The note that says which partition a store is cannot be read.
    #[error("the note in store {number}, in the stream `{stream}`, cannot be read: {reason}")]
    Note {
        /// Which of the stores, from 1.
        number: usize,
        /// Where the note is.
        stream: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A store could not be read.
    #[error("store {number}: {source}")]
    Store {
        /// Which of the stores, from 1.
        number: usize,
        /// What is wrong.
        source: StoreError,
    },
    /// The note could not be written.
    #[error("store {number}, writing the note of which partition it is: {source}")]
    Append {
        /// Which of the stores, from 1.
        number: usize,
        /// What is wrong.
        source: AppendError,
    },
}

/// Why a reader cannot go on from its checkpoints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// They are of another number of partitions.
    #[error("the reader has {has} checkpoints, and there are {partitions} partitions")]
    OtherCount {
        /// How many checkpoints there are.
        has: usize,
        /// How many partitions there are.
        partitions: usize,
    },
    /// One of them does not fit its partition.
    #[error("partition {number}: {source}")]
    Store {
        /// Which partition, from 1.
        number: usize,
        /// What is wrong.
        source: StoreError,
    },
}

/// Why a consumer could not go on on one of the partitions. On the others it was stopped, and is as if it had been told to.
#[derive(Debug, thiserror::Error)]
#[error("partition {number}: {source}")]
pub struct RunError {
    /// Which partition, from 1.
    pub number: usize,
    /// What is wrong.
    pub source: eventsource_core::RunError,
}

/// Why waiting for a consumer ended without what was waited for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// What was waited for is of no partition.
    #[error("the token is of another store than one of the partitions")]
    OtherStore,
    /// On a partition it took too long, or could not be looked at.
    #[error("partition {number}: {source}")]
    Partition {
        /// Which partition, from 1.
        number: usize,
        /// What is wrong.
        source: eventsource_core::WaitError,
    },
}
