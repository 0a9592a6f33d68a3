//! An event store on NATS JetStream, where one machine is not enough: three servers or five hold the same log, and go on when
//! one of them is lost.
//!
//! [`NatsStore`] implements [`Store`](eventsource_core::Store), [`MultiStreamStore`](eventsource_core::MultiStreamStore),
//! [`BoundaryStore`](eventsource_core::BoundaryStore), [`CheckpointStore`](eventsource_core::CheckpointStore) and
//! [`SnapshotStore`](eventsource_core::SnapshotStore). Its positions increase and have gaps, so that it is no
//! [`DensePositions`](eventsource_core::DensePositions).
//!
//! ```no_run
//! use std::sync::Arc;
//! use eventsource_core::{Append, NewEvent, Store, StreamName, StreamScan, Timestamp};
//! use eventsource_nats::NatsStore;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = NatsStore::open("nats://one:4222,nats://two:4222,nats://three:4222").await?;
//! let stream = StreamName::parse("account/42")?;
//! let opened = NewEvent {
//!     name: "account.opened".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
//!     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![],
//! };
//! store.append(Arc::new(Append::to(stream.clone()).if_new().event(opened))).await?;
//! assert_eq!(store.read_stream(StreamScan::of(stream)).await?.len(), 1);
//! store.close().await;
//! # Ok(()) }
//! ```
//!
//! With the feature `outbox` there is a `NatsPublisher`, for the outbox of any store.
//!
//! # The servers
//!
//! - **2.12 or newer**, with JetStream; tested with 2.15.1. An older one is refused.
//! - **`sync_interval: always`** in the `jetstream` block of every server's configuration. Unless it is set, a server
//!   writes to its disk every two minutes, and a power cut that meets all of them at once loses what was acknowledged.
//!   A client cannot see this setting, so the store cannot check it.
//! - **Three servers**, on three machines: [`replicas`](NatsOptions::replicas). A stream with fewer is refused unless they
//!   are asked for. A single server is good for tests; on it an append of more than one message is slow (some hundreds a
//!   second), as the server makes a file for each.
//! - The account may create the stream, or somebody else makes it as this crate does and the account may publish to its
//!   subjects and use `$JS.API.DIRECT.GET.<name>`, `$JS.API.STREAM.INFO.<name>` and `$JS.API.CONSUMER.CREATE.<name>.>`; for
//!   consumers and snapshots also the second stream's, with `$JS.API.STREAM.MSG.GET.<name>-KEPT`.
//!
//! How to connect, with TLS, credentials, tokens or NKeys, is set by [`async_nats::ConnectOptions`]:
//!
//! ```no_run
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! use eventsource_nats::{NatsStore, async_nats::ConnectOptions};
//!
//! let connect = ConnectOptions::with_credentials_file("app.creds").await?.require_tls(true);
//! let store = NatsStore::options().name("SHOP").connect_options(connect).open("tls://nats.example.com").await?;
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! A store is one JetStream stream, whose subjects begin with its name:
//!
//! | subject | messages |
//! |---|---|
//! | `EVENTS.e.<category>.<id>` | the events of one stream of the domain: one message for each append |
//! | `EVENTS.t.<tag>` | copies of the events with this tag, one message for each append (larger than 16 KiB: only where they are) |
//! | `EVENTS.y.<type>` | the same for a type that is [indexed](NatsOptions::indexed_types) |
//! | `EVENTS.k.<key>` | what was stored under an idempotency key |
//! | `EVENTS.m` | which store this is, and which life of it |
//! | `EVENTS.b` | messages that only check something, or mark a moment; gone after a second |
//!
//! Beside it, once something is kept there, stands a second stream, `EVENTS-KEPT`, with one message for each subject:
//!
//! | subject | document |
//! |---|---|
//! | `EVENTS-KEPT.c.<consumer>` | the checkpoints of a consumer, its owners, what it has parked |
//! | `EVENTS-KEPT.m.<consumer>.<version>` | the state of a view |
//! | `EVENTS-KEPT.s.<category>.<id>` | the snapshots of a stream |
//!
//! A document is changed by who has seen its last message, and read from the leader. It is no larger than a message may be: a
//! larger snapshot is not kept, and so many parked events that they do not fit stop their consumer with an error.
//!
//! Names are written as they are, but for what a subject cannot hold, which is written as `%` and two digits a byte.
//! Other programs can follow `EVENTS.e.account.>`; a message holds all events of its append, in a binary form of which the
//! payloads are a part.
//!
//! **Positions** are the number of the message in the log times 1,024, and the event's place in its message.
//!
//! **Appends.** Every append says which message it expects to be the last one of its stream, and the server refuses it if
//! another one is. An append to one stream without tags is one message, however many events it has. With tags, a key that
//! the caller gave, or several streams it is an atomic batch: all of it is stored or nothing. What this process has seen
//! last of a subject it remembers; what it does not know it asks for first. Appends of one process to one stream go one
//! after the other.
//!
//! **Boundary checks** are checks of literal subjects too. A query with tags rests on the subject of its first tag: whatever
//! matches has a copy there. Where another event with that tag came between, the server refuses; then what came is read,
//! and if it does not match, the append is sent again. So two decisions about one tag wait for each other, even where their
//! types differ, and neither is answered with a conflict that is none. A query of types alone rests on the subjects of the
//! types if all of them are indexed, and on the whole log if not: then *any* other append makes it try again, and beside many
//! appends of other processes it may not get through within the [patience](NatsOptions::patience). Give such events a tag, or
//! index their types.
//!
//! **Keys** that a caller gives have a subject of their own, so that a second request under a key is refused by the
//! server and answered as the first was. A key that nobody else has ([`Key::unique`](eventsource_core::Key::unique), as the
//! repository makes them) needs no subject where the append checks its stream's version: whether it was stored is seen
//! there. [`outcome`](eventsource_core::Store::outcome) does not find such a key.
//!
//! **Reads** are answered by any replica, and a replica may be behind; so may a server that was the leader and has not heard
//! yet that it is not. A read therefore has a small message stored after it began, shared with other reads that begin at
//! the same time, and takes no answer of a replica that has not got that far. It costs the time of an append; with one
//! replica it is not needed, and a read [that may lag](eventsource_core::StreamScan::may_lag), as a command's before its append,
//! goes without. Streams and tags are found by their subjects; a scan by types that are not indexed reads the whole log and
//! sifts here.
//!
//! A server finds the blocks of the log that have a subject by an index, and the messages in a block by looking at one after the
//! other, from the first to the last one of the subject. A block has 8 MiB. So a stream whose events lie far apart costs the
//! servers more than one whose events are neighbours, some milliseconds for ten events with thousands of others
//! between them. States in memory (`Repository::cache`) and snapshots spare these reads: what comes after a version that this
//! process has seen is found at once.
//!
//! **Waiting** is pushed by the server, once somebody has waited: one consumer a process, of headers alone.
//!
//! # When servers fail
//!
//! Requests are tried again for as long as [`patience`](NatsOptions::patience) says. Where an answer was lost, an append with a
//! key is sent again by the store itself; one without is [`Unknown`](eventsource_core::AppendError::Unknown). After the loss
//! of its leader, a JetStream stream elects another one within about four to nine seconds; that is the servers' own time.
//!
//! # Copies and backups
//!
//! The stream is made so that its messages can neither be deleted nor purged. A stream that was deleted and made anew is
//! [another store](eventsource_core::StoreError::OtherStore). A stream that was restored elsewhere, or that ends before
//! what this process has seen, is a new incarnation. Where a backup was restored and nobody was there who knew better, call
//! [`renew_incarnation`](NatsStore::renew_incarnation).
//!
//! # What it does not do
//!
//! - Forget keys or archive events: the log is kept whole. Each stream, tag and key is a subject of which every server keeps an
//!   entry in memory, of some 300 bytes.
//! - Group appends: each is a message or a batch of its own, and the servers gather what waits.
//! - Go beyond one log: one JetStream stream is one Raft group, whose leader does all the writing. `eventsource-partitions` takes
//!   several stores with different names.
#![deny(missing_docs)]

mod append;
mod checkpoints;
mod documents;
mod error;
mod frame;
mod get;
mod known;
mod life;
mod lines;
mod metrics;
mod open;
mod options;
mod place;
mod plan;
#[cfg(feature = "outbox")]
mod publisher;
mod reader;
mod scan;
mod snapshots;
mod store;
mod subject;
mod tail;
mod tide;
mod turn;
mod wire;

pub use async_nats;
pub use metrics::Metrics;
pub use options::NatsOptions;
#[cfg(feature = "outbox")]
pub use publisher::NatsPublisher;
pub use store::NatsStore;
