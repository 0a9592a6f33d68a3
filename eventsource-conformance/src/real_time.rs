//! Whether calls can have happened one after the other, each at a moment between its sending and its answer.
//!
//! To find such an order for an object of which only the answers are known takes exponential time in the worst case. A
//! store of events tells the order of its writes: it is the log. So only the calls that wrote nothing have to be placed,
//! each at a length that the log had, and the sole condition between two of them is that a call which began after
//! another one had ended is not placed before it. Such conditions have a least solution: each call is placed at the
//! first length that justifies its answer and is not below that of any call that had ended before. If a call finds no
//! place, or a write stands before something that was seen before it was sent, there is no order at all, and nothing
//! was missed by not searching. One pass over the calls in the order of time finds it; a call looks only at the events
//! that were written while it ran.

use std::fmt::Debug;
use std::ops::Range;

use crate::broken::{Kept, Problem, ensure};

/// A call, and what is known about where it stands in the log.
pub(crate) struct Step<'a> {
    pub(crate) invoked: u64,
    /// `None`: nobody has seen it end.
    pub(crate) returned: Option<u64>,
    pub(crate) place: Place<'a>,
    /// To be shown to a person.
    pub(crate) call: &'a (dyn Debug + 'a),
}

/// Where a call can stand in the log.
pub(crate) enum Place<'a> {
    /// It wrote these events.
    Wrote(Range<usize>),
    /// It wrote nothing, and its answer is true of a log that has so many events.
    TrueAt(Box<dyn Fn(usize) -> bool + 'a>),
}

/// Places every call, or says which one has no place.
///
/// `born` says for each event of the log when its request was sent first: a call that had ended by then has not seen it.
pub(crate) fn placed(steps: &[Step<'_>], born: &[u64]) -> Kept {
    // The log cannot have been longer than this at a time: the event after it, or one before that, was not yet sent.
    let mut all_born = born.to_vec();
    for place in 1..all_born.len() {
        all_born[place] = all_born[place].max(all_born[place - 1]);
    }
    let longest = |time: u64| all_born.partition_point(|born| *born < time);

    let mut moments: Vec<(u64, usize, bool)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        moments.push((step.invoked, index, false));
        moments.extend(step.returned.map(|returned| (returned, index, true)));
    }
    moments.sort_unstable();
    // How long the log was at least, as those who had their answers know.
    let mut known = 0;
    let mut ends = vec![0; steps.len()];
    for (_, index, has_ended) in moments {
        if has_ended {
            known = known.max(ends[index]);
            continue;
        }
        let step = &steps[index];
        ends[index] = match &step.place {
            Place::Wrote(range) => {
                ensure(known <= range.start, || {
                    format!(
                        "{:?} was written after {} events, but before it was sent, somebody had seen {known} of them",
                        step.call, range.start
                    )
                })?;
                range.end
            }
            Place::TrueAt(is_true) => {
                let longest = step.returned.map_or(born.len(), longest);
                let found = (known..=longest).find(|events| is_true(*events));
                found.ok_or_else(|| unjustified(step, is_true, known, longest, born.len()))?
            }
        };
    }
    Ok(())
}

fn unjustified(
    step: &Step<'_>,
    is_true: &dyn Fn(usize) -> bool,
    known: usize,
    longest: usize,
    all: usize,
) -> Problem {
    let before = (0..known).rev().find(|events| is_true(*events));
    let after = (longest + 1..=all).find(|events| is_true(*events));
    let instead = match (before, after) {
        (Some(before), _) => format!("it was so with {before} events, which is stale"),
        (None, Some(after)) => format!("it is so with {after} events, which were not there yet"),
        (None, None) => "it was never so".to_owned(),
    };
    Problem(format!(
        "{:?} is not true of any state while it ran, from {known} to {longest} events: {instead}",
        step.call
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrote(range: Range<usize>, invoked: u64, returned: u64) -> Step<'static> {
        Step {
            invoked,
            returned: Some(returned),
            place: Place::Wrote(range),
            call: &"a write",
        }
    }

    fn saw(events: usize, invoked: u64, returned: u64) -> Step<'static> {
        let is_true = Box::new(move |length| length == events);
        Step {
            invoked,
            returned: Some(returned),
            place: Place::TrueAt(is_true),
            call: &"a read",
        }
    }

    fn verdict(steps: &[Step<'_>], born: &[u64]) -> String {
        placed(steps, born).map_or_else(|Problem(how)| how, |()| "kept".into())
    }

    #[test]
    fn calls_at_the_same_time_may_stand_in_any_order() {
        for events in [0, 1] {
            assert_eq!(
                verdict(&[wrote(0..1, 1, 4), saw(events, 2, 3)], &[1]),
                "kept"
            );
        }
    }

    #[test]
    fn a_read_after_a_write_sees_it() {
        assert_eq!(verdict(&[wrote(0..1, 1, 2), saw(1, 3, 4)], &[1]), "kept");
        assert!(verdict(&[wrote(0..1, 1, 2), saw(0, 3, 4)], &[1]).contains("stale"));
    }

    #[test]
    fn a_read_before_a_write_does_not_see_it() {
        assert!(verdict(&[wrote(0..1, 3, 4), saw(1, 1, 2)], &[3]).contains("not there yet"));
    }

    #[test]
    fn what_one_has_seen_the_next_one_sees() {
        let write = wrote(0..1, 1, 6);
        assert!(verdict(&[write, saw(1, 2, 3), saw(0, 4, 5)], &[1]).contains("stale"));
    }

    #[test]
    fn a_write_does_not_stand_before_an_earlier_one() {
        assert!(
            verdict(&[wrote(1..2, 1, 2), wrote(0..1, 3, 4)], &[3, 1])
                .contains("was written after 0")
        );
    }
}
