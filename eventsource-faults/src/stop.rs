//! A writing process that is stopped (SIGSTOP) at random moments: others go on meanwhile, and when it goes on itself,
//! it is told the truth about what it was doing.

use std::fmt;
use std::time::{Duration, Instant};

use eventsource_core::BoundaryStore;
use tokio::time::sleep;

use crate::audit::{Audit, Found};
use crate::process::{Others, Signal};
use crate::write::{self, Fate, Id};

const TASKS: u64 = 8;

/// Who appends beside the process that is stopped.
const BESIDE: u64 = 1_000_000;

/// What a run with a stopped process has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// How often it was stopped.
    pub stops: u64,
    /// The longest that an append beside a stopped process has taken.
    pub longest: Duration,
    /// What the audit has found.
    pub found: Found,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} stops, the longest append beside a stopped process took {:?}; {}",
            self.stops, self.longest, self.found
        )
    }
}

/// Stops a writing process so many times at random moments, appends beside it, and lets it go on; then judges
/// everything.
///
/// # Panics
///
/// If an append beside the stopped process takes longer than `bound`; if an acknowledged append is lost, or an append
/// is doubled or there in part.
pub async fn the_writer<S: BoundaryStore>(
    store: &S,
    others: &Others,
    stops: u64,
    bound: Duration,
) -> Stopped {
    let mut audit = Audit::default();
    let mut writer = others.start(&write::process(0, TASKS)).await;
    let mut longest = Duration::ZERO;
    for stop in 0..stops {
        let line = writer.line().await.expect("a writer that writes");
        audit.hear_line(&line);
        audit.hear(&mut writer);
        sleep(Duration::from_micros(stop * 7_919 % 20_000)).await;
        writer.signal(Signal::Stop);
        for number in 0..8 {
            let id = Id {
                who: BESIDE,
                task: stop,
                number,
            };
            let begin = Instant::now();
            let appended = id.resolve(store).await;
            longest = longest.max(begin.elapsed());
            audit.note(id, Fate::Acknowledged(appended.placed[0].position));
        }
        assert!(
            longest < bound,
            "an append beside a stopped process took {longest:?}"
        );
        writer.signal(Signal::Continue);
    }
    writer.tell("stop");
    audit.hear_out(&mut writer).await;
    Stopped {
        stops,
        longest,
        found: audit.check(store).await,
    }
}
