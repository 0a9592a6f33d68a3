//! What the clients of a history ask a store for, in a form that can be written down, sent and compared.

use std::future::Future;
use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Check, Key, ManyStreams,
    MultiStreamStore, NewEvent, OneStream, Position, Query, Store, StreamCheck, Tag, Version,
};
use serde::{Deserialize, Serialize};

use crate::sample::{event, stream};

/// An append: what is to be written, what must hold, and under which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Says which append an event in the log belongs to. A request that is sent again keeps it.
    pub id: u64,
    /// The events.
    pub records: Vec<Written>,
    /// The checks.
    pub checks: Vec<Must>,
    /// The key.
    pub key: Option<u64>,
    /// One of its events is such that no store takes it.
    pub bad: bool,
}

/// One event of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The number of its stream.
    pub stream: u64,
    /// The number of its type.
    pub kind: u64,
    /// The numbers of its tags.
    pub tags: Vec<u64>,
}

/// One check of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Must {
    /// The stream is at this version.
    BeAt(u64, u64),
    /// The stream has no event.
    BeNew(u64),
    /// The stream has an event.
    Exist(u64),
    /// Nothing after the position matches.
    MatchNothing(Asks, u64),
}

/// A query: alternatives of types and tags. None is everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asks(pub Vec<(Vec<u64>, Vec<u64>)>);

impl Asks {
    /// Events of one of these types.
    #[must_use]
    pub fn types(types: impl Into<Vec<u64>>) -> Self {
        Self(vec![(types.into(), Vec::new())])
    }

    /// Events with all of these tags.
    #[must_use]
    pub fn tags(tags: impl Into<Vec<u64>>) -> Self {
        Self(vec![(Vec::new(), tags.into())])
    }

    /// Whether an event matches: said here once more, so that a store is not judged by code that it runs itself.
    #[must_use]
    pub fn matches(&self, kind: u64, tags: &[u64]) -> bool {
        let matches = |(types, all): &(Vec<u64>, Vec<u64>)| {
            (types.is_empty() || types.contains(&kind)) && all.iter().all(|tag| tags.contains(tag))
        };
        self.0.is_empty() || self.0.iter().any(matches)
    }

    pub(crate) fn to_query(&self) -> Query {
        let item = |(types, tags): &(Vec<u64>, Vec<u64>)| {
            let query = Query::types(types.iter().map(|kind| name(*kind)));
            tags.iter()
                .map(|number| tag(*number))
                .fold(query, Query::tagged)
        };
        self.0
            .iter()
            .map(item)
            .reduce(Query::or)
            .unwrap_or_default()
    }
}

fn name(kind: u64) -> String {
    format!("type.{kind}")
}

fn tag(number: u64) -> Tag {
    Tag::new("t", number)
}

/// The key with this number, for the request with this id.
pub(crate) fn key(number: u64, request: u64) -> Key {
    Key::given("sample", &number.to_string(), &request.to_be_bytes())
}

impl Must {
    /// The check as a store takes it.
    pub(crate) fn to_check(&self) -> Check {
        match self {
            Self::BeAt(id, version) => {
                Check::Stream(StreamCheck::At(stream(*id), Version(*version)))
            }
            Self::BeNew(id) => Check::Stream(StreamCheck::New(stream(*id))),
            Self::Exist(id) => Check::Stream(StreamCheck::Exists(stream(*id))),
            Self::MatchNothing(asks, after) => Check::NothingMatches {
                query: asks.to_query(),
                after: Position(*after),
            },
        }
    }
}

impl Request {
    /// A request without a check.
    #[must_use]
    pub fn new(id: u64, records: impl Into<Vec<Written>>) -> Self {
        Self {
            id,
            records: records.into(),
            checks: Vec::new(),
            key: None,
            bad: false,
        }
    }

    /// Only if this holds.
    #[must_use]
    pub fn only_if(mut self, must: Must) -> Self {
        self.checks.push(must);
        self
    }

    /// Under this key.
    #[must_use]
    pub fn under(mut self, key: u64) -> Self {
        self.key = Some(key);
        self
    }

    fn event(&self, index: usize, written: &Written) -> NewEvent {
        let name = match self.bad && index == 0 {
            true => "a name\0with a NUL".to_owned(),
            false => name(written.kind),
        };
        NewEvent {
            payload: format!("[{},{index}]", self.id).into_bytes(),
            tags: written.tags.iter().map(|number| tag(*number)).collect(),
            ..event(&name, 0)
        }
    }

