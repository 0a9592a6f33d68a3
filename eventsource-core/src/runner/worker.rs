//! One slice's way: claim it, consume its events, show signs of life meanwhile, give it back.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use uuid::Uuid;

use super::handle::SliceActivity;
use super::page::{self, Page};
use super::theirs::Theirs;
use super::{Ended, RunError, Shared};
use crate::consumer::Consumer;
use crate::environment::timer;
use crate::environment::watch::Watch;
use crate::runner::checkpoint_store::{
    Advance, Beat, Bid, CheckpointError, CheckpointStore, Claim, Fence, Parked, Slice, Slot,
};
use crate::store::error::StoreError;
use crate::store::stream::{Position, StreamName};
use crate::store::subscription::first;
use crate::trace;

pub(super) struct Worker<S, C> {
    pub(super) shared: Arc<Shared<S, C>>,
    pub(super) slot: Slot,
    /// What the one who shows signs of life has learned.
    learned: Watch<Learned>,
}

/// What an owner learns when it shows that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Learned {
    /// A newer version is active.
    superseded: bool,
    /// Another runner has less than its share of the slices, and this one more.
    should_yield: bool,
    /// Counted up as long as something is to be done with parked events.
    wishes: u64,
}

/// How owning a slice came to its end.
pub(super) enum Left {
    /// The run is at its end.
    Ended(Ended),
    /// The slice was given up for another runner.
    Yielded,
    /// The slice is another's by now.
    Lost,
}

/// What came of the wish to own a slice.
enum Claimed {
    Owned(Owned),
    /// The run is at its end before.
    Ended(Ended),
}

/// A slice that is owned, and what is known of it.
pub(super) struct Owned {
    pub(super) fence: Fence,
    pub(super) incarnation: Uuid,
    /// The streams whose events are parked.
    pub(super) parked: BTreeMap<StreamName, Vec<Parked>>,
    /// Whether this version is the one that readers see, or an older one than that.
    is_active: bool,
    /// The head when this owner had caught up first.
    goal: Option<Position>,
    wishes: u64,
    nudges: u64,
}

/// How often a slice is taken anew when the store fails while what is needed is made ready.
const TAKES: u32 = 20;
/// Between two tries to reach a store that fails.
pub(super) const SOON: Duration = Duration::from_millis(50);
const LATER: Duration = Duration::from_secs(5);

impl<S: CheckpointStore, C: Consumer<S>> Worker<S, C> {
    pub(super) fn new(shared: Arc<Shared<S, C>>, slice: Slice) -> Self {
        let slot = Slot {
            name: shared.consumer.name().into(),
            version: shared.consumer.version(),
            slice,
        };
        Self {
            shared,
            slot,
            learned: Watch::new(Learned::default()),
        }
    }

    pub(super) async fn run(self) -> Result<Ended, RunError> {
        loop {
            let mut owned = match self.claim().await? {
                Claimed::Owned(owned) => owned,
                Claimed::Ended(ended) => return Ok(ended),
            };
            trace::owned(&self.slot, owned.fence);
            self.learned.set(Learned::default());
            let epoch = owned.fence.epoch;
            let left = alongside(self.consume(&mut owned), self.live(epoch)).await;
            if !matches!(left, Ok(Left::Lost)) {
                // If this fails, the slice is free when the lease has run out.
                let _ = self.shared.store.release(&self.slot, epoch).await;
            }
            match left? {
                Left::Ended(ended) => return Ok(ended),
                Left::Lost => trace::lost(&self.slot, owned.fence),
                Left::Yielded => {
                    // For as long as it takes the one that waits to see that the slice is free.
                    trace::yielded(&self.slot);
                    self.activity(SliceActivity::Waiting);
                    self.unless_stopped(timer::sleep(self.lease() * 2)).await;
                }
            }
        }
    }

