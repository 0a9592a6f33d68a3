//! Sending appends: one at a time, as the lock has it; what waits meanwhile is gathered and sent together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use eventsource_core::{AppendError, Placed, Position, StoreError, Uuid, Version};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::Type;

use crate::call::{Call, Facts};
use crate::checks::number;
use crate::error::{
    Told, backend, damage, is_about_the_request, is_broken, may_pass, shared_error,
};
use crate::group::{gather, take};
use crate::lone::Lone;
use crate::metrics::{count, count_time};
use crate::open::{Settings, Shared};
use crate::options::{Durability, Statements};
use crate::request::{Answer, Judged, Request, Verdict};
use crate::session::{Bound, Session};

/// How often a call is sent before it fails, where somebody else is in the way, or the store begins another life.
const ATTEMPTS: u32 = 3;

/// The connection that appends, and the statements that it sends.
pub(crate) struct Appender {
    /// Held while a call is out. Empty before the first, and after the connection broke.
    session: Mutex<Option<Session>>,
    append: String,
    append_one: String,
    lock_timeout: Option<String>,
    durable: bool,
}

/// Why a call has no answer.
enum Failure {
    /// It was certainly not written.
    NotWritten(Arc<tokio_postgres::Error>),
    /// There was no connection to send it on, or the store's life could not be found out.
    NotSent(Arc<StoreError>),
    /// It was perhaps written.
    Unknown(String),
}

