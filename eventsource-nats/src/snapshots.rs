//! Snapshots on JetStream: of each stream one document, with the snapshots of the two fingerprints that were kept last.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use eventsource_core::{
    Fingerprint, Position, Snapshot, SnapshotStore, Store, StoreError, StreamName, StreamScan,
    Timestamp, Uuid, Version,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::error::damaged;
use crate::open::Shared;
use crate::store::NatsStore;

const SNAPSHOTS: &str = "s";

/// How many fingerprints of a stream are kept.
const FINGERPRINTS: usize = 2;

/// How many snapshots may be on their way.
pub(crate) const WAITING: usize = 64;

/// What a document says of a snapshot, apart from its state. The newest comes first.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    fingerprint: u64,
    version: u64,
    position: u64,
    latest: Timestamp,
    incarnation: Uuid,
    format: String,
    /// How many bytes the state has; the states follow the heads, in their order.
    bytes: usize,
}

/// The snapshots of a stream: each head with its state.
type Kept = Vec<(Head, Bytes)>;

/// A document: the length of the heads in four bytes, the heads as JSON, the states.
fn read(place: &str, body: &[u8]) -> Result<Kept, StoreError> {
    let unreadable = |why: &str| damaged(place, format!("the snapshots of a stream: {why}"));
    let short = || unreadable("they are too short");
    let (length, rest) = body.split_first_chunk::<4>().ok_or_else(short)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (heads, mut states) = rest.split_at_checked(length).ok_or_else(short)?;
    let heads: Vec<Head> =
        serde_json::from_slice(heads).map_err(|error| unreadable(&error.to_string()))?;
    let mut kept = Vec::with_capacity(heads.len());
    for head in heads {
        let (state, rest) = states.split_at_checked(head.bytes).ok_or_else(short)?;
        kept.push((head, Bytes::copy_from_slice(state)));
        states = rest;
    }
    Ok(kept)
}

fn written(kept: &Kept) -> Result<Bytes, serde_json::Error> {
    let heads: Vec<&Head> = kept.iter().map(|(head, _)| head).collect();
    let heads = serde_json::to_vec(&heads)?;
    let length = u32::try_from(heads.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut body = [&length[..], &heads].concat();
    for (_, state) in kept {
        body.extend_from_slice(state);
    }
    Ok(body.into())
}

impl SnapshotStore for NatsStore {
    async fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        let kept = self.within(self.shared().snapshots_of(&stream)).await?;
        let incarnation = self.identity().incarnation;
        let found = kept
            .into_iter()
            .find(|(head, _)| head.fingerprint == fingerprint.0 && head.incarnation == incarnation);
        let Some((head, state)) = found else {
            return Ok(None);
        };
        let snapshot = Snapshot {
            stream,
            version: Version(head.version),
            position: Position(head.position),
            latest: head.latest,
            incarnation,
            fingerprint,
            format: head.format.into(),
            state: state.into(),
        };
        let is_there = self.is_there(&snapshot).await?;
        Ok(is_there.then_some(snapshot))
    }

    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let (reply, answer) = oneshot::channel();
        let sent = snapshot.check_size().and_then(|()| {
            let store = self.clone();
            self.shared().keep(async move {
                let kept = store.keep(&snapshot).await;
                if let Err(error) = &kept {
                    tracing::debug!(%error, stream = %snapshot.stream, "a snapshot was not kept");
                }
                // Who does not listen any more has dropped the future.
                let _ = reply.send(kept);
            })
        });
        async move {
            sent?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        }
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        let shared = self.shared();
        shared.check_open()?;
        self.within(async {
            let subjects = match stream {
                Some(stream) => vec![shared.subject_of(&stream)],
                None => {
                    shared
                        .documents
                        .subjects(SNAPSHOTS, shared.replicas())
                        .await?
                }
            };
            let mut count = 0;
            for subject in subjects {
                let forget = |body: Option<&[u8]>| {
                    let Some(body) = body else {
                        return Ok((0, None));
                    };
                    // Whatever is there goes, also what cannot be read.
                    let count = read(&shared.wire.place, body).map_or(1, |kept| kept.len());
                    Ok::<_, StoreError>((count as u64, Some(Bytes::new())))
                };
                count += shared
                    .documents
                    .change(&subject, shared.replicas(), forget)
                    .await?;
            }
            Ok(count)
        })
        .await
    }
}

impl NatsStore {
    /// Whether a snapshot's last event is where it says.
    async fn is_there(&self, snapshot: &Snapshot) -> Result<bool, StoreError> {
        let scan = StreamScan::of(snapshot.stream.clone())
            .after(Version(snapshot.version.0.saturating_sub(1)))
            .until(snapshot.version);
        let events = self.read_stream(scan).await?;
        Ok(events.last().is_some_and(|event| {
            (event.version, event.position) == (snapshot.version, snapshot.position)
        }))
    }

    async fn keep(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let shared = self.shared();
        if snapshot.incarnation != self.identity().incarnation || !self.is_there(snapshot).await? {
            return Ok(());
        }
        let subject = shared.subject_of(&snapshot.stream);
        let place = &shared.wire.place;
        let head = Head {
            fingerprint: snapshot.fingerprint.0,
            version: snapshot.version.0,
            position: snapshot.position.0,
            latest: snapshot.latest,
            incarnation: snapshot.incarnation,
            format: snapshot.format.to_string(),
            bytes: snapshot.state.len(),
        };
        let state = Bytes::copy_from_slice(&snapshot.state);
        let change = |body: Option<&[u8]>| {
            let mut kept = match body {
                None => Vec::new(),
                // What cannot be read is no use to anybody.
                Some(body) => read(place, body).unwrap_or_default(),
            };
            let is_newer = |other: &Head| {
                (other.fingerprint, other.incarnation) == (head.fingerprint, head.incarnation)
                    && other.version > head.version
            };
            if kept.iter().any(|(other, _)| is_newer(other)) {
                return Ok(((), None));
            }
            kept.retain(|(other, _)| other.fingerprint != head.fingerprint);
            kept.insert(0, (head.clone(), state.clone()));
            kept.truncate(FINGERPRINTS);
            let body = written(&kept).map_err(|error| damaged(place, error.to_string()))?;
            Ok::<_, StoreError>(((), Some(body)))
        };
        shared
            .documents
            .change(&subject, shared.replicas(), change)
            .await
    }
}

impl Shared {
    fn subject_of(&self, stream: &StreamName) -> String {
        let about = [stream.category(), stream.id()];
        self.documents.subject(SNAPSHOTS, &about)
    }

    async fn snapshots_of(&self, stream: &StreamName) -> Result<Kept, StoreError> {
        self.check_open()?;
        self.look_at_life().await?;
        let subject = self.subject_of(stream);
        let body = self.documents.read(&subject, self.replicas()).await?;
        body.map_or(Ok(Vec::new()), |body| read(&self.wire.place, &body))
    }

    /// Begins to keep a snapshot, in a task that ends before the store is closed.
    fn keep(
        self: &Arc<Self>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.check_open()?;
        let mut keeping = self.keeping();
        while keeping.try_join_next().is_some() {}
        if keeping.len() >= WAITING {
            return Err(StoreError::Overloaded {
                waiting: keeping.len(),
            });
        }
        keeping.spawn_on(work, &self.runtime);
        Ok(())
    }
}