    /// Waits until the slice is this runner's, or there is no need for that any more.
    async fn claim(&self) -> Result<Claimed, RunError> {
        self.activity(SliceActivity::Waiting);
        let mut seen: Option<Beat> = None;
        let mut pause = SOON;
        let mut tries = 0;
        let mut has_looked = false;
        loop {
            if self.is_stopped() {
                return Ok(Claimed::Ended(Ended::Stopped));
            }
            if let Some(until) = self.shared.until {
                seen = match self.while_theirs(until).await? {
                    Theirs::Reached => return Ok(Claimed::Ended(Ended::CaughtUp)),
                    Theirs::Free => None,
                    Theirs::Still(beat) => Some(beat),
                };
            }
            match self.bid(seen).await {
                Ok(Claim::Owned {
                    fence,
                    incarnation,
                    active,
                }) => {
                    tries += 1;
                    match self.take(fence, incarnation, active).await {
                        Err(error) if tries < TAKES && passes(&error) => {
                            trace::store_fails(&self.slot, &error);
                            seen = None;
                            pause = (pause * 2).min(LATER);
                        }
                        owned => return owned.map(Claimed::Owned),
                    }
                }
                // Whoever is only to catch up watches it above.
                Ok(Claim::Theirs(_)) if self.shared.until.is_some() => pause = SOON,
                // Who took it may have done so for a moment.
                Ok(Claim::Theirs(_)) if !has_looked => (has_looked, pause) = (true, SOON),
                Ok(Claim::Theirs(beat)) => {
                    seen = Some(beat);
                    pause = self.lease();
                }
                Err(RunError::Store(error)) if may_pass(&error) => {
                    trace::store_fails(&self.slot, &error);
                    seen = None;
                    pause = (pause * 2).min(LATER);
                }
                Err(error) => return Err(error),
            }
            self.unless_stopped(timer::sleep(pause)).await;
        }
    }

    async fn bid(&self, seen: Option<Beat>) -> Result<Claim, RunError> {
        let Shared { store, options, .. } = &*self.shared;
        let start = options.start_in(store).await?;
        let bid = Bid {
            owner: self.shared.owner,
            seen,
            start,
        };
        Ok(store.claim(&self.slot, bid).await?)
    }

    /// Looks at what was claimed, before any event is consumed.
    async fn take(
        &self,
        fence: Fence,
        saved_in: Uuid,
        active: Option<u32>,
    ) -> Result<Owned, RunError> {
        let Shared {
            store,
            consumer,
            options,
            ..
        } = &*self.shared;
        let incarnation = store.identity().incarnation;
        let taken = async {
            if !consumer.is_restored_with_the_store() && !options.after_restore {
                store.identity().check_incarnation(saved_in)?;
            }
            let prepared = consumer.prepare(store).await;
            prepared.map_err(|source| RunError::Prepare {
                name: consumer.name(),
                version: consumer.version(),
                source,
            })?;
            // The first version is shown at once: there is none before it.
            let active = match active {
                None => store.activate(&self.slot.name, self.slot.version).await?,
                Some(active) => active,
            };
            Ok((active, self.parked().await?))
        };
        let taken: Result<_, RunError> = taken.await;
        if taken.is_err() {
            let _ = store.release(&self.slot, fence.epoch).await;
        }
        let (active, parked) = taken?;
        self.activity(SliceActivity::CatchingUp);
        self.shared.control.update(self.slot.slice, |status| {
            status.position = fence.position;
            status.parked_streams = parked.len();
        });
        Ok(Owned {
            fence,
            incarnation,
            parked,
            is_active: active >= self.slot.version,
            goal: None,
            wishes: u64::MAX,
            nudges: 0,
        })
    }

    /// The parked events of this slice, by stream.
    pub(super) async fn parked(&self) -> Result<BTreeMap<StreamName, Vec<Parked>>, StoreError> {
        let all = self
            .shared
            .store
            .parked(&self.slot.name, self.slot.version)
            .await?;
        let mut parked: BTreeMap<StreamName, Vec<Parked>> = BTreeMap::new();
        for one in all {
            if self.slot.slice.has(&one.stream) {
                parked.entry(one.stream.clone()).or_default().push(one);
            }
        }
        Ok(parked)
    }

