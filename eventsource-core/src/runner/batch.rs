//! Having the events of a page consumed: together if all goes well; else those before the one that fails, that one
//! again and again, and then the rest.

use std::sync::Arc;

use super::handle::{Failing, SliceActivity};
use super::page::Page;
use super::worker::{Left, Owned, SOON, Worker, may_pass};
use super::{Ended, RunError};
use crate::consumer::{Batch, BoxError, Consumer, Failure, before};
use crate::environment::timer;
use crate::runner::checkpoint_store::{Advance, CheckpointError, CheckpointStore, Parked, Wish};
use crate::store::StreamScan;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, Version};
use crate::trace;

/// How consuming some events went.
enum Went {
    Well,
    /// This one failed; what stands before it is saved if `saved` says so.
    Failed {
        position: Position,
        fault: Fault,
        saved: Option<Position>,
    },
    Left(Left),
}

/// Why an event was not consumed.
struct Fault {
    error: BoxError,
    /// It is not the event's: it was not looked at, since what it is for cannot be reached.
    is_outside: bool,
}

impl<S: CheckpointStore, C: Consumer<S>> Worker<S, C> {
    /// Has all events of a page consumed or parked. `None` if the slice is still owned.
    pub(super) async fn consume_page(
        &self,
        owned: &mut Owned,
        page: Page,
    ) -> Result<Option<Left>, RunError> {
        let mut rest = page.events;
        while !rest.is_empty() {
            match self.attempt(owned, &rest, page.read_to).await? {
                Went::Well => return Ok(None),
                Went::Left(left) => return Ok(Some(left)),
                Went::Failed {
                    position,
                    fault,
                    saved,
                } => {
                    let failed = rest.partition_point(|event| event.position < position);
                    let after = rest.split_off(failed);
                    let up_to = before(position);
                    if let Some(saved) = saved {
                        self.advanced(owned, saved);
                    } else if up_to > owned.fence.position {
                        match self.attempt(owned, &rest, up_to).await? {
                            Went::Well => {}
                            Went::Left(left) => return Ok(Some(left)),
                            // What went well a moment ago fails now: the page is read again from the checkpoint.
                            Went::Failed { saved, .. } => {
                                self.advanced(owned, saved.unwrap_or(owned.fence.position));
                                return Ok(None);
                            }
                        }
                    }
                    let Some((one, after)) = after.split_first() else {
                        return Ok(None);
                    };
                    if let Some(left) = self.insist(owned, one, fault).await? {
                        return Ok(Some(left));
                    }
                    rest = after.to_vec();
                }
            }
        }
        // The last of the page was the one that failed: what was looked at after it is noted with the next page.
        Ok(None)
    }

    /// Has events consumed together, and those of parked streams parked.
    async fn attempt(
        &self,
        owned: &mut Owned,
        events: &[StoredEvent],
        to: Position,
    ) -> Result<Went, RunError> {
        let mut advance = Advance::to(to);
        let mut tried = Vec::with_capacity(events.len());
        for event in events {
            match owned.parked.contains_key(&event.stream) {
                true => advance
                    .park
                    .push(Parked::now(&event.as_ref(), String::new())),
                false => tried.push(event.clone()),
            }
        }
        let went = self.commit(owned, tried, advance.clone()).await?;
        if let Went::Well = went {
            for one in advance.park {
                owned
                    .parked
                    .entry(one.stream.clone())
                    .or_default()
                    .push(one);
            }
        }
        Ok(went)
    }

    /// Has events consumed and the checkpoint saved; tries again for as long as it is the store that fails.
    async fn commit(
        &self,
        owned: &mut Owned,
        events: Vec<StoredEvent>,
        advance: Advance,
    ) -> Result<Went, RunError> {
        let to = advance.to;
        let batch = Arc::new(Batch {
            slot: self.slot.clone(),
            fence: owned.fence,
            forget: None,
            events,
            advance,
        });
        let mut pause = SOON;
        loop {
            let Batch { events, .. } = &*batch;
            let done = match events.is_empty() {
                // There is nothing to consume: only the checkpoint moves on.
                true => {
                    let advance = batch.advance.clone();
                    let saved = self.shared.store.advance(&self.slot, owned.fence, advance);
                    saved.await.map_err(Failure::from)
                }
                false => {
                    let (consumer, store) = (&self.shared.consumer, &self.shared.store);
                    consumer.commit(store, Arc::clone(&batch)).await
                }
            };
            match done {
                Ok(()) => {
                    trace::committed(&self.slot, events.len(), to);
                    self.advanced(owned, to);
                    return Ok(Went::Well);
                }
                Err(Failure::Event {
                    position,
                    error,
                    saved,
                }) => {
                    return Ok(Went::Failed {
                        position,
                        fault: Fault {
                            error,
                            is_outside: false,
                        },
                        saved,
                    });
                }
                Err(Failure::Unreachable {
                    position,
                    error,
                    saved,
                }) => {
                    return Ok(Went::Failed {
                        position,
                        fault: Fault {
                            error,
                            is_outside: true,
                        },
                        saved,
                    });
                }
                Err(Failure::Checkpoint(CheckpointError::Fenced)) => {
                    return Ok(Went::Left(Left::Lost));
                }
                Err(Failure::Checkpoint(CheckpointError::Store(error))) if may_pass(&error) => {
                    trace::store_fails(&self.slot, &error);
                    self.activity(SliceActivity::Retrying);
                }
                Err(Failure::Checkpoint(error)) => return Err(error.into()),
            }
            self.unless_stopped(timer::sleep(pause)).await;
            if self.is_stopped() {
                return Ok(Went::Left(Left::Ended(Ended::Stopped)));
            }
            pause = (pause * 2).min(self.shared.options.on_error.longest);
        }
    }