impl Appender {
    pub(crate) fn new(settings: &Settings) -> Self {
        let numbered = |count: usize| {
            (1..=count)
                .map(|n| format!("${n}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (name, options) = (&settings.name, &settings.options);
        Self {
            session: Mutex::new(None),
            append: name.put_into(&format!(
                "SELECT * FROM {{schema}}.append_v1({})",
                numbered(34)
            )),
            append_one: name.put_into(&format!(
                "SELECT {{schema}}.append_one_v1({})",
                numbered(23)
            )),
            lock_timeout: (options.statements == Statements::Unnamed)
                .then(|| format!("{}ms", options.lock_timeout.as_millis())),
            durable: options.durability == Durability::Full,
        }
    }

    pub(crate) async fn set_session(&self, session: Session) {
        *self.session.lock().await = Some(session);
    }

    /// Sends an append at once and from here, if it waits for nobody: that saves the way to the task and back. Dropped
    /// half-way, it is as made or not made as any append that was dropped. `None` if it has to wait.
    pub(crate) async fn at_once(&self, shared: &Shared, append: &dyn Judged) -> Option<Answer> {
        if shared.appends.len() > 0 || shared.appends.is_closed() {
            return None;
        }
        let mut slot = self.session.try_lock().ok()?;
        if let Some(refused) = other_life(shared, append) {
            return Some(Err(refused.into()));
        }
        let answer = match self.one_by_value(shared, &mut slot, append).await {
            Ok(Some(verdict)) => Ok(verdict),
            Ok(None) => Box::pin(self.alone(shared, &mut slot, append)).await,
            Err(failure) => Err(told(shared, &failure)),
        };
        Some(answer)
    }

    /// Sends what waits, until the store is closed and nothing is left.
    pub(crate) async fn run(&self, shared: &Shared) {
        let mut backlog = VecDeque::new();
        while shared.appends.wait().await {
            let mut slot = self.session.lock().await;
            loop {
                shared.appends.drain(&mut backlog);
                let group = take(shared, &mut backlog);
                if group.is_empty() && backlog.is_empty() {
                    break;
                }
                let (begin, asked) = (Instant::now(), group.len());
                self.send(shared, &mut slot, group).await;
                if backlog.is_empty() {
                    gather(shared, asked, begin.elapsed()).await;
                }
            }
        }
        *self.session.lock().await = None;
    }

    /// Sends a group and answers. If that fails, and the fault may be one's own, sends each alone, so that only that
    /// one fails.
    async fn send(&self, shared: &Shared, slot: &mut Option<Session>, group: Vec<Request>) {
        let mut waiting = Vec::with_capacity(group.len());
        for request in group {
            match other_life(shared, &*request.append) {
                Some(refused) => drop(request.reply.send(Err(refused.into()))),
                None => waiting.push(request),
            }
        }
        if waiting.is_empty() {
            return;
        }
        let appends: Vec<&dyn Judged> = waiting.iter().map(|request| &*request.append).collect();
        match self.judged(shared, slot, &appends).await {
            Ok(verdicts) => {
                for (request, verdict) in waiting.into_iter().zip(verdicts) {
                    // Who does not listen any more has dropped the future.
                    let _ = request.reply.send(verdict);
                }
            }
            Err(Failure::NotWritten(error))
                if waiting.len() > 1 && is_about_the_request(&error) =>
            {
                tracing::warn!(appends = waiting.len(), %error, "a call failed; its appends are sent one by one");
                for request in waiting {
                    let answer = self.alone(shared, slot, &*request.append).await;
                    let _ = request.reply.send(answer);
                }
            }
            Err(failure) => {
                for request in waiting {
                    let _ = request.reply.send(Err(told(shared, &failure)));
                }
            }
        }
    }

    async fn alone(
        &self,
        shared: &Shared,
        slot: &mut Option<Session>,
        append: &dyn Judged,
    ) -> Answer {
        if let Some(refused) = other_life(shared, append) {
            return Err(refused.into());
        }
        match self.judged(shared, slot, &[append]).await {
            Ok(mut answers) => answers.pop().unwrap_or(Err(StoreError::Closed.into())),
            Err(failure) => Err(told(shared, &failure)),
        }
    }

    /// Sends appends in one call, and again where somebody else was in the way.
    async fn judged(
        &self,
        shared: &Shared,
        slot: &mut Option<Session>,
        appends: &[&dyn Judged],
    ) -> Result<Vec<Answer>, Failure> {
        let call = Call::of(appends.iter().copied());
        let mut attempt = 1;
        loop {
            let session = self.ready(shared, slot).await.map_err(not_sent)?;
            let (begin, life) = (Instant::now(), shared.life.identity().incarnation);
            // Here, and not only where it is answered: a call that fails was as large.
            let size = appends.len() as u64;
            shared
                .counters
                .largest_call
                .fetch_max(size, Ordering::Relaxed);
            let row = self
                .ask(shared, session, life, &self.append, call.bound())
                .await;
            let warned = session.take_warning();
            let facts = row.and_then(|row| Facts::read(&row).map_err(not_written));
            match facts {
                Ok(Some(facts)) => {
                    let verdicts = call.verdicts(&facts);
                    shared
                        .tide
                        .rise(life, Position((facts.head + facts.made).unsigned_abs()));
                    count_call(shared, &verdicts, begin.elapsed(), facts.waited_micros);
                    return Ok(verdicts
                        .into_iter()
                        .map(|verdict| replicated(verdict, warned))
                        .collect());
                }
                Ok(None) if attempt < ATTEMPTS => {
                    Box::pin(self.look_around(shared, slot)).await?;
                    // What was decided in the life before is refused by the caller's next look.
                    if appends
                        .iter()
                        .any(|append| other_life(shared, *append).is_some())
                    {
                        return Ok(self.without_the_late(shared, slot, appends).await);
                    }
                }
                Ok(None) => {
                    let error = backend(
                        &shared.place,
                        "appending events",
                        "the store changes its life again and again",
                    );
                    return Err(not_sent(error));
                }
                Err(Failure::NotWritten(error)) if may_pass(&error) && attempt < ATTEMPTS => {
                    tracing::debug!(%error, attempt, "a call is sent again");
                    count(&shared.counters.retries, 1);
                }
                Err(failure) => {
                    if !matches!(failure, Failure::NotWritten(_)) {
                        *slot = None;
                    }
                    return Err(failure);
                }
            }
            attempt += 1;
        }
    }

    /// Answers those that were decided in another life of the store, and sends the others.
    async fn without_the_late(
        &self,
        shared: &Shared,
        slot: &mut Option<Session>,
        appends: &[&dyn Judged],
    ) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            answers.push(Box::pin(self.alone(shared, slot, *append)).await);
        }
        answers
    }

    /// Sends an append of one record by the shortest way. `None` if that did not make it, for whatever reason.
    async fn one_by_value(
        &self,
        shared: &Shared,
        slot: &mut Option<Session>,
        append: &dyn Judged,
    ) -> Result<Option<Verdict>, Failure> {
        let Some(lone) = Lone::of(append) else {
            return Ok(None);
        };
        let session = self.ready(shared, slot).await.map_err(not_sent)?;
        let (begin, life) = (Instant::now(), shared.life.identity().incarnation);
        let answer = self
            .ask(shared, session, life, &self.append_one, lone.bound())
            .await;
        let warned = session.take_warning();
        let made =
            answer.and_then(|row| row.try_get::<_, Option<Vec<i64>>>(0).map_err(not_written));
        match made {
            Ok(Some(made)) => {
                let [position, version, waited] = made[..] else {
                    return Ok(None);
                };
                let placed = Placed {
                    position: Position(position.unsigned_abs()),
                    version: Version(version.unsigned_abs()),
                };
                let verdict = Verdict::Made(vec![placed]);
                shared.tide.rise(life, placed.position);
                count_call(
                    shared,
                    std::slice::from_ref(&verdict),
                    begin.elapsed(),
                    waited,
                );
                match replicated(verdict, warned) {
                    Ok(verdict) => Ok(Some(verdict)),
                    Err(_) => Err(Failure::Unknown(NOT_REPLICATED.into())),
                }
            }
            Ok(None) => Ok(None),
            // The other way tries again, and tells.
            Err(Failure::NotWritten(error)) if !is_broken(&error) => Ok(None),
            Err(failure) => {
                *slot = None;
                Err(failure)
            }
        }
    }

    /// Sends a call and waits for its answer, with the end of its transaction.
    async fn ask(
        &self,
        shared: &Shared,
        session: &Session,
        life: Uuid,
        sql: &str,
        values: Vec<Bound<'_>>,
    ) -> Result<tokio_postgres::Row, Failure> {
        // Read after the life: a head of the next one is not asked of this one.
        let (server, head) = (session.server(), number(shared.tide.head().0));
        let mut bound: Vec<Bound<'_>> = Vec::with_capacity(values.len() + 5);
        bound.push((&self.lock_timeout, Type::TEXT));
        bound.push((&self.durable, Type::BOOL));
        bound.push((&server, Type::TIMESTAMPTZ));
        bound.push((&life, Type::UUID));
        bound.push((&head, Type::INT8));
        bound.extend(values);
        let answer = timeout(shared.options.call_timeout, session.row(sql, &bound)).await;
        if !matches!(answer, Ok(Ok(Some(_)))) {
            count(&shared.counters.failed_calls, 1);
        }
        match answer {
            Ok(Ok(Some(row))) => Ok(row),
            Ok(Ok(None)) => Err(Failure::Unknown(
                "the server has not answered the call".into(),
            )),
            Ok(Err(error)) if is_broken(&error) => {
                Err(Failure::Unknown(Told(Arc::new(error)).to_string()))
            }
            Ok(Err(error)) => Err(not_written(error)),
            Err(_) => {
                session.abandon();
                let limit = shared.options.call_timeout;
                Err(Failure::Unknown(format!(
                    "the server has not answered within {limit:?}"
                )))
            }
        }
    }

    /// The connection, made anew where it broke.
    async fn ready<'s>(
        &self,
        shared: &Shared,
        slot: &'s mut Option<Session>,
    ) -> Result<&'s Session, StoreError> {
        if let Some(session) = &*slot
            && session.has_gone().await
        {
            *slot = None;
        }
        let session = match slot.take() {
            Some(session) => session,
            None => shared.reconnect().await?,
        };
        Ok(slot.insert(session))
    }

    /// Finds out in which life the store is.
    async fn look_around(
        &self,
        shared: &Shared,
        slot: &mut Option<Session>,
    ) -> Result<(), Failure> {
        let session = self.ready(shared, slot).await.map_err(not_sent)?;
        let checked = timeout(
            shared.options.call_timeout,
            shared.life.check(session, &shared.tide),
        )
        .await;
        match checked {
            Ok(checked) => checked.map_err(not_sent),
            Err(_) => {
                *slot = None;
                let error = backend(
                    &shared.place,
                    "reading the store's identity",
                    "the server does not answer",
                );
                Err(not_sent(error))
            }
        }
    }
}

