//! What a broken promise looks like.

use std::fmt::Debug;

use eventsource_core::{AppendError, StoreError};

use crate::seed::{SEED, seed};

/// A promise that a store did not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The test that found it, beginning with the number of the promise.
    pub promise: &'static str,
    /// What happened instead.
    pub how: String,
    /// The seed of the run: set it as [`SEED`](crate::SEED) to ask the same again.
    pub seed: u64,
}

/// How much of a long story is told: an answer may be the whole log.
const TOLD: usize = 4_000;

impl Broken {
    pub(crate) fn new(promise: &'static str, Problem(mut how): Problem) -> Self {
        if let Some((cut, _)) = how.char_indices().nth(TOLD) {
            how.truncate(cut);
            how.push_str(" … (cut)");
        }
        let seed = seed();
        Self { promise, how, seed }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { promise, how, seed } = self;
        write!(f, "{promise}: {how} (to ask the same again: {SEED}={seed})")
    }
}

impl std::error::Error for Broken {}

/// What happened instead of what was promised.
#[derive(Debug)]
pub struct Problem(pub(crate) String);

/// How a test of a promise ends.
pub type Kept<T = ()> = Result<T, Problem>;

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        Self(format!("an append that must succeed failed: {error}"))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self(format!("a read that must succeed failed: {error}"))
    }
}

impl From<tokio::task::JoinError> for Problem {
    fn from(error: tokio::task::JoinError) -> Self {
        Self(format!("a task panicked: {error}"))
    }
}

impl From<tokio::time::error::Elapsed> for Problem {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self("nothing happened for too long".into())
    }
}

pub(crate) fn ensure(holds: bool, how: impl FnOnce() -> String) -> Kept {
    if holds { Ok(()) } else { Err(Problem(how())) }
}

pub(crate) fn ensure_eq<T: PartialEq + Debug>(found: &T, expected: &T, what: &str) -> Kept {
    ensure(found == expected, || {
        format!("{what}: found {found:?}, expected {expected:?}")
    })
}

/// The conflict with which an append was refused.
pub(crate) fn conflict<T: Debug>(
    answer: Result<T, AppendError>,
    what: &str,
) -> Kept<eventsource_core::Conflict> {
    match answer {
        Err(AppendError::Conflict(conflict)) => Ok(*conflict),
        other => Err(Problem(format!(
            "{what}: a conflict was expected, but the answer is {other:?}"
        ))),
    }
}
