//! What else than appends the writer thread writes: it shares their commits, in a savepoint of its own.

use std::rc::Rc;

use eventsource_core::{AppendError, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::backend;
use crate::queue::Refused;
use crate::store::SqliteStore;
use crate::writer::Request;

/// Something that is written on the writer's connection. It may be run again, if the commit that it was part of failed.
pub(crate) trait Work: Send {
    /// Writes, and says whether to keep what was written.
    fn run(&mut self, conn: &Rc<Connection>) -> rusqlite::Result<Kept>;

    /// Tells that the commit is done, or why there is none.
    fn answer(self: Box<Self>, committed: Result<(), AppendError>);

    /// About how much it writes.
    fn bytes(&self) -> usize;

    /// Whether somebody waits for the answer.
    fn is_awaited(&self) -> bool;
}

/// Whether what was written is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
}

/// Runs work in a savepoint. After an error the whole transaction must be rolled back.
pub(crate) fn within_savepoint(conn: &Rc<Connection>, work: &mut dyn Work) -> rusqlite::Result<()> {
    let step = |sql: &'static str| conn.prepare_cached(sql)?.execute([]).map(|_| ());
    step("SAVEPOINT work /* of the writer */")?;
    let kept = work.run(conn)?;
    // Some errors, and `OR ROLLBACK`, end the transaction with everything in it.
    if conn.is_autocommit() {
        return Err(rusqlite::Error::ExecuteReturnedResults);
    }
    if kept == Kept::No {
        step("ROLLBACK TO work /* of the writer */")?;
    }
    step("RELEASE work /* of the writer */")
}

/// A function as work, and where its result goes.
struct Function<T, F> {
    run: F,
    done: Option<(Kept, T)>,
    bytes: usize,
    /// It is done although nobody waits for it any more.
    goes_on: bool,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work for Function<T, F>
where
    T: Send,
    F: FnMut(&Rc<Connection>) -> rusqlite::Result<(Kept, T)> + Send,
{
    fn run(&mut self, conn: &Rc<Connection>) -> rusqlite::Result<Kept> {
        let (kept, done) = (self.run)(conn)?;
        self.done = Some((kept, done));
        Ok(kept)
    }

    fn answer(self: Box<Self>, committed: Result<(), AppendError>) {
        let answer = match (committed, self.done) {
            // What is not kept need not be committed to be true.
            (Ok(()), Some((_, done))) | (Err(_), Some((Kept::No, done))) => Ok(done),
            (Err(AppendError::Store(error)), _) => Err(error),
            (Err(error), _) => Err(backend("the store", "writing", error)),
            (Ok(()), None) => Err(StoreError::Closed),
        };
        drop(self.reply.send(answer));
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn is_awaited(&self) -> bool {
        self.goes_on || !self.reply.is_closed()
    }
}

type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

impl SqliteStore {
    /// Runs a function on the writer's connection, in a transaction; it may run more than once.
    pub(crate) async fn on_writer<T: Send + 'static>(
        &self,
        bytes: usize,
        run: impl FnMut(&Rc<Connection>) -> rusqlite::Result<(Kept, T)> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (request, answer) = request(bytes, false, run);
        self.shared().appends.push(request).map_err(refused)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The same for what takes the place of no append, and is asked for at once: it is done whether or not somebody waits
    /// for the answer, unless the writer has much to do.
    pub(crate) fn beside_appends<T: Send + 'static>(
        &self,
        bytes: usize,
        run: impl FnMut(&Rc<Connection>) -> rusqlite::Result<(Kept, T)> + Send + 'static,
    ) -> Result<Answer<T>, StoreError> {
        let (request, answer) = request(bytes, true, run);
        let pushed = self.shared().appends.push_below_half(request);
        pushed.map(|()| answer).map_err(refused)
    }
}

fn request<T: Send + 'static>(
    bytes: usize,
    goes_on: bool,
    run: impl FnMut(&Rc<Connection>) -> rusqlite::Result<(Kept, T)> + Send + 'static,
) -> (Request, Answer<T>) {
    let (reply, answer) = oneshot::channel();
    let work = Function {
        run,
        done: None,
        bytes,
        goes_on,
        reply,
    };
    (Request::Work(Box::new(work)), answer)
}

fn refused(refused: Refused) -> StoreError {
    match refused {
        Refused::Full { waiting } => StoreError::Overloaded { waiting },
        Refused::Closed => StoreError::Closed,
    }
}
