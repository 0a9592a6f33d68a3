//! Judges a recorded history by the log that it has left behind.
//!
//! - Each append that was acknowledged is in the log once, whole, where the answer says; one whose outcome is unknown at
//!   most once; one that was refused not at all.
//! - In the order of the log, the checks of each append held on the events before it, and its key was unused: the
//!   version checks and boundary checks are serialisable.
//! - Every call has a moment while it ran at which its answer was true: a refusal, a load, a scan, a head, the outcome of
//!   a key. What had been acknowledged or seen before a call began is seen by it. Together with the point before: the
//!   store is linearisable. See [`crate::real_time`] for why this needs no search.

use std::collections::HashMap;
use std::ops::Range;

use eventsource_core::Store;

use crate::broken::{Kept, Problem, ensure};
use crate::history::{Answer, Asked, Call, Seen};
use crate::log::Log;
use crate::real_time::{self, Place, Step};
use crate::request::{Asks, Must, Request};

/// Judges a history, after its last call has ended, by what the store then has.
pub(crate) async fn judge<S: Store>(store: &S, history: &[Call]) -> Kept {
    let log = Log::read(store).await?;
    check(&log, history)?;
    log.agrees_with_streams(store).await
}

fn check(log: &Log, history: &[Call]) -> Kept {
    let judge = Judge::new(log, history)?;
    judge.replay()?;
    let mut steps = Vec::new();
    for sent in judge.sent.values() {
        steps.extend(sent.write()?);
    }
    for call in history {
        if let Some(place) = judge
            .place(call)
            .map_err(|Problem(how)| Problem(format!("{call:?}: {how}")))?
        {
            steps.push(Step {
                invoked: call.invoked,
                returned: Some(call.returned),
                place,
                call,
            });
        }
    }
    real_time::placed(&steps, &judge.born()?)
}

struct Judge<'a> {
    log: &'a Log,
    /// What was sent, by the id of the request; a request may be sent several times.
    sent: HashMap<u64, Sent<'a>>,
    /// Which request has used a key, and where its events are.
    keys: HashMap<u64, (u64, Range<usize>)>,
}

type Sent<'a> = crate::sent::Sent<'a, Request, Asked, Answer>;

impl<'a> Judge<'a> {
    fn new(log: &'a Log, history: &'a [Call]) -> Kept<Self> {
        let mut sent: HashMap<u64, Sent<'a>> = HashMap::new();
        for call in history {
            if let Asked::Append(request) = &call.asked {
                let there = log.request(request.id, request.records.len())?;
                let new = Sent::new(request, there);
                sent.entry(request.id).or_insert(new).calls.push(call);
            }
        }
        let mut keys = HashMap::new();
        for Sent { request, there, .. } in sent.values() {
            if let (Some(key), Some(there)) = (request.key, there)
                && let Some((other, _)) = keys.insert(key, (request.id, there.clone()))
            {
                let id = request.id;
                return Err(Problem(format!(
                    "requests {id} and {other} are both stored under key {key}"
                )));
            }
        }
        Ok(Self { log, sent, keys })
    }

    /// When each event of the log can have been written first.
    fn born(&self) -> Kept<Vec<u64>> {
        let born = |entry: &crate::log::Entry| {
            let sent = self.sent.get(&entry.seen.request);
            let sent = sent.ok_or_else(|| Problem(format!("nobody has sent {:?}", entry.seen)))?;
            Ok(sent.born())
        };
        self.log.events.iter().map(born).collect()
    }

    /// Goes through the log in its order: each append was as it was asked for, and its checks held where it stands.
    fn replay(&self) -> Kept {
        for id in self.log.requests() {
            let sent = self.sent.get(&id);
            let sent = sent.ok_or_else(|| {
                Problem(format!("nobody has sent request {id}, which is in the log"))
            })?;
            let Sent {
                request,
                there: Some(there),
                ..
            } = sent
            else {
                continue;
            };
            for (written, entry) in request.records.iter().zip(&self.log.events[there.clone()]) {
                let right = (written.stream, written.kind, &written.tags)
                    == (entry.seen.stream, entry.kind, &entry.tags);
                ensure(right && !request.bad, || {
                    format!("{written:?} of {request:?} is there as {entry:?}")
                })?;
            }
            for must in &request.checks {
                ensure(self.holds(must, there.start), || {
                    format!(
                        "{request:?} stands after {} events, where {must:?} does not hold",
                        there.start
                    )
                })?;
            }
        }
        Ok(())
    }

