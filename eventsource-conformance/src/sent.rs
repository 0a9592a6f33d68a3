//! What was sent, and how often: of the calls that send one request, one at most has stored it.

use std::fmt::Debug;
use std::ops::Range;

use crate::broken::{Kept, Problem, ensure};
use crate::history::Call;
use crate::real_time::{Place, Step};

/// What an answer says about who has stored the events.
pub(crate) trait Told {
    /// This call has.
    fn has_stored(&self) -> bool;
    /// An earlier one has, or this one, in a first try whose answer was lost.
    fn was_stored(&self) -> bool;
    /// Nobody knows.
    fn is_unknown(&self) -> bool;
}

/// A request, the calls that sent it, and where its events are in the log.
pub(crate) struct Sent<'a, R, A, B> {
    pub(crate) request: &'a R,
    pub(crate) calls: Vec<&'a Call<A, B>>,
    pub(crate) there: Option<Range<usize>>,
}

impl<'a, R: Debug, A: Debug, B: Debug + Told> Sent<'a, R, A, B> {
    pub(crate) fn new(request: &'a R, there: Option<Range<usize>>) -> Self {
        Self {
            request,
            calls: Vec::new(),
            there,
        }
    }

    /// When it was sent first.
    pub(crate) fn born(&self) -> u64 {
        self.calls
            .iter()
            .map(|call| call.invoked)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// The call that wrote what is in the log, if anything is.
    pub(crate) fn write(&self) -> Kept<Option<Step<'a>>> {
        let Self {
            request,
            calls,
            there,
        } = self;
        let Some(there) = there else { return Ok(None) };
        let mut stored = calls.iter().filter(|call| call.answer.has_stored());
        let (first, second) = (stored.next(), stored.next());
        ensure(second.is_none(), || {
            format!("two calls say that they have stored {request:?}: {first:?}, {second:?}")
        })?;
        // Else somebody who did not wait for the answer; of several the one who sent it first.
        let silent = calls.iter().filter(|call| call.answer.is_unknown());
        let silent = silent.min_by_key(|call| call.invoked);
        // Else the store has sent it again by itself.
        let again = calls.iter().filter(|call| call.answer.was_stored());
        let again = again.min_by_key(|call| call.returned);
        let (call, returned) = match (first, silent, again) {
            (Some(call), ..) | (None, None, Some(call)) => (*call, Some(call.returned)),
            (None, Some(call), _) => (*call, None),
            (None, None, None) => {
                let how = format!(
                    "{request:?} is in the log, and none of those who sent it has stored it: {calls:?}"
                );
                return Err(Problem(how));
            }
        };
        Ok(Some(Step {
            invoked: call.invoked,
            returned,
            place: Place::Wrote(there.clone()),
            call,
        }))
    }
}
