//! Appending: what is known is sent as what is expected; where the servers refuse, what is there is read and judged, and
//! either it is a conflict or it is sent again.
//!
//! No answer rests on what is merely remembered: it is an acknowledgement, or it was read after the append began.

use eventsource_core::{
    Append, AppendError, Appended, Conflict, LogScan, MISSED_BYTES, MISSED_LIMIT, Outcome, Placed,
    Position, StoreError, StreamCheck, StreamName, Version,
};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::error::backend;
use crate::frame::{self, Under};
use crate::get::Got;
use crate::known::Last;
use crate::metrics::count;
use crate::open::Shared;
use crate::options::Kept;
use crate::place;
use crate::plan::{Lasts, Plan};
use crate::reader::Goal;
use crate::turn::Behind;
use crate::wire::Sent;

/// What an append is answered with, other than that it was made.
enum Found {
    /// Nothing speaks against it: what is known now, and the last number in the log.
    Good(Lasts, u64),
    /// It was made earlier, perhaps by an earlier try of this request.
    Earlier(Under),
    /// It cannot be made.
    Broken(AppendError),
}

/// What was read beside the last messages of subjects.
struct Learnt {
    /// All of it is as it was at a moment not before this message.
    up_to: u64,
    /// What was stored under the key.
    under: Option<Under>,
    /// It is all of one moment.
    at_once: bool,
}

impl Shared {
    /// Judges and stores an append.
    pub(crate) async fn append<Reach: Sync>(
        &self,
        append: &Append<Reach>,
    ) -> Result<Appended, AppendError> {
        self.check_open()?;
        self.options.limits.check(append)?;
        let plan = Plan::new(self, append)?;
        self.look_at_life().await?;
        if let Some(known) = append.expected_incarnation() {
            self.life.identity().check_incarnation(known)?;
        }
        if plan.is_empty() {
            return Ok(Appended {
                placed: Vec::new(),
                repeated: false,
            });
        }
        let Ok(_under_way) = self.under_way.try_acquire() else {
            self.check_open()?;
            return Err(AppendError::Overloaded {
                waiting: self.queue,
            });
        };
        // An append that rests on the whole log is refused whenever any other one comes between: at least none of this
        // process does.
        let (alone, beside) = match plan.whole {
            true => (Some(self.whole.write().await), None),
            false => (None, Some(self.whole.read().await)),
        };
        let lined_up = self.lines.wait(plan.subjects()).await;
        let made = Box::pin(self.try_until_it_is_known(&plan)).await;
        drop((alone, beside, lined_up));
        made
    }

    async fn try_until_it_is_known(&self, plan: &Plan<'_>) -> Result<Appended, AppendError> {
        let begin = Instant::now();
        let mut maybe_made: Option<String> = None;
        let mut next = self.remembered(plan).await?;
        let mut tries: u32 = 0;
        loop {
            let (lasts, whole) = match next {
                Some(known) => known,
                None => match self.judge(plan).await {
                    Ok(Found::Good(lasts, whole)) => (lasts, whole),
                    Ok(Found::Earlier(under)) => return self.made(plan, under),
                    Ok(Found::Broken(error)) => {
                        count(&self.counters.conflicts, 1);
                        return Err(error);
                    }
                    // What was sent before may have been stored.
                    Err(error) => {
                        return Err(match maybe_made {
                            Some(_) => AppendError::Unknown {
                                reason: error.to_string(),
                            },
                            None => error.into(),
                        });
                    }
                },
            };
            let mut messages = plan.messages(self, &lasts);
            if messages.outgoing.is_empty() {
                // It asks only whether streams exist, and those that do will do so for ever.
                return Ok(Appended {
                    placed: Vec::new(),
                    repeated: false,
                });
            }
            let outgoing = std::mem::take(&mut messages.outgoing);
            let number = outgoing.len();
            let sent = self.wire.store(outgoing, plan.whole.then_some(whole)).await;
            let reason = match sent {
                Sent::Stored(last) => {
                    let (placed, lasts) = messages.placed(last + 1 - number as u64);
                    count(&self.counters.messages, number);
                    self.note(last, &placed, lasts);
                    return Ok(Appended {
                        placed,
                        repeated: false,
                    });
                }
                Sent::Refused => None,
                Sent::NotTaken(reason) => {
                    self.life.suspect();
                    // The client sends what it had on its way once more when it connects anew: this may be the answer to
                    // the second time, and the first time it was stored.
                    if plan.writes() {
                        maybe_made = Some(reason.clone());
                    }
                    if plan.key.is_none() && plan.writes() {
                        return Err(AppendError::Unknown { reason });
                    }
                    Some(reason)
                }
                Sent::Failed(error) if maybe_made.is_none() => return Err(error.into()),
                Sent::Failed(error) => Some(error.to_string()),
                Sent::Unknown(reason) => {
                    self.life.suspect();
                    count(&self.counters.unknown, 1);
                    if plan.writes() {
                        maybe_made = Some(reason.clone());
                    }
                    if plan.key.is_none() && plan.writes() {
                        return Err(AppendError::Unknown { reason });
                    }
                    Some(reason)
                }
            };
            count(&self.counters.retries, 1);
            if begin.elapsed() > self.options.patience {
                let reason = reason.unwrap_or_else(|| "others were always faster".into());
                return Err(match maybe_made {
                    Some(_) => AppendError::Unknown { reason },
                    None => backend(&self.wire.place, "appending", reason).into(),
                });
            }
            tries += 1;
            match reason {
                Some(_) => sleep(Kept::PAUSE).await,
                None if tries > 1 => sleep(pause(tries)).await,
                None => {}
            }
            if reason.is_some() {
                // It may be that the log has another life since.
                if let Err(error) = self.look_at_life().await
                    && maybe_made.is_none()
                {
                    return Err(error.into());
                }
            }
            next = None;
        }
    }