const NOT_REPLICATED: &str =
    "the server warned while it committed: the append might not have been replicated";

fn replicated(verdict: Verdict, warned: bool) -> Answer {
    match verdict {
        Verdict::Made(_) if warned => Err(AppendError::Unknown {
            reason: NOT_REPLICATED.into(),
        }),
        verdict => Ok(verdict),
    }
}

/// Why the append is not sent, if it was decided in another life of the store.
fn other_life(shared: &Shared, append: &dyn Judged) -> Option<StoreError> {
    let known = append.life()?;
    shared.life.identity().check_incarnation(known).err()
}

fn not_written(error: tokio_postgres::Error) -> Failure {
    Failure::NotWritten(Arc::new(error))
}

fn not_sent(error: StoreError) -> Failure {
    Failure::NotSent(Arc::new(error))
}

/// What a failure is for one of those that it has met.
fn told(shared: &Shared, failure: &Failure) -> AppendError {
    let doing = "appending events";
    match failure {
        Failure::NotWritten(error) => match damage(error) {
            Some(reason) => StoreError::Damaged {
                place: shared.place.clone(),
                reason,
            }
            .into(),
            None => backend(&shared.place, doing, Told(Arc::clone(error))).into(),
        },
        Failure::NotSent(error) => shared_error(error).into(),
        Failure::Unknown(reason) => AppendError::Unknown {
            reason: reason.clone(),
        },
    }
}

fn count_call(shared: &Shared, verdicts: &[Verdict], time: Duration, waited: i64) {
    let (mut events, mut conflicts, mut key_hits) = (0, 0, 0);
    for verdict in verdicts {
        match verdict {
            Verdict::Made(placed) => events += placed.len(),
            Verdict::Known => key_hits += 1,
            Verdict::Stream { .. } | Verdict::Boundary { .. } => conflicts += 1,
            Verdict::BeyondHead { .. } => {}
        }
    }
    let lock_wait = Duration::from_micros(waited.unsigned_abs());
    tracing::debug!(
        appends = verdicts.len(),
        events,
        conflicts,
        key_hits,
        waiting = shared.appends.len(),
        micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        lock_wait_micros = waited,
        "appended"
    );
    let counters = &shared.counters;
    count(&counters.calls, 1);
    count(&counters.appends, verdicts.len());
    let size = verdicts.len() as u64;
    counters.largest_call.fetch_max(size, Ordering::Relaxed);
    count(&counters.events, events);
    count(&counters.conflicts, conflicts);
    count(&counters.key_hits, key_hits);
    count_time(&counters.call_micros, time);
    count_time(&counters.lock_micros, lock_wait);
}
