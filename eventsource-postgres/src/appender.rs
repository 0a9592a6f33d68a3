//! Sending appends: one at a time, as the lock has it; what waits meanwhile is gathered and sent together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use eventsource_core::{AppendError, Placed, Position, StoreError, Uuid, Version};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::Type;

use crate::call::{Call, Facts};
use crate::checks::number;
use crate::error::{Told, backend, is_broken, may_pass};
use crate::failure::{DOING, Failure, not_sent, not_written, told};
use crate::group::{gather, take};
use crate::inline::{Halt, Inline};
use crate::lone::Lone;
use crate::metrics::{count, count_call};
use crate::open::{Settings, Shared};
use crate::options::{Durability, Statements};
use crate::request::{Answer, Judged, Request, Verdict};
use crate::session::{Bound, Session};
use crate::transaction::{self, Open, Unanswered};

/// How often a call is sent before it fails, where somebody else is in the way, or the store begins another life.
const ATTEMPTS: u32 = 3;

/// The connection that appends, and the statements that it sends.
pub(crate) struct Appender {
    /// Held while a call is out. Empty before the first, and after the connection broke.
    session: Mutex<Option<Arc<Session>>>,
    append: String,
    append_one: String,
    lock_timeout: Option<String>,
    durable: bool,
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
                "SELECT * FROM {{schema}}.append_v2({})",
                numbered(35)
            )),
            append_one: name.put_into(&format!(
                "SELECT {{schema}}.append_one_v2({})",
                numbered(24)
            )),
            lock_timeout: (options.statements == Statements::Unnamed)
                .then(|| format!("{}ms", options.lock_timeout.as_millis())),
            durable: options.durability == Durability::Full,
        }
    }

    pub(crate) async fn set_session(&self, session: Session) {
        *self.session.lock().await = Some(Arc::new(session));
    }

    /// Waits until the call that is out, if there is one, has its answer.
    pub(crate) async fn finish_call(&self) {
        drop(self.session.lock().await);
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
        let is_alone = shared.inlines.borrow().is_empty();
        let made = match is_alone {
            true => self.one_by_value(shared, &mut slot, append).await,
            false => Ok(None),
        };
        Some(match made {
            Ok(Some(verdict)) => Ok(verdict),
            Ok(None) => Box::pin(self.alone(shared, &mut slot, append)).await,
            Err(failure) => Err(told(shared, failure)),
        })
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
    async fn send(&self, shared: &Shared, slot: &mut Option<Arc<Session>>, group: Vec<Request>) {
        let mut waiting = Vec::with_capacity(group.len());
        for request in group {
            match other_life(shared, &*request.append) {
                Some(refused) => drop(request.reply.send(Err(refused.into()))),
                None => waiting.push(request),
            }
        }
        if waiting.len() == 1 {
            for request in waiting {
                let answer = self.alone(shared, slot, &*request.append).await;
                let _ = request.reply.send(answer);
            }
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
            Err(failure) if failure.is_perhaps_of_one() => {
                tracing::warn!(appends = waiting.len(), %failure, "a call failed; its appends are sent one by one");
                for request in waiting {
                    let answer = self.alone(shared, slot, &*request.append).await;
                    let _ = request.reply.send(answer);
                }
            }
            Err(failure) => {
                for request in waiting {
                    let _ = request.reply.send(Err(told(shared, failure.once_more())));
                }
            }
        }
    }

    async fn alone(
        &self,
        shared: &Shared,
        slot: &mut Option<Arc<Session>>,
        append: &dyn Judged,
    ) -> Answer {
        if let Some(refused) = other_life(shared, append) {
            return Err(refused.into());
        }
        match self.judged(shared, slot, &[append]).await {
            Ok(mut answers) => answers.pop().unwrap_or(Err(StoreError::Closed.into())),
            Err(failure) => Err(told(shared, failure)),
        }
    }

    /// Sends appends in one call, and again where somebody else was in the way.
    async fn judged(
        &self,
        shared: &Shared,
        slot: &mut Option<Arc<Session>>,
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
            let facts = self.made(shared, session, life, &call).await;
            let warned = session.take_warning();
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
                        DOING,
                        "the store changes its life again and again",
                    );
                    return Err(not_sent(error));
                }
                Err(Failure::NotWritten(error)) if may_pass(&error) && attempt < ATTEMPTS => {
                    tracing::debug!(%error, attempt, "a call is sent again");
                    count(&shared.counters.retries, 1);
                }
                Err(failure) => {
                    if !matches!(failure, Failure::NotWritten(_) | Failure::Refused { .. }) {
                        *slot = None;
                    }
                    return Err(failure);
                }
            }
            attempt += 1;
        }
    }

    /// Makes what a call asks for, and lets inline projections go on over it in the same transaction.
    async fn made(
        &self,
        shared: &Shared,
        session: &Arc<Session>,
        life: Uuid,
        call: &Call<'_>,
    ) -> Result<Option<Facts>, Failure> {
        let inlines = Arc::clone(&shared.inlines.borrow());
        if inlines.is_empty() {
            return self.judge(shared, session, life, call).await;
        }
        let open = Open::begin(shared, session).await;
        let mut open = open.map_err(not_sent)?;
        let made = async {
            let judged = self
                .judge(shared, &open.session().clone(), life, call)
                .await;
            let facts = judged.map_err(|failure| failure.before_the_commit(shared))?;
            if facts.as_ref().is_some_and(|facts| facts.made > 0) {
                for inline in &*inlines {
                    let gone_on = inline.go_on(shared, &mut open).await;
                    gone_on.map_err(|halt| halted(&**inline, halt))?;
                }
            }
            Ok(facts)
        };
        match made.await {
            Ok(facts) => match open.commit(shared).await {
                Ok(()) => Ok(facts),
                Err(Unanswered::Error(error)) if !is_broken(&error) => Err(not_written(error)),
                Err(why) => Err(Failure::Unknown(transaction::told(shared, why).to_string())),
            },
            Err(failure) => {
                open.roll_back(shared).await;
                Err(failure)
            }
        }
    }

    /// Sends a call, and reads its answer.
    async fn judge(
        &self,
        shared: &Shared,
        session: &Session,
        life: Uuid,
        call: &Call<'_>,
    ) -> Result<Option<Facts>, Failure> {
        let bound = call.bound();
        let row = self.ask(shared, session, life, &self.append, bound).await?;
        Facts::read(&row).map_err(not_written)
    }

    /// Answers those that were decided in another life of the store, and sends the others.
    async fn without_the_late(
        &self,
        shared: &Shared,
        slot: &mut Option<Arc<Session>>,
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
        slot: &mut Option<Arc<Session>>,
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
                let verdict = Ok(vec![placed]);
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
        slot: &'s mut Option<Arc<Session>>,
    ) -> Result<&'s Arc<Session>, StoreError> {
        if let Some(session) = &*slot
            && session.has_gone().await
        {
            *slot = None;
        }
        let session = match slot.take() {
            Some(session) => session,
            None => Arc::new(shared.reconnect().await?),
        };
        Ok(slot.insert(session))
    }

    /// Finds out in which life the store is.
    async fn look_around(
        &self,
        shared: &Shared,
        slot: &mut Option<Arc<Session>>,
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
        Ok(_) if warned => Err(AppendError::Unknown {
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

fn halted(inline: &dyn Inline, halt: Halt) -> Failure {
    match halt {
        Halt::Passing(error) => Failure::NotWritten(error),
        Halt::Store(error) => not_sent(error),
        Halt::Refused(source) => Failure::Refused {
            projection: inline.name(),
            source,
        },
    }
}
