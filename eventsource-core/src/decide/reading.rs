//! Reading everything that a decision rests on, as it was at one moment.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use crate::decide::attempt::Attempt;
use crate::decide::part::{Part, Source};
use crate::repository::load::{Corrupt, LoadError};
use crate::store::append::{Check, StreamCheck};
use crate::store::error::StoreError;
use crate::store::query::Query;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName};
use crate::store::{LogScan, Store, StreamScan, Visit};
use crate::trace;

/// The parts of a decision, and how far they have followed the store.
///
/// All of them show one moment, the one just after the event at `position`: positions increase in the order in which
/// events become visible, so what stands up to a position is the same whenever it is read. The models are read in one
/// scan, which says up to where it has looked; the streams of aggregates are read up to there, and no further. So the
/// closure never sees a state that did not exist, and what it refuses it refuses for a reason that was there.
pub(crate) struct Reading {
    pub(crate) parts: Vec<Box<dyn Part>>,
    position: Position,
    /// The last event that the scan of the models has shown.
    last: Position,
}

impl Reading {
    pub(crate) fn new(parts: Vec<Box<dyn Part>>) -> Self {
        Self {
            parts,
            position: Position::START,
            last: Position::START,
        }
    }

    /// A stream that stands for two of the parts.
    pub(crate) fn twice(&self) -> Option<&StreamName> {
        let mut streams = HashSet::new();
        self.streams().find(|stream| !streams.insert(*stream))
    }

    fn streams(&self) -> impl Iterator<Item = &StreamName> {
        self.parts.iter().filter_map(|part| match part.source() {
            Source::Stream(stream, _) => Some(stream),
            Source::Matching(_) => None,
        })
    }

    /// What any of the models is made of; `None` if there is no model.
    fn query(&self) -> Option<Query> {
        let queries = self.parts.iter().filter_map(|part| match part.source() {
            Source::Matching(query) => Some(query.clone()),
            Source::Stream(..) => None,
        });
        queries.reduce(Query::or)
    }

    /// What the decision is about, in a form that stays the same.
    pub(crate) fn identity(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(|part| part.identity()).collect();
        parts.join("\n\n")
    }

    /// Reads what came since the last time.
    pub(crate) async fn catch_up<S: Store>(&mut self, store: &S) -> Result<(), LoadError> {
        match self.query() {
            Some(query) => self.scan_models(store, query).await?,
            // A single stream shows one moment by itself.
            None if self.parts.len() == 1 => self.position = Position(u64::MAX),
            None => self.position = store.head().await?,
        }
        // Side by side, so that several take as long as the slowest.
        let parts = mem::take(&mut self.parts).into_iter();
        let scans = parts.map(|part| Box::pin(scan_stream(store, part, self.position)));
        self.parts = all(scans.collect())
            .await
            .into_iter()
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Whether the models have seen everything. A scan may end early, before an event that is damaged; the next one
    /// begins there, and says what is wrong.
    pub(crate) async fn is_whole<S: Store>(&mut self, store: &S) -> Result<bool, StoreError> {
        let query = match self.query() {
            Some(query) if self.last == self.position => query,
            _ => return Ok(true),
        };
        let next = LogScan::after(self.position).matching(query).limit(1);
        Ok(store.read_all(next).await?.is_empty())
    }

    async fn scan_models<S: Store>(&mut self, store: &S, query: Query) -> Result<(), LoadError> {
        let visitor = Models {
            parts: mem::take(&mut self.parts),
            last: Position::START,
            problem: None,
        };
        let scan = LogScan::after(self.position).matching(query);
        let (visitor, position) = store.scan_all(scan, visitor).await?;
        visitor.problem.map_or(Ok(()), Err)?;
        (self.parts, self.last, self.position) = (visitor.parts, visitor.last, position);
        Ok(())
    }

    pub(crate) fn begin(&mut self, attempt: &Arc<Attempt>) {
        self.parts.iter_mut().for_each(|part| part.begin(attempt));
    }

    /// That nothing which was read has changed.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let checks = self.parts.iter().map(|part| match part.source() {
            Source::Matching(query) => Check::NothingMatches {
                query: query.clone(),
                after: self.position,
            },
            Source::Stream(stream, version) => {
                Check::Stream(StreamCheck::At(stream.clone(), version))
            }
        });
        checks.collect()
    }

    /// Forgets what was only tried, or, if the store is not the one that was read any more, everything.
    pub(crate) fn settle(&mut self, same_store: bool) {
        if same_store {
            self.parts.iter_mut().for_each(|part| part.settle());
        } else {
            self.parts.iter_mut().for_each(|part| part.restart());
            (self.position, self.last) = (Position::START, Position::START);
        }
    }
}

/// Reads on in the stream of an aggregate, up to a position; at first from a snapshot, if there is one.
async fn scan_stream<S: Store>(
    store: &S,
    mut part: Box<dyn Part>,
    until: Position,
) -> Result<Box<dyn Part>, LoadError> {
    let (identity, since) = (store.identity(), Instant::now());
    let mut from_snapshot = part.recall(identity, until).await;
    loop {
        let scan = match part.source() {
            Source::Stream(stream, seen) => StreamScan::of(stream.clone()).after(seen),
            Source::Matching(_) => return Ok(part),
        };
        let visitor = Stream {
            part,
            until,
            problem: None,
        };
        let visitor = store.scan_stream(scan, visitor).await?;
        part = visitor.part;
        match visitor.problem {
            None => {
                part.offer(identity, since);
                return Ok(part);
            }
            // What is wrong with an event may be wrong with the snapshot: the events alone say which.
            Some(reason) if from_snapshot => {
                trace::snapshot_unused(&part.identity(), &reason);
                part.restart();
                from_snapshot = false;
            }
            Some(problem) => return Err(problem),
        }
    }
}

/// What all of some futures give, in their order, once the last of them is done.
async fn all<F: Future>(mut futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        match outputs.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

/// Shows each event to the models whose query it matches.
struct Models {
    parts: Vec<Box<dyn Part>>,
    last: Position,
    problem: Option<LoadError>,
}

impl Visit for Models {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.last = event.position;
        for part in &mut self.parts {
            let wanted = match part.source() {
                Source::Matching(query) => query.matches_event(&event),
                Source::Stream(..) => false,
            };
            if wanted {
                tell(part.see(&event), &mut self.problem)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Shows the events of a stream up to a position to an aggregate.
struct Stream {
    part: Box<dyn Part>,
    until: Position,
    problem: Option<LoadError>,
}

impl Visit for Stream {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if event.position > self.until {
            return ControlFlow::Break(());
        }
        tell(self.part.see(&event), &mut self.problem)
    }
}

/// Goes on, or keeps what is wrong and stops.
fn tell(seen: Result<(), Box<Corrupt>>, problem: &mut Option<LoadError>) -> ControlFlow<()> {
    match seen {
        Ok(()) => ControlFlow::Continue(()),
        Err(corrupt) => {
            *problem = Some(corrupt.into());
            ControlFlow::Break(())
        }
    }
}