    /// What this process knows, or a replica that may be behind, if it speaks for the append: the servers will tell
    /// whether it is so.
    async fn remembered(&self, plan: &Plan<'_>) -> Result<Option<(Lasts, u64)>, AppendError> {
        if plan.whole {
            return Ok(None);
        }
        let mut lasts = Lasts::new();
        let mut unknown = Vec::new();
        for (index, subject) in plan.subjects().enumerate() {
            let last = self.known.get(subject);
            if last.is_none() {
                unknown.push(index);
            }
            lasts.push(last.unwrap_or_default());
        }
        if !unknown.is_empty() {
            self.learn(plan, &unknown, None, 0, &mut lasts).await?;
        }
        let holds = plan.broken_stream(&lasts).is_none();
        let nothing_matches = plan.queries().all(|(query, after)| {
            let terms = self.terms_of(query).unwrap_or_default();
            after <= self.tide.head()
                && plan
                    .lasts_of(&terms, &lasts)
                    .all(|last| last.position <= after)
        });
        Ok((holds && nothing_matches).then_some((lasts, 0)))
    }

    /// Reads the last messages of the subjects with these indices, and what was stored under a key, as of a moment not before
    /// `floor`.
    async fn learn(
        &self,
        plan: &Plan<'_>,
        indices: &[usize],
        key: Option<&String>,
        floor: u64,
        lasts: &mut Lasts,
    ) -> Result<Learnt, StoreError> {
        let all: Vec<_> = plan.subjects().collect();
        let own = indices.iter().map(|index| all[*index]);
        let subjects: Vec<String> = own.chain(key).cloned().collect();
        let page = self.fresh_last_of(&subjects, floor).await?;
        let found: HashMap<&str, &Got> = page
            .messages
            .iter()
            .map(|message| (message.subject.as_str(), message))
            .collect();
        for (index, subject) in indices.iter().zip(&subjects) {
            let last = match found.get(subject.as_str()) {
                // None is known of those that have no message, and that is worth remembering too.
                None => Last::default(),
                Some(message) if plan.is_stream(*index) => self.last_in(message)?,
                Some(message) => self.note_copies(message)?,
            };
            self.known.note(subject, last);
            lasts[*index] = last;
        }
        let under = match key.and_then(|key| found.get(key.as_str())) {
            None => None,
            Some(message) => Some(self.under_in(message)?),
        };
        Ok(Learnt {
            up_to: page.up_to,
            under,
            at_once: page.answers == 1,
        })
    }

    /// Reads what is there, and judges the append by it.
    async fn judge(&self, plan: &Plan<'_>) -> Result<Found, StoreError> {
        let floor = self.floor().await?;
        let all: Vec<_> = (0..plan.subjects().count()).collect();
        let mut lasts = vec![Last::default(); all.len()];
        let key = plan.key_subject.as_ref();
        let Learnt {
            up_to,
            under,
            at_once,
        } = self.learn(plan, &all, key, floor, &mut lasts).await?;
        if let Some(under) = under {
            return Ok(Found::Earlier(under));
        }
        if let Some((check, last)) = plan.broken_stream(&lasts) {
            let error = self.stream_conflict(check, last).await?;
            return match key.is_some() && at_once {
                // At that moment it was not there under its key.
                true => Ok(Found::Broken(error)),
                false => {
                    self.unless_it_was_itself(plan, Some((check, last)), error)
                        .await
                }
            };
        }
        for (query, after) in plan.queries() {
            let scan = LogScan::after(after).matching(query.clone()).limit(1);
            let mut found: Option<Position> = None;
            let looked = self.look(&scan, floor.max(up_to), |event| {
                found = Some(event.position);
                ControlFlow::Break(())
            });
            let error = match Box::pin(looked).await {
                Err(error @ StoreError::BeyondHead { .. }) => error.into(),
                Err(error) => return Err(error),
                Ok(_) => match found {
                    None => continue,
                    Some(position) => AppendError::Conflict(Box::new(Conflict::Boundary {
                        query: query.clone(),
                        position,
                    })),
                },
            };
            return self.unless_it_was_itself(plan, None, error).await;
        }
        Ok(Found::Good(lasts, up_to))
    }