    fn events(&self) -> impl Iterator<Item = (u64, NewEvent)> {
        let records = self.records.iter().enumerate();
        records.map(|(index, written)| (written.stream, self.event(index, written)))
    }

    fn keyed<Reach>(&self, append: Append<Reach>) -> Append<Reach> {
        match self.key {
            Some(number) => append.key(key(number, self.id)),
            None => append,
        }
    }

    /// The streams that it writes to or asks about, each once.
    pub(crate) fn streams(&self) -> Vec<u64> {
        let checked = self.checks.iter().filter_map(|must| match must {
            Must::BeAt(stream, _) | Must::BeNew(stream) | Must::Exist(stream) => Some(*stream),
            Must::MatchNothing(..) => None,
        });
        let mut streams: Vec<_> = self
            .records
            .iter()
            .map(|written| written.stream)
            .chain(checked)
            .collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }

    fn asks_queries(&self) -> bool {
        self.checks
            .iter()
            .any(|must| matches!(must, Must::MatchNothing(..)))
    }

    /// Whether every store can be asked for it.
    fn is_of_one_stream(&self) -> bool {
        self.streams().len() == 1 && !self.asks_queries()
    }

    fn to_one_stream(&self) -> Append {
        let id = self.streams().first().copied().unwrap_or_default();
        let append = Append::to(stream(id));
        let append = self.checks.iter().fold(append, |append, must| match must {
            Must::BeAt(_, version) => append.at(Version(*version)),
            Must::BeNew(_) => append.if_new(),
            Must::Exist(_) => append.if_exists(),
            Must::MatchNothing(..) => append,
        });
        self.keyed(
            self.events()
                .fold(append, |append, (_, event)| append.event(event)),
        )
    }

    fn to_many_streams(&self) -> Append<ManyStreams> {
        let append =
            self.checks
                .iter()
                .fold(Append::across(), |append, must| match must.to_check() {
                    Check::Stream(check) => append.if_stream(check),
                    Check::NothingMatches { .. } => append,
                });
        self.keyed(self.events().fold(append, |append, (id, event)| {
            append.record(stream(id), event)
        }))
    }

    fn to_boundary(&self) -> Append<Boundary> {
        let append =
            self.checks
                .iter()
                .fold(Append::within(), |append, must| match must.to_check() {
                    Check::Stream(check) => append.if_stream(check),
                    Check::NothingMatches { query, after } => append.nothing_matches(query, after),
                });
        self.keyed(self.events().fold(append, |append, (id, event)| {
            append.record(stream(id), event)
        }))
    }
}

/// How far the appends of a history reach, and how they are sent: what a narrower append can do goes either way.
pub trait Reach<S>: Send + Sync + 'static {
    /// How many streams an append may touch.
    const STREAMS: u64;
    /// Whether it may ask queries.
    const QUERIES: bool;

    /// Sends a request of this reach.
    fn send(
        store: &S,
        request: &Request,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;
}

impl<S: Store> Reach<S> for OneStream {
    const STREAMS: u64 = 1;
    const QUERIES: bool = false;

    async fn send(store: &S, request: &Request) -> Result<Appended, AppendError> {
        store.append(Arc::new(request.to_one_stream())).await
    }
}

impl<S: MultiStreamStore> Reach<S> for ManyStreams {
    const STREAMS: u64 = 3;
    const QUERIES: bool = false;

    async fn send(store: &S, request: &Request) -> Result<Appended, AppendError> {
        match request.is_of_one_stream() && request.id.is_multiple_of(2) {
            true => OneStream::send(store, request).await,
            false => {
                store
                    .append_across(Arc::new(request.to_many_streams()))
                    .await
            }
        }
    }
}

impl<S: BoundaryStore> Reach<S> for Boundary {
    const STREAMS: u64 = 3;
    const QUERIES: bool = true;

    async fn send(store: &S, request: &Request) -> Result<Appended, AppendError> {
        match request.asks_queries() || request.id.is_multiple_of(3) {
            true => store.append_within(Arc::new(request.to_boundary())).await,
            false => ManyStreams::send(store, request).await,
        }
    }
}
