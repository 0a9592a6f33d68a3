//! Group commit as it must not be: appends that wait together are judged on what there was before them.

use std::sync::Mutex;
use std::time::Duration;

use eventsource_core::{Append, AppendError, Appended, Boundary, Check};
use tokio::sync::oneshot;

use crate::faulty_store::Faulty;

type Waiting = (
    Append<Boundary>,
    oneshot::Sender<Result<Appended, AppendError>>,
);

/// The appends that wait.
#[derive(Default)]
pub struct Groups(Mutex<Vec<Waiting>>);

impl Groups {
    /// Sends an append with those that come at the same time. `apart` keeps those apart that have a tag or a stream in
    /// common, or the same key.
    pub async fn send(
        &self,
        store: &Faulty,
        append: Append<Boundary>,
        apart: bool,
    ) -> Result<Appended, AppendError> {
        let (reply, answer) = oneshot::channel();
        let leads = {
            let mut waiting = self.0.lock().unwrap();
            waiting.push((append, reply));
            waiting.len() == 1
        };
        if leads {
            // Not in the caller's task, who may give up.
            tokio::spawn({
                let store = store.clone();
                async move {
                    tokio::time::sleep(Duration::from_micros(300)).await;
                    let mut waiting = std::mem::take(&mut *store.groups().0.lock().unwrap());
                    while !waiting.is_empty() {
                        let shared = match apart {
                            true => how_many_share(&waiting),
                            false => waiting.len(),
                        };
                        let rest = waiting.split_off(shared);
                        judge_and_write(&store, waiting).await;
                        waiting = rest;
                    }
                }
            });
        }
        answer.await.unwrap()
    }
}

/// How many of the first ones have nothing in common, as far as this store knows.
fn how_many_share(waiting: &[Waiting]) -> usize {
    let mut seen: Vec<String> = Vec::new();
    for (count, (append, _)) in waiting.iter().enumerate() {
        let own = touched(append);
        if own.iter().any(|one| seen.contains(one)) {
            return count;
        }
        seen.extend(own);
    }
    waiting.len()
}

fn touched(append: &Append<Boundary>) -> Vec<String> {
    let mut touched = Vec::new();
    for check in append.checks() {
        match check {
            Check::Stream(check) => touched.push(check.stream().to_string()),
            Check::NothingMatches { query, .. } => {
                touched.extend(
                    query
                        .items()
                        .iter()
                        .flat_map(|item| &item.tags)
                        .map(ToString::to_string),
                );
            }
        }
    }
    for record in append.records() {
        touched.push(record.stream.to_string());
        touched.extend(record.event.tags.iter().map(ToString::to_string));
    }
    touched.extend(append.idempotency_key().map(|key| key.id.to_string()));
    touched
}

async fn judge_and_write(store: &Faulty, group: Vec<Waiting>) {
    let mut judged = Vec::new();
    for (append, reply) in group {
        // With the key, as a key that was used answers before the checks do.
        let verdict = store
            .rebuilt(append.checks(), &[], append.idempotency_key().copied())
            .await;
        judged.push((append, reply, verdict));
    }
    for (append, reply, verdict) in judged {
        let answer = match verdict {
            Ok(made) if made.repeated => Ok(made),
            Ok(_) => {
                store
                    .rebuilt(&[], append.records(), append.idempotency_key().copied())
                    .await
            }
            Err(refused) => Err(refused),
        };
        let _ = reply.send(answer);
    }
}