    /// What speaks against an append may be that it was made meanwhile, by another one who sent it.
    async fn unless_it_was_itself(
        &self,
        plan: &Plan<'_>,
        check: Option<(&StreamCheck, Last)>,
        error: AppendError,
    ) -> Result<Found, StoreError> {
        let Some(key) = plan.key else {
            return Ok(Found::Broken(error));
        };
        let earlier = match (&plan.key_subject, check) {
            (Some(_), _) => {
                let floor = self.floor().await?;
                self.under(*key, floor).await?
            }
            (None, Some((check, last))) => {
                let outcome = self.stands_after(check, last, key.id).await?;
                // Nobody else has the key.
                let request = plan.request;
                outcome.map(|outcome| Under { request, outcome })
            }
            (None, None) => None,
        };
        Ok(earlier.map_or(Found::Broken(error), Found::Earlier))
    }

    /// What stands right after the version that a check has seen, if it was stored under this key.
    async fn stands_after(
        &self,
        check: &StreamCheck,
        last: Last,
        key: eventsource_core::Uuid,
    ) -> Result<Option<Outcome>, StoreError> {
        let subject = self.subjects.stream(check.stream());
        let wanted = check.seen().next();
        let mut from = self.find(&subject, check.seen()).await?;
        let mut behind = Behind::new(self);
        // The first message of the request has its key, and says how many more it has.
        let (mut placed, mut end): (Vec<Placed>, u64) = (Vec::new(), last.sequence);
        while from <= end {
            let page = self.next(from, &subject, 8).await?;
            if page.messages.is_empty() {
                behind.wait().await?;
            }
            for message in &page.messages {
                from = message.sequence + 1;
                let unreadable = |_| self.unreadable(message);
                let front = frame::read_front(&message.body).map_err(unreadable)?;
                if placed.is_empty() {
                    if front.last() < wanted {
                        continue;
                    }
                    if front.first != wanted || front.key.is_none_or(|own| own.id != key) {
                        return Ok(None);
                    }
                    end = message.sequence + front.rest;
                } else if message.sequence > end {
                    break;
                }
                placed.extend((0..front.count).map(|index| Placed {
                    position: place::position(message.sequence, index),
                    version: place::version(front.first, index),
                }));
            }
            // All of the rest that there is has come: other messages of the request are on other subjects.
            if !placed.is_empty() && !page.more {
                break;
            }
        }
        Ok((!placed.is_empty()).then(|| Outcome {
            digest: eventsource_core::Uuid::nil(),
            placed,
        }))
    }

    /// The answer to an append that has been made already.
    fn made(
        &self,
        plan: &Plan<'_>,
        Under { request, outcome }: Under,
    ) -> Result<Appended, AppendError> {
        if plan.key.is_some_and(|key| key.digest != outcome.digest) {
            return Err(AppendError::KeyReused);
        }
        // It was this request, if an answer to it was lost.
        let repeated = request != plan.request;
        if repeated {
            count(&self.counters.key_hits, 1);
        }
        Ok(Appended {
            placed: outcome.placed,
            repeated,
        })
    }

    async fn stream_conflict(
        &self,
        check: &StreamCheck,
        last: Last,
    ) -> Result<AppendError, StoreError> {
        let missed = last.version.0.saturating_sub(check.seen().0);
        let missed = match missed == 0 || missed > MISSED_LIMIT as u64 {
            true => Vec::new(),
            false => self.missed(check.stream(), check.seen(), last).await?,
        };
        Ok(AppendError::Conflict(Box::new(Conflict::Stream {
            check: check.clone(),
            actual: last.version,
            missed,
        })))
    }

    async fn missed(
        &self,
        stream: &StreamName,
        seen: Version,
        last: Last,
    ) -> Result<Vec<eventsource_core::StoredEvent>, StoreError> {
        let (mut missed, mut bytes) = (Vec::new(), 0);
        let goal = Goal::Last(last.sequence);
        self.range(stream, (seen, last.version), goal, |event| {
            let event = event.to_stored();
            bytes += event.size();
            missed.push(event);
            match bytes > MISSED_BYTES {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
        .await?;
        if bytes > MISSED_BYTES {
            missed.clear();
        }
        Ok(missed)
    }

    /// Remembers what was stored.
    fn note<'p>(&self, last: u64, placed: &[Placed], lasts: impl Iterator<Item = (&'p str, Last)>) {
        count(&self.counters.appends, 1);
        count(&self.counters.events, placed.len());
        self.life.seen(last);
        for (subject, last) in lasts {
            self.known.note(subject, last);
        }
        if let Some(last) = placed.last() {
            self.tide.rise(last.position);
        }
    }
}

/// Longer each time, and never the same for two who are in each other's way.
fn pause(tries: u32) -> Duration {
    let most = 400_u64 << tries.min(6);
    let some = u64::from(
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(0, |time| time.subsec_nanos()),
    );
    Duration::from_micros(most / 4 + some % most)
}