    /// Consumes page by page, until something ends it.
    async fn consume(&self, owned: &mut Owned) -> Result<Left, RunError> {
        let shared = &*self.shared;
        let mut pause = SOON;
        loop {
            let learned = self.learned.get();
            let nudges = shared.control.nudges.get();
            if self.is_stopped() {
                return Ok(Left::Ended(Ended::Stopped));
            }
            if learned.superseded {
                return Ok(Left::Ended(Ended::Superseded));
            }
            if learned.should_yield {
                return Ok(Left::Yielded);
            }
            if !owned.parked.is_empty() && (learned.wishes, nudges) != (owned.wishes, owned.nudges)
            {
                (owned.wishes, owned.nudges) = (learned.wishes, nudges);
                if let Some(left) = self.settle(owned).await? {
                    return Ok(left);
                }
            }
            let page = match self.read(owned).await {
                Ok(page) => page,
                Err(Some(error)) if may_pass(&error) => {
                    trace::store_fails(&self.slot, &error);
                    self.activity(SliceActivity::Retrying);
                    self.unless_stopped(timer::sleep(pause)).await;
                    pause = (pause * 2).min(LATER);
                    continue;
                }
                Err(Some(error)) => return Err(error.into()),
                Err(None) => return Ok(Left::Lost),
            };
            pause = SOON;
            let (read_to, is_full) = (page.read_to, page.is_full);
            if !page.events.is_empty()
                && let Some(left) = self.consume_page(owned, page).await?
            {
                return Ok(left);
            }
            if is_full {
                self.activity(SliceActivity::CatchingUp);
                continue;
            }
            let is_over = shared.until.is_some_and(|until| read_to >= until);
            if is_over || owned.goal.is_none() {
                // Noted at once: a switch of versions, and whoever waits for the end, rests on it.
                if let Some(left) = self.note(owned, read_to).await? {
                    return Ok(left);
                }
            }
            self.may_activate(owned, read_to).await;
            if is_over {
                return Ok(Left::Ended(Ended::CaughtUp));
            }
            self.activity(SliceActivity::Live);
            if self.more_or_moment(owned, read_to).await
                && let Some(left) = self.note(owned, read_to).await?
            {
                return Ok(left);
            }
        }
    }

    /// Reads on; `None` as an error where the store is in another life than when the slice was claimed.
    async fn read(&self, owned: &Owned) -> Result<Page, Option<StoreError>> {
        let shared = &*self.shared;
        let room = (shared.options.batch, shared.options.bytes);
        let read = page::read(
            &shared.store,
            owned.fence.position,
            &shared.query,
            self.slot.slice,
            room,
        );
        let read = read.await;
        // Looked at after the read, which may have been the first one to meet a promoted server.
        if shared.store.identity().incarnation != owned.incarnation {
            return Err(None);
        }
        read.map_err(Some)
    }

    /// Saves that everything was looked at up to here.
    async fn note(&self, owned: &mut Owned, to: Position) -> Result<Option<Left>, RunError> {
        if to <= owned.fence.position {
            return Ok(None);
        }
        let saved = self
            .shared
            .store
            .advance(&self.slot, owned.fence, Advance::to(to));
        match saved.await {
            Ok(()) => self.advanced(owned, to),
            Err(CheckpointError::Store(error)) if may_pass(&error) => {
                trace::store_fails(&self.slot, &error);
            }
            Err(CheckpointError::Fenced) => return Ok(Some(Left::Lost)),
            Err(error) => return Err(error.into()),
        }
        Ok(None)
    }

    pub(super) fn advanced(&self, owned: &mut Owned, to: Position) {
        owned.fence.position = to;
        self.shared.control.update(self.slot.slice, |status| {
            status.position = to;
            status.failing = None;
            status.parked_streams = owned.parked.len();
        });
    }

    /// Waits for events, or that somebody has said something. `true` if the position should be noted before.
    async fn more_or_moment(&self, owned: &Owned, read_to: Position) -> bool {
        let shared = &*self.shared;
        let known = self.learned.get();
        let nudges = shared.control.nudges.get();
        let said = any(
            shared.control.stopped.wait_until(|stopped| stopped),
            any(
                self.learned.wait_until(move |learned| learned != known),
                shared.control.nudges.wait_until(move |now| now != nudges),
            ),
        );
        let more = async {
            if shared.store.wait_beyond(read_to).await.is_err() {
                // The next read says what is wrong.
                timer::sleep(SOON).await;
            }
        };
        let moment = async {
            match read_to > owned.fence.position {
                true => timer::sleep(shared.options.note).await,
                false => std::future::pending().await,
            }
        };
        first(moment, any(said, more)).await.is_none()
    }

