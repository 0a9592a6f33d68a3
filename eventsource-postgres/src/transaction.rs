//! A transaction of several statements, in which methods of projections write.

use std::sync::Arc;

use eventsource_core::StoreError;
use tokio::time::timeout;
use tokio_postgres::Error;

use crate::error::{backend, store_error};
use crate::open::Shared;
use crate::session::Session;

/// How long the server keeps a transaction whose owner says nothing.
const IDLE: &str = "5s";

/// The planner as the user's statements want it: a connection of the store has it as the store's own statements do.
const PLANNER: &str = "SET LOCAL plan_cache_mode = auto; SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; \
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_hashagg = on; \
    SET LOCAL enable_sort = on";

/// A transaction that is open. One that is dropped before its end takes its connection with it.
pub(crate) struct Open {
    session: Arc<Session>,
    is_planned: bool,
    has_ended: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.has_ended {
            self.session.abandon();
        }
    }
}

/// Why a statement of the transaction itself has no good answer.
pub(crate) enum Unanswered {
    Error(Error),
    Late,
}

impl Open {
    /// Begins one of the store's own statements, which the user's may follow.
    pub(crate) async fn begin(shared: &Shared, session: &Arc<Session>) -> Result<Self, StoreError> {
        Self::begin_with(shared, session, "").await
    }

    /// Begins one of the user's statements.
    pub(crate) async fn begin_planned(
        shared: &Shared,
        session: &Arc<Session>,
    ) -> Result<Self, StoreError> {
        let mut open = Self::begin_with(shared, session, PLANNER).await?;
        open.is_planned = true;
        Ok(open)
    }

    async fn begin_with(
        shared: &Shared,
        session: &Arc<Session>,
        more: &str,
    ) -> Result<Self, StoreError> {
        let open = Self {
            session: Arc::clone(session),
            is_planned: false,
            has_ended: false,
        };
        let lock_timeout = shared.options.lock_timeout.as_millis();
        let sql = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '{IDLE}'; \
             SET LOCAL lock_timeout = '{lock_timeout}ms'; {more}"
        );
        let begun = open.run(shared, &sql).await;
        begun.map_err(|why| told(shared, why))?;
        Ok(open)
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// To be called before statements of the user's.
    pub(crate) async fn plan_as_usual(&mut self, shared: &Shared) -> Result<(), StoreError> {
        if !self.is_planned {
            let set = self.run(shared, PLANNER).await;
            set.map_err(|why| told(shared, why))?;
            self.is_planned = true;
        }
        Ok(())
    }

    /// Commits, or rolls back.
    pub(crate) async fn end(self, shared: &Shared, commit: bool) -> Result<(), StoreError> {
        match commit {
            true => self.commit(shared).await.map_err(|why| told(shared, why)),
            false => {
                self.roll_back(shared).await;
                Ok(())
            }
        }
    }

    /// Commits: who gets no good answer does not know whether that was done, unless the server has refused it.
    pub(crate) async fn commit(mut self, shared: &Shared) -> Result<(), Unanswered> {
        self.run(shared, "COMMIT").await?;
        // Now the connection is free.
        self.has_ended = true;
        Ok(())
    }

    pub(crate) async fn roll_back(mut self, shared: &Shared) {
        // What was not committed is rolled back by the server, where the connection is lost as well.
        self.has_ended = !self.session.is_closed() && self.run(shared, "ROLLBACK").await.is_ok();
    }

    async fn run(&self, shared: &Shared, sql: &str) -> Result<(), Unanswered> {
        match timeout(shared.options.call_timeout, self.session.execute(sql)).await {
            Ok(done) => done.map_err(Unanswered::Error),
            Err(_) => Err(Unanswered::Late),
        }
    }
}

/// The store's error for a statement of the transaction that has no good answer.
pub(crate) fn told(shared: &Shared, why: Unanswered) -> StoreError {
    match why {
        Unanswered::Error(error) => store_error(&shared.place, "projecting events", error),
        Unanswered::Late => passing(shared, "the server does not answer"),
    }
}

/// The store's error for what a method could not do anything about.
pub(crate) fn passing(shared: &Shared, error: impl std::fmt::Display) -> StoreError {
    backend(&shared.place, "projecting events", error.to_string())
}
