//! That a state which was kept goes on as the one that it was kept of.

use std::fmt::Debug;

use crate::aggregate::Root;
use crate::codec::{Codec, Json};
use crate::snapshot::Snapshotted;

/// Sees that snapshots change nothing: wherever a history is cut, the state up to there, written and read again, with
/// the rest of the events applied to it, is the state that all of the events make.
///
/// To be called in a property test with any histories, as `proptest` makes them. A history is looked at up to the first
/// event that cannot follow those before it.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::testing;
/// # #[event] pub struct Deposited { pub amount: u64 }
/// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
///
/// #[aggregate(id = String, error = Never, events(Deposited), commands(Deposit), snapshot)]
/// #[derive(Default, PartialEq)]
/// pub struct Account {
///     balance: u64,
/// }
/// # #[apply] impl Account { fn deposited(&mut self, event: &Deposited) { self.balance += event.amount } }
/// # #[handle] impl Account { #[command] pub fn deposit(&self, amount: u64) -> Result<Deposited, Never> {
/// #     Ok(Deposited { amount }) } }
///
/// let history: Vec<AccountEvent> = (1..20).map(|amount| Deposited { amount }.into()).collect();
/// testing::snapshots_agree::<Account>(&history);
/// ```
///
/// # Panics
///
/// If the two states differ, or a state cannot be written and read again: after which event, and both states.
#[track_caller]
pub fn snapshots_agree<A: Snapshotted + PartialEq + Debug>(history: &[A::Event]) {
    snapshots_agree_in::<A, _>(&Json, history);
}

/// The same where [`Snapshots::codec`](crate::Snapshots::codec) sets another codec.
///
/// # Panics
///
/// As [`snapshots_agree`] does.
#[track_caller]
pub fn snapshots_agree_in<A, C>(codec: &C, history: &[A::Event])
where
    A: Snapshotted + PartialEq + Debug,
    C: Codec,
{
    let mut whole = Root::<A>::new();
    let possible = history
        .iter()
        .take_while(|event| whole.apply_all([*event]).is_ok())
        .count();
    let mut root = Root::<A>::new();
    for cut in 1..=possible {
        if let Err(problem) = root.apply_all([&history[cut - 1]]) {
            unreachable!("it was applied before: {problem}");
        }
        let Some(state) = root.state() else { continue };
        let mut bytes = Vec::new();
        if let Err(error) = codec.encode(state, &mut bytes) {
            panic!("the state after event {cut} cannot be written: {error}\n{state:?}");
        }
        let read = codec.decode::<A>(codec.format(), &bytes);
        let read = read.unwrap_or_else(|error| {
            panic!("the state after event {cut} is written and cannot be read: {error}\n{state:?}")
        });
        let mut kept = Root::restored(read, root.version());
        if let Err(problem) = kept.apply_all(&history[cut..possible]) {
            panic!(
                "after a snapshot at event {cut} the rest of the events cannot be applied: {problem}"
            );
        }
        assert!(
            kept == whole,
            "a snapshot after event {cut} leads to another state\n with it: {:?}\n without: {:?}",
            kept.state(),
            whole.state()
        );
    }
}
