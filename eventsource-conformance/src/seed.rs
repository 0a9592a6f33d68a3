//! The seed of everything that is random in the suite: new in each run, told by a failure, and repeated on request.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

/// The environment variable that holds the seed of a run that is to be repeated.
pub const SEED: &str = "EVENTSOURCE_CONFORMANCE_SEED";

/// The environment variable that makes the recorded histories so many times longer; 1 unless set.
pub const TIMES: &str = "EVENTSOURCE_CONFORMANCE_TIMES";

/// The seed of this process: what [`SEED`] says, or a new one.
///
/// A seed repeats what is asked, by whom and in which order. It does not repeat how the threads take turns, so a fault
/// that a race has shown may need several runs with its seed.
///
/// # Panics
///
/// If the variable is set and holds no number.
pub fn seed() -> u64 {
    static SEEDED: OnceLock<u64> = OnceLock::new();
    *SEEDED
        .get_or_init(|| number(SEED).unwrap_or_else(|| RandomState::new().build_hasher().finish()))
}

/// How many times longer than usual the histories are.
///
/// # Panics
///
/// If the variable is set and holds no number.
pub(crate) fn times() -> u64 {
    number(TIMES).unwrap_or(1).max(1)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} must be a number, and is `{text}`")))
}

/// Numbers that look random and are the same for one seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers for one use; two uses in one run have different ones.
    #[must_use]
    pub fn of(purpose: u64) -> Self {
        // Mixed once more, since neighbouring states give the same numbers one step apart.
        let mut mixed = Self(seed() ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(mixed.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// True once in `times` calls, about.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn choose<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        among.get(usize::try_from(self.below(among.len() as u64)).unwrap_or(0))
    }
}
