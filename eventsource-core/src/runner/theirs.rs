//! A slice that another runner owns, and a run that is only to catch up: it is content with how far the other one is.

use std::time::{Duration, Instant};

use super::RunError;
use super::worker::{SOON, Worker, may_pass};
use crate::consumer::Consumer;
use crate::environment::timer;
use crate::runner::checkpoint_store::{Beat, CheckpointStore};
use crate::store::stream::Position;

/// What is to be said of a slice that was another runner's.
pub(super) enum Theirs {
    /// It is consumed up to where this run was to go.
    Reached,
    /// Nobody owns it.
    Free,
    /// It is another's, whose beat has stood still for as long as a lease lasts.
    Still(Beat),
}

/// The first pause between two looks.
const BRIEF: Duration = Duration::from_millis(1);

impl<S: CheckpointStore, C: Consumer<S>> Worker<S, C> {
    /// Waits while another runner owns the slice and is alive, until it is far enough. It only looks: an owner that is told
    /// of somebody who waits would give the slice away.
    pub(super) async fn while_theirs(&self, until: Position) -> Result<Theirs, RunError> {
        let mut seen: Option<(Beat, Instant)> = None;
        let mut pause = BRIEF;
        while !self.is_stopped() {
            let slots = match self.shared.store.slots(&self.slot.name).await {
                Err(error) if may_pass(&error) => return Ok(Theirs::Free),
                slots => slots?,
            };
            let state = slots.iter().find(|state| state.slot == self.slot);
            let Some(state) = state.filter(|state| state.owner.is_some()) else {
                return Ok(Theirs::Free);
            };
            let (beat, since) = *seen.get_or_insert((state.beat, Instant::now()));
            if state.position >= until {
                return Ok(Theirs::Reached);
            } else if beat != state.beat {
                seen = None;
            } else if since.elapsed() >= self.lease() {
                return Ok(Theirs::Still(beat));
            }
            self.unless_stopped(timer::sleep(pause)).await;
            pause = (pause * 2).min(SOON);
        }
        Ok(Theirs::Free)
    }
}
