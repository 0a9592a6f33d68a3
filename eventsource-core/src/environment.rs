//! What a decision takes from around it: the time, fresh ids, and patience.

pub(crate) mod time;
pub(crate) mod timer;
pub(crate) mod watch;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::environment::time::{Clock, IdSource, RandomIds, SystemClock, random};
use crate::repository::Retry;
use crate::store::append::{AppendError, Appended};
use crate::trace;

#[derive(Clone)]
pub struct Environment {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) retry: Retry,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            retry: Retry::default(),
        }
    }
}

impl Environment {
    pub(crate) fn set_retry(&mut self, retry: Retry) {
        self.retry = Retry {
            attempts: retry.attempts.max(1),
            ..retry
        };
    }

    /// Waits before an attempt, counted from 1. The second one follows at once.
    pub(crate) async fn pause_before(&self, attempt: u32) {
        if attempt > 2 {
            self.clock.sleep(self.retry.pause(attempt)).await;
        }
    }

    /// Sends an append; where the outcome is unknown, sends the identical request again, which its key makes safe.
    pub(crate) async fn append<F>(&self, send: impl Fn() -> F) -> Result<Appended, AppendError>
    where
        F: Future<Output = Result<Appended, AppendError>>,
    {
        let mut attempt = 1;
        let mut unknown = None;
        loop {
            match (send().await, &unknown) {
                (Err(AppendError::Unknown { reason }), _) => unknown = Some(reason),
                // These say that this sending was not written, and nothing of an earlier one.
                (Err(AppendError::Overloaded { .. } | AppendError::Store(_)), Some(_)) => {}
                (answer, _) => return answer,
            }
            let reason = unknown.clone().unwrap_or_default();
            trace::unknown(attempt, &reason);
            if attempt >= self.retry.attempts {
                return Err(AppendError::Unknown { reason });
            }
            attempt += 1;
            self.clock.sleep(self.retry.pause(attempt)).await;
        }
    }
}

impl Retry {
    /// The pause before an attempt, counted from 1.
    fn pause(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(3).min(20);
        let longest = self.first.saturating_mul(1 << doublings).min(self.longest);
        let sixteenths = u32::try_from(random() % 16).unwrap_or_default();
        longest / 2 + longest / 32 * sixteenths
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
