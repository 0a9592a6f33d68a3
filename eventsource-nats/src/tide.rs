//! Waiting for events: the server tells this process of each one, while somebody waits or has waited.
//!
//! What it tells is a hint. Nothing rests on it but how soon a reader looks again, so that a hint which is lost with a
//! connection is made up for by the next heartbeat.

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{Position, StoreError};
use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::error::backend;
use crate::open::Shared;
use crate::options::Kept;
use crate::place;

/// How often the server says that it is there, where there is nothing else to say.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// What this process has heard of.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    /// The position of the last event.
    head: Position,
    /// How often the log had another life, in which positions mean other events.
    lives: u64,
    closed: bool,
}

/// How far the log goes, as this process has heard.
pub(crate) struct Tide(watch::Sender<Heard>);

impl Tide {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Heard::default()))
    }

    /// There is an event at this position.
    pub(crate) fn rise(&self, position: Position) {
        self.0.send_if_modified(|heard| {
            let higher = position > heard.head;
            if higher {
                heard.head = position;
            }
            higher
        });
    }

    pub(crate) fn head(&self) -> Position {
        self.0.borrow().head
    }

    /// The log has another life: everybody who waits looks again.
    pub(crate) fn begin_again(&self) {
        self.0.send_modify(|heard| {
            heard.head = Position::START;
            heard.lives += 1;
        });
    }

    pub(crate) fn close(&self) {
        self.0.send_modify(|heard| heard.closed = true);
    }

    /// Waits for an event after this position; false if the store was closed.
    pub(crate) async fn beyond(&self, position: Position) -> bool {
        let mut heard = self.0.subscribe();
        let lives = heard.borrow().lives;
        let news = |heard: &Heard| heard.closed || heard.head > position || heard.lives != lives;
        heard.wait_for(news).await.is_ok_and(|heard| !heard.closed)
    }

    /// Follows the log until the store is closed.
    pub(crate) async fn run(shared: Arc<Shared>) {
        let mut closing = shared.closing();
        let following = async {
            loop {
                if let Err(error) = follow(&shared).await {
                    tracing::debug!(place = shared.wire.place, %error, "following the log anew");
                }
                sleep(Kept::PAUSE).await;
            }
        };
        tokio::select! {
            () = following => {}
            _ = closing.wait_for(|closed| *closed) => {}
        }
    }
}

/// Listens to what the server tells, until it tells nothing more.
async fn follow(shared: &Shared) -> Result<(), StoreError> {
    let client = &shared.wire.client;
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        backend(&shared.wire.place, "following the log", error)
    };
    let inbox = client.new_inbox();
    let subscribed = client.subscribe(inbox.clone()).await;
    let mut told = subscribed.map_err(|error| failed(error.into()))?;
    let name = inbox.replace(['.', '_'], "");
    let from = place::sequence(shared.tide.head()) + 1;
    let config = json!({
        "stream_name": shared.wire.stream,
        "config": {
            "name": name, "deliver_subject": inbox, "filter_subject": shared.subjects.events,
            "deliver_policy": "by_start_sequence", "opt_start_seq": from, "ack_policy": "none",
            "headers_only": true, "mem_storage": true, "num_replicas": 1, "flow_control": true,
            "idle_heartbeat": nanos(HEARTBEAT), "inactive_threshold": nanos(HEARTBEAT * 5),
        },
    });
    let asked = format!(
        "CONSUMER.CREATE.{}.{name}.{}",
        shared.wire.stream, shared.subjects.events
    );
    let made = shared.wire.api(&asked, &config).await?;
    made.map_err(|told| failed(told.description.into()))?;
    loop {
        let message = timeout(HEARTBEAT * 2 + HEARTBEAT / 2, told.next()).await;
        let message = message.map_err(|_| failed("the server has gone quiet".into()))?;
        let message = message.ok_or_else(|| failed("the connection is closed".into()))?;
        if let Some(status) = message.status {
            if status.as_u16() != 100 {
                return Err(failed(format!("status {status}").into()));
            }
            // A heartbeat, or the server wants to hear that what it has sent has come.
            if let Some(reply) = message.reply {
                let answered = client.publish(reply, bytes::Bytes::new()).await;
                answered.map_err(|error| failed(error.into()))?;
            }
            continue;
        }
        // $JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.… or, with a domain, one with two tokens more in front.
        let reply = message.reply.as_deref().unwrap_or_default();
        let tokens: Vec<_> = reply.split('.').collect();
        let index = if tokens.len() > 9 { 7 } else { 5 };
        let sequence = tokens.get(index).and_then(|token| token.parse().ok());
        if let Some(sequence) = sequence {
            shared.tide.rise(place::position(sequence, 0));
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