    /// Makes this version the one that readers see, once all slices are where this one was when it had caught up first.
    async fn may_activate(&self, owned: &mut Owned, read_to: Position) {
        let goal = *owned.goal.get_or_insert(read_to);
        if owned.is_active {
            return;
        }
        let store = &self.shared.store;
        let activated = async {
            let mut slots = store.slots(&self.slot.name).await?;
            slots.retain(|state| state.slot.version == self.slot.version);
            let all = usize::try_from(self.slot.slice.count) == Ok(slots.len());
            if all && slots.iter().all(|state| state.position >= goal) {
                let active = store.activate(&self.slot.name, self.slot.version).await?;
                trace::activated(&self.slot, active);
                owned.is_active = active >= self.slot.version;
            }
            Ok::<(), StoreError>(())
        };
        // Tried again with the next events.
        if let Err(error) = activated.await {
            trace::store_fails(&self.slot, &error);
        }
    }

    /// Shows signs of life, until the slice is another's.
    async fn live(&self, epoch: u64) -> Left {
        loop {
            timer::sleep(self.lease() / 3).await;
            match self.shared.store.renew(&self.slot, epoch).await {
                Ok(renewed) => {
                    let should_yield = renewed.awaited && self.has_more_than_its_share().await;
                    let known = self.learned.get();
                    self.learned.set(Learned {
                        superseded: renewed.active.is_some_and(|it| it > self.slot.version),
                        should_yield,
                        wishes: known.wishes + u64::from(renewed.wished),
                    });
                }
                Err(CheckpointError::Fenced) => return Left::Lost,
                Err(error) => trace::store_fails(&self.slot, &error),
            }
        }
    }

    /// Whether this runner owns more slices than the slices for each runner, and this slice is the first of those.
    async fn has_more_than_its_share(&self) -> bool {
        let Ok(mut slots) = self.shared.store.slots(&self.slot.name).await else {
            return false;
        };
        slots.retain(|state| state.slot.version == self.slot.version);
        let mut runners: Vec<_> = slots
            .iter()
            .flat_map(|state| state.owner.into_iter().chain(state.waiter))
            .collect();
        runners.sort_unstable();
        runners.dedup();
        let share = slots.len().div_ceil(runners.len().max(1));
        let mine = slots
            .iter()
            .filter(|state| state.owner == Some(self.shared.owner));
        // One after the other: the next look counts anew.
        let first = mine.clone().next().map(|state| &state.slot);
        mine.count() > share && first == Some(&self.slot)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.shared.control.stopped.get()
    }

    /// Waits, unless it is told to stop.
    pub(super) async fn unless_stopped(&self, wait: impl Future) {
        first(
            self.shared.control.stopped.wait_until(|stopped| stopped),
            wait,
        )
        .await;
    }

    pub(super) fn activity(&self, activity: SliceActivity) {
        self.shared
            .control
            .update(self.slot.slice, |status| status.activity = activity);
    }

    pub(super) fn lease(&self) -> Duration {
        self.shared.options.lease
    }
}

/// Whether a slice may be taken in a moment: the store failed, and not what is made ready in it.
fn passes(error: &RunError) -> bool {
    match error {
        RunError::Store(error) => may_pass(error),
        RunError::Prepare { source, .. } => source.downcast_ref().is_some_and(may_pass),
        _ => false,
    }
}

/// Whether a store may be usable again in a moment.
pub(crate) fn may_pass(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Overloaded { .. } | StoreError::Backend { .. }
    )
}

/// The first of two that ends.
async fn any(left: impl Future, right: impl Future) {
    first(left, right).await;
}

/// What `work` gives, unless `beside` ends before.
async fn alongside(
    work: impl Future<Output = Result<Left, RunError>>,
    beside: impl Future<Output = Left>,
) -> Result<Left, RunError> {
    let (mut work, mut beside) = (pin!(work), pin!(beside));
    poll_fn(|context| {
        if let Poll::Ready(left) = work.as_mut().poll(context) {
            return Poll::Ready(left);
        }
        beside.as_mut().poll(context).map(Ok)
    })
    .await
}
