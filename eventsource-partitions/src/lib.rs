//! Several event stores in place of one, where one log is not enough: each stream is in one of them, by a hash of its name or
//! by a key of the user's own. The number of them is fixed when they are first opened, and kept in each.
//!
//! ```
//! use eventsource_core::MemoryStore;
//! use eventsource_core::prelude::*;
//! use eventsource_partitions::Partitions;
//! # #[event(name = "counted")] pub struct Counted;
//! # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
//! # #[aggregate(name = "counter", id = String, error = Never, events(Counted), commands(Count))]
//! # #[derive(Default, Clone)] pub struct Counter { count: u64 }
//! # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
//! # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Any kind of store: files of SQLite, databases of PostgreSQL, streams of NATS JetStream with different names.
//! let partitions = Partitions::open([MemoryStore::new(), MemoryStore::new()]).await?;
//! let counters = partitions.repository::<Counter>();
//! let id = "visits".to_owned();
//! counters.execute(&id, Count).await?;
//! assert_eq!(counters.load(&id).await?.count, 1);
//! # Ok(()) }
//! ```
//!
//! # What holds
//!
//! **In one partition** all that its store promises, as it is that store: [`stores`](Partitions::stores) gives them. An
//! aggregate is in one partition, so a [`PartitionedRepository`] promises for each what a [`Repository`](eventsource_core::Repository)
//! does, with caches, snapshots and idempotency keys. A key counts for its aggregate, as it does there.
//!
//! **Across partitions** there is no order, no append to several streams and no decision over tags: [`Partitions`] is no
//! [`Store`](eventsource_core::Store), so what would need one does not compile.
//!
//! ```compile_fail
//! # use eventsource_core::prelude::*;
//! # use eventsource_core::MemoryStore;
//! # use eventsource_partitions::Partitions;
//! # #[event(name = "seat.taken")] pub struct Taken { #[tag] pub show: u32 }
//! # #[decision_model(events(Taken))] struct Seats { #[tag] show: u32, taken: u32 }
//! # #[apply] impl Seats { fn taken(&mut self, _: &Taken) { self.taken += 1 } }
//! # #[derive(Debug, thiserror::Error)] #[error("full")] struct Full;
//! # async fn decide(partitions: Partitions<MemoryStore>) {
//! partitions.decide(Seats::of(7), |_: &Seats| Ok::<_, Full>(Taken { show: 7 })).await;
//! // error: partitions decide nothing together
//! # }
//! ```
//!
//! **What belongs together** is put together by a key: [`at`](Partitions::at) gives the whole store that all of a tenant, say,
//! is in. There decisions over several aggregates, boundaries, processes and projections in the transaction of their
//! checkpoint are as they are without partitions.
//!
//! # Reading
//!
//! A consumer runs on each partition, with a checkpoint in each: [`runners`](Partitions::runners). One that follows all in one
//! loop has as many positions as there are partitions, [`Checkpoints`], and sees the events of different partitions in an order
//! that is another one each time: [`subscribe`](Partitions::subscribe).
//!
//! # From one partition to another
//!
//! What follows in another partition is another append: a reactor on each partition that executes a command, with a key made of
//! the event, so that a repetition is known.
//!
//! ```
//! # use eventsource_core::prelude::*;
//! # use eventsource_core::{BoxError, ReactionKey};
//! # use eventsource_partitions::PartitionedRepository;
//! # use eventsource_core::MemoryStore;
//! # #[event(name = "account.sent")] pub struct Sent { pub to: u64, pub amount: u64 }
//! # #[event(name = "account.received")] pub struct Received { pub amount: u64 }
//! # #[derive(Debug, thiserror::Error)] #[error("not enough")] pub struct NotEnough;
//! # #[aggregate(name = "account", id = u64, error = NotEnough, events(Sent, Received), commands(Send, Receive))]
//! # #[derive(Default, Clone)] pub struct Account { balance: u64 }
//! # #[apply] impl Account {
//! #     fn sent(&mut self, event: &Sent) { self.balance -= event.amount }
//! #     fn received(&mut self, event: &Received) { self.balance += event.amount }
//! # }
//! # #[handle] impl Account {
//! #     #[command] pub fn send(&self, to: u64, amount: u64) -> Result<Sent, NotEnough> {
//! #         ensure!(amount <= self.balance, NotEnough);
//! #         Ok(Sent { to, amount })
//! #     }
//! #     #[command] pub fn receive(&self, amount: u64) -> Result<Received, NotEnough> { Ok(Received { amount }) }
//! # }
//! /// Brings what one account has sent to the other one, wherever that is.
//! #[derive(Clone)]
//! struct Deliver(PartitionedRepository<Account, MemoryStore>);
//!
//! #[reactor(name = "deliver")]
//! impl Deliver {
//!     async fn sent(&self, event: &Recorded<Sent>, key: &ReactionKey) -> Result<(), BoxError> {
//!         let Sent { to, amount } = event.event;
//!         self.0.execute(&to, Receive { amount }).idempotency_key(key).await?;
//!         Ok(())
//!     }
//! }
//! ```
//!
//! A `#[process]` sends to the store that it runs on, so what it speaks to has to be
//! in one partition with it, by a key as above.
//!
//! # Growing
//!
//! The number stays. To have more, copy each of the old stores into each of the new ones with `eventsource-migrate`, which leaves
//! out what is not the new one's:
//!
//! ```
//! # use eventsource_core::{MemoryStore, Record, Store};
//! # use eventsource_core::prelude::*;
//! use eventsource_migrate::Migration;
//! use eventsource_partitions::{Partitions, is_note};
//! # #[event(name = "counted")] pub struct Counted;
//! # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
//! # #[aggregate(name = "counter", id = String, error = Never, events(Counted), commands(Count))]
//! # #[derive(Default, Clone)] pub struct Counter { count: u64 }
//! # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
//! # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let few = Partitions::open((0..2).map(|_| MemoryStore::new())).await?;
//! # let new_stores: Vec<_> = (0..5).map(|_| MemoryStore::new()).collect();
//! # let ids: Vec<_> = (0..40).map(|number| format!("counter {number}")).collect();
//! # for id in &ids { few.repository::<Counter>().execute(id, Count).await?; }
//! let many = Partitions::open(new_stores).await?;
//! for old in few.stores() {
//!     for new in many.stores() {
//!         let (placed, own) = (many.clone(), new.identity());
//!         let is_its = move |record: &Record| {
//!             !is_note(&record.event.name) && placed.store_of(&record.stream).identity() == own
//!         };
//!         let migration = Migration::new(old, new).beside_others();
//!         migration.then(move |record| Ok(Some(record).filter(&is_its))).run().await?;
//!     }
//! }
//! # for id in &ids { assert_eq!(many.repository::<Counter>().load(id).await?.count, 1); }
//! # Ok(()) }
//! ```
//!
//! Streams that were placed by a key are found by that key, and so are copied with [`at`](Partitions::at) in the filter.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod checkpoints;
mod dispatcher;
mod error;
mod hash;
mod note;
mod partitions;
mod repository;
mod runners;
mod subscription;

pub use checkpoints::Checkpoints;
pub use dispatcher::PartitionedDispatcher;
pub use error::{OpenError, ResumeError, RunError, WaitError};
pub use note::is_note;
pub use partitions::Partitions;
#[doc(hidden)]
pub use partitions::Together;
pub use repository::PartitionedRepository;
pub use runners::{Runners, RunnersHandle};
pub use subscription::PartitionedSubscription;