    /// Whether a check holds after so many events.
    fn holds(&self, must: &Must, events: usize) -> bool {
        match must {
            Must::BeAt(stream, version) => self.log.version(*stream, events) == *version,
            Must::BeNew(stream) => self.log.version(*stream, events) == 0,
            Must::Exist(stream) => self.log.version(*stream, events) > 0,
            Must::MatchNothing(asks, after) => {
                // A decision knows the store up to a position that was there: else the answer would be another one.
                let first = self.log.up_to(*after);
                first <= events
                    && !self.log.events[first..events]
                        .iter()
                        .any(|entry| asks.matches(entry.kind, &entry.tags))
            }
        }
    }

    /// Where a call that wrote nothing can stand; `None` for those that wrote and those that say nothing.
    fn place(&self, call: &'a Call) -> Kept<Option<Place<'_>>> {
        let true_at = |is_true: Box<dyn Fn(usize) -> bool>| Ok(Some(Place::TrueAt(is_true)));
        match (&call.asked, &call.answer) {
            (Asked::Append(request), answer) => self.place_append(request, answer),
            (Asked::Outcome(key), Answer::Outcome(found)) => {
                self.place_outcome(*key, found.as_ref())
            }
            (Asked::Load { .. }, Answer::Events { seen, .. }) => self.place_load(&call.asked, seen),
            (
                Asked::Scan {
                    after,
                    query,
                    limit,
                },
                Answer::Events {
                    seen,
                    looked_at: Some(looked_at),
                },
            ) => self.place_scan(*after, query, *limit, seen, *looked_at),
            (Asked::Head, Answer::Head(position)) => {
                let events = self.log.up_to(*position);
                let last = events
                    .checked_sub(1)
                    .map_or(0, |last| self.log.events[last].seen.position);
                ensure(last == *position, || "no event stands there".into())?;
                true_at(Box::new(move |length| length == events))
            }
            (_, Answer::Overloaded | Answer::Unknown) => Ok(None),
            (_, _) => Err(Problem("this is no answer to that".into())),
        }
    }

    fn place_append(&self, request: &'a Request, answer: &'a Answer) -> Kept<Option<Place<'_>>> {
        let there = self
            .sent
            .get(&request.id)
            .and_then(|sent| sent.there.clone());
        // A key that was used answers before the checks do.
        let used = request.key.and_then(|key| self.keys.get(&key));
        let used_at = used.map_or(usize::MAX, |(_, there)| there.end);
        match answer {
            Answer::Made { placed, .. } if request.records.is_empty() => {
                ensure(placed.is_empty(), || {
                    "there is nothing that could have a place".into()
                })?;
                let hold = |length| request.checks.iter().all(|must| self.holds(must, length));
                Ok(Some(Place::TrueAt(Box::new(hold))))
            }
            Answer::Made { placed, repeated } => {
                let there = there
                    .ok_or_else(|| Problem("it was acknowledged and is not in the log".into()))?;
                let places = self.log.events[there.clone()]
                    .iter()
                    .map(|entry| (entry.seen.position, entry.seen.version));
                ensure(places.eq(placed.iter().copied()), || {
                    format!(
                        "it is somewhere else: {:?}",
                        &self.log.events[there.clone()]
                    )
                })?;
                ensure(!repeated || request.key.is_some(), || {
                    "without a key nothing is a repetition".into()
                })?;
                Ok(repeated.then(|| Place::TrueAt(Box::new(move |length| there.end <= length))))
            }
            Answer::StreamConflict {
                check,
                actual,
                missed,
            } => {
                let must = &request.checks[*check];
                let (stream, known, holds) = match must {
                    Must::BeAt(stream, version) => (*stream, *version, actual == version),
                    Must::BeNew(stream) => (*stream, 0, *actual == 0),
                    Must::Exist(stream) => (*stream, 0, *actual > 0),
                    Must::MatchNothing(..) => {
                        return Err(Problem("the conflict is not about a stream".into()));
                    }
                };
                ensure(!holds, || format!("{must:?} holds at version {actual}"))?;
                let limit = eventsource_core::MISSED_LIMIT as u64;
                let expected = known + 1..=*actual;
                let bring = actual.saturating_sub(known) <= limit;
                let brought = missed
                    .iter()
                    .map(Some)
                    .eq(expected.map(|version| self.log.at_version(stream, version)));
                ensure(brought || (!bring && missed.is_empty()), || {
                    "it does not bring what was missed".into()
                })?;
                refused(there, used_at, move |length| {
                    self.log.version(stream, length) == *actual
                })
            }
            Answer::Matched { check, position } => {
                let Must::MatchNothing(asks, after) = &request.checks[*check] else {
                    return Err(Problem("the conflict is not about a query".into()));
                };
                let events = self.log.up_to(*position);
                let entry = events.checked_sub(1).map(|place| &self.log.events[place]);
                let matches =
                    entry.filter(|entry| entry.seen.position == *position && position > after);
                ensure(
                    matches.is_some_and(|entry| asks.matches(entry.kind, &entry.tags)),
                    || format!("nothing after {after} that matches {asks:?} stands at {position}"),
                )?;
                refused(there, used_at, move |length| events <= length)
            }
            Answer::KeyReused => {
                let (other, range) =
                    used.ok_or_else(|| Problem("its key was never used".into()))?;
                ensure(*other != request.id, || "its key was used by itself".into())?;
                Ok(Some(Place::TrueAt(Box::new(move |length| {
                    range.end <= length
                }))))
            }
            Answer::Rejected => {
                ensure(request.bad, || "there is nothing wrong with it".into())?;
                refused(there, usize::MAX, |_| true)
            }
            Answer::Overloaded | Answer::Unknown => Ok(None),
            Answer::Wrong(how) => Err(Problem(how.clone())),
            _ => Err(Problem("this is no answer to an append".into())),
        }
    }