    /// Tries one event again and again, as the policy says, and parks it then, or ends the run; for as long as the fault is
    /// not its own, whatever the policy says.
    async fn insist(
        &self,
        owned: &mut Owned,
        event: &StoredEvent,
        mut fault: Fault,
    ) -> Result<Option<Left>, RunError> {
        let policy = self.shared.options.on_error;
        let mut tries = 1;
        let mut own = u32::from(!fault.is_outside);
        let error = loop {
            let error = fault.error;
            trace::event_fails(&self.slot, event, tries, &error);
            self.shared.control.update(self.slot.slice, |status| {
                status.activity = SliceActivity::Retrying;
                status.failing = Some(Failing {
                    position: event.position,
                    stream: event.stream.clone(),
                    event: event.name.to_string(),
                    tries,
                    error: error.to_string(),
                });
            });
            if !fault.is_outside && !policy.tries_again(own) {
                break error;
            }
            self.unless_stopped(timer::sleep(policy.pause(tries))).await;
            if self.is_stopped() {
                return Ok(Some(Left::Ended(Ended::Stopped)));
            }
            let alone = vec![event.clone()];
            match self
                .commit(owned, alone, Advance::to(event.position))
                .await?
            {
                Went::Well => return Ok(None),
                Went::Left(left) => return Ok(Some(left)),
                Went::Failed { fault: again, .. } => fault = again,
            }
            tries += 1;
            own += u32::from(!fault.is_outside);
        };
        if !policy.parks {
            return Err(RunError::Event {
                slot: self.slot.clone(),
                position: event.position,
                stream: event.stream.clone(),
                event: event.name.to_string(),
                tries,
                source: error,
            });
        }
        let parked = Parked::now(&event.as_ref(), error.to_string());
        let mut advance = Advance::to(event.position);
        advance.park.push(parked.clone());
        match self.commit(owned, Vec::new(), advance).await? {
            Went::Left(left) => Ok(Some(left)),
            Went::Well | Went::Failed { .. } => {
                trace::parked(&self.slot, event);
                owned.parked.insert(event.stream.clone(), vec![parked]);
                Ok(None)
            }
        }
    }

    /// Does with the parked events what somebody wished.
    pub(super) async fn settle(&self, owned: &mut Owned) -> Result<Option<Left>, RunError> {
        let reread = self.parked().await;
        owned.parked = match reread {
            Ok(parked) => parked,
            Err(error) if may_pass(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let wished: Vec<_> = owned.parked.values().cloned().collect();
        for stream in wished {
            // In order, and no further than the first that stays.
            for one in stream {
                let went = match one.wish {
                    None => break,
                    Some(Wish::Drop) => self.settle_one(owned, &one, Vec::new()).await?,
                    Some(Wish::Retry) => match self.stored(&one).await? {
                        Some(event) => self.settle_one(owned, &one, vec![event]).await?,
                        None => break,
                    },
                };
                match went {
                    Went::Well => forget(owned, &one),
                    Went::Left(left) => return Ok(Some(left)),
                    // The wish stays, and is looked at again with the next beat.
                    Went::Failed { fault, .. } if fault.is_outside => break,
                    Went::Failed { fault, .. } => {
                        if let Some(left) = self.still_parked(owned, &one, &fault.error).await? {
                            return Ok(Some(left));
                        }
                        break;
                    }
                }
            }
        }
        self.shared.control.update(self.slot.slice, |status| {
            status.parked_streams = owned.parked.len();
        });
        Ok(None)
    }

    /// Consumes a parked event, or none in its place, and takes it off the list.
    async fn settle_one(
        &self,
        owned: &mut Owned,
        one: &Parked,
        events: Vec<StoredEvent>,
    ) -> Result<Went, RunError> {
        let mut advance = Advance::to(owned.fence.position);
        advance.settle.push(one.position);
        self.commit(owned, events, advance).await
    }

    /// Notes that a parked event fails still, and forgets the wish for it and for those after it.
    async fn still_parked(
        &self,
        owned: &mut Owned,
        one: &Parked,
        error: &BoxError,
    ) -> Result<Option<Left>, RunError> {
        let mut advance = Advance::to(owned.fence.position);
        for other in owned.parked.get(&one.stream).into_iter().flatten() {
            let mut other = other.clone();
            other.wish = None;
            if other.position == one.position {
                other.error = error.to_string();
            }
            advance.park.push(other);
        }
        owned
            .parked
            .insert(one.stream.clone(), advance.park.clone());
        match self.commit(owned, Vec::new(), advance).await? {
            Went::Left(left) => Ok(Some(left)),
            Went::Well | Went::Failed { .. } => Ok(None),
        }
    }

    /// The event that was parked; `None` if the store cannot be read now.
    async fn stored(&self, one: &Parked) -> Result<Option<StoredEvent>, RunError> {
        let scan = StreamScan::of(one.stream.clone())
            .after(Version(one.version.0.saturating_sub(1)))
            .until(one.version);
        match self.shared.store.read_stream(scan).await {
            Ok(found) => Ok(found.into_iter().next()),
            Err(error) if may_pass(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn forget(owned: &mut Owned, one: &Parked) {
    if let Some(stream) = owned.parked.get_mut(&one.stream) {
        stream.retain(|other| other.position != one.position);
        if stream.is_empty() {
            owned.parked.remove(&one.stream);
        }
    }
}