    fn place_outcome(
        &self,
        key: u64,
        found: Option<&(u64, Vec<(u64, u64)>)>,
    ) -> Kept<Option<Place<'_>>> {
        let Some((request, placed)) = found else {
            let used_at = self
                .keys
                .get(&key)
                .map_or(usize::MAX, |(_, there)| there.end);
            return Ok(Some(Place::TrueAt(Box::new(move |length| {
                length < used_at
            }))));
        };
        let (used_by, there) = self
            .keys
            .get(&key)
            .ok_or_else(|| Problem("the key was never used".into()))?;
        let own = self.log.events[there.clone()]
            .iter()
            .map(|entry| (entry.seen.position, entry.seen.version));
        ensure(used_by == request && own.eq(placed.iter().copied()), || {
            format!("the key was used by request {used_by}, at {there:?}")
        })?;
        Ok(Some(Place::TrueAt(Box::new(move |length| {
            there.end <= length
        }))))
    }

    /// A load is true where the versions that it shows are all that there were to show.
    fn place_load(&self, asked: &'a Asked, seen: &'a [Seen]) -> Kept<Option<Place<'_>>> {
        let Asked::Load {
            stream,
            after,
            until,
            backwards,
            limit,
        } = asked
        else {
            return Err(Problem("this is no load".into()));
        };
        let there = |seen: &Seen| self.log.at_version(*stream, seen.version) == Some(seen);
        ensure(seen.iter().all(there), || {
            "it shows what is not in the stream".into()
        })?;
        let mut versions: Vec<_> = seen.iter().map(|seen| seen.version).collect();
        if *backwards {
            versions.reverse();
        }
        let limit = limit.map_or(u64::MAX, |limit| limit as u64);
        Ok(Some(Place::TrueAt(Box::new(move |length| {
            let (mut first, mut last) = (after + 1, self.log.version(*stream, length));
            last = until.map_or(last, |until| last.min(until));
            match backwards {
                true => first = first.max((last + 1).saturating_sub(limit)),
                false => last = last.min(first.saturating_add(limit) - 1),
            }
            (first..=last).eq(versions.iter().copied())
        }))))
    }

    /// A scan shows everything that matches up to where it has looked; that is as far as the log went, unless it was
    /// told to stop.
    fn place_scan(
        &self,
        after: u64,
        query: &Asks,
        limit: Option<usize>,
        seen: &[Seen],
        looked_at: u64,
    ) -> Kept<Option<Place<'_>>> {
        let end = self.log.up_to(looked_at);
        let range = self.log.up_to(after)..end;
        let looked = self.log.events.get(range).unwrap_or_default();
        let matching = looked
            .iter()
            .filter(|entry| query.matches(entry.kind, &entry.tags))
            .map(|entry| &entry.seen);
        ensure(matching.eq(seen), || {
            let expected: Vec<_> = looked
                .iter()
                .filter(|entry| query.matches(entry.kind, &entry.tags))
                .collect();
            format!("up to {looked_at}, these match: {expected:?}")
        })?;
        let full = limit.is_some_and(|limit| seen.len() >= limit);
        Ok(Some(Place::TrueAt(Box::new(move |length| {
            if full { end <= length } else { end == length }
        }))))
    }
}

/// A refusal: its reason was true, and the key was not used yet. What has no key is sent once, so it is not there.
fn refused<'r>(
    there: Option<Range<usize>>,
    used_at: usize,
    reason: impl Fn(usize) -> bool + 'r,
) -> Kept<Option<Place<'r>>> {
    ensure(there.is_none() || used_at != usize::MAX, || {
        format!("it was refused and is in the log: {there:?}")
    })?;
    Ok(Some(Place::TrueAt(Box::new(move |length| {
        length < used_at && reason(length)
    }))))
}
