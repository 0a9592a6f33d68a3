//! A page of a read: a statement whose rows are shown as they come, on a connection that is replaced should it break.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use eventsource_core::{Position, StoreError, Uuid};
use futures_util::{Stream, StreamExt, pin_mut};
use tokio::time::timeout;
use tokio_postgres::{Error, Row, RowStream};

use crate::error::{backend, is_broken, of_the_driver, store_error};
use crate::open::Shared;
use crate::pool::Reading;
use crate::session::{Bound, Session};

/// How many events the first page has, and the smallest and the largest one.
const FIRST_PAGE: usize = 512;
const SMALLEST_PAGE: usize = 16;
const LARGEST_PAGE: usize = 1 << 15;
/// About how many bytes the second page has, and the largest one; the others have twice as many as those before. Between
/// two pages the server waits for the reader, and within one the reader's memory is what it has not looked at yet.
const PAGE_BYTES: usize = 1 << 20;
const LARGEST_BYTES: usize = 4 << 20;
/// On how many connections a read is tried that comes no further.
const ATTEMPTS: u32 = 3;
/// After how many events the executor's other tasks have their turn, if the server has left no pause meanwhile.
const TURN: usize = 512;

/// A connection that reads, and another one should it break.
pub(crate) struct Reader<'s> {
    shared: &'s Shared,
    reading: Reading,
    life: Uuid,
    /// On how many connections it was tried since it came further last.
    pub(crate) attempt: u32,
}

impl<'s> Reader<'s> {
    pub(crate) async fn new(shared: &'s Shared) -> Result<Self, StoreError> {
        let reading = shared.pool.get().await?;
        Ok(Self {
            shared,
            reading,
            life: shared.life.identity().incarnation,
            attempt: 1,
        })
    }

    fn session(&self) -> &Session {
        self.reading.session()
    }

    /// After a failure: goes on on another connection, or fails. `shown` says whether a visitor has seen something,
    /// which must not be mixed with what is read in another life of the store.
    pub(crate) async fn again(&mut self, failure: Failure, shown: bool) -> Result<(), StoreError> {
        let error = match failure {
            Failure::Broken(error) => error,
            Failure::Store(error) => return Err(error),
        };
        self.shared.pool.broke(&self.reading);
        if self.attempt >= ATTEMPTS {
            return Err(error);
        }
        self.attempt += 1;
        tracing::debug!(%error, "a connection broke, reading on on another one");
        self.reading = self.shared.pool.get().await?;
        let identity = self.shared.life.identity();
        if shown {
            identity.check_incarnation(self.life)?;
        }
        self.life = identity.incarnation;
        Ok(())
    }

    /// Reads a page, and shows each row as it comes.
    pub(crate) async fn page(
        &self,
        sql: &str,
        bound: &[Bound<'_>],
        show: impl FnMut(&Row) -> Result<ControlFlow<()>, StoreError>,
    ) -> Page {
        let mut page = Page::default();
        let read = self.read_page(sql, bound, show, &mut page).await;
        page.failure = read.err();
        page
    }

    async fn read_page(
        &self,
        sql: &str,
        bound: &[Bound<'_>],
        mut show: impl FnMut(&Row) -> Result<ControlFlow<()>, StoreError>,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let rows = self.in_time(self.session().rows(sql, bound)).await?;
        pin_mut!(rows);
        let mut turn = 0;
        while let Some(row) = self.next(rows.as_mut(), &mut turn).await? {
            page.rows += 1;
            page.bytes += row.raw_size_bytes();
            if show(&row).map_err(Failure::Store)?.is_break() {
                page.stopped = true;
                return Ok(());
            }
            turn += 1;
            if turn == TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// The next row. There is a limit to waiting for the server, but none to the visitor. Who has waited has let others
    /// have their turn.
    async fn next(
        &self,
        mut rows: Pin<&mut RowStream>,
        turn: &mut usize,
    ) -> Result<Option<Row>, Failure> {
        let there = poll_fn(|context| Poll::Ready(rows.as_mut().poll_next(context))).await;
        match there {
            Poll::Ready(row) => row.transpose().map_err(|error| self.failure(error)),
            Poll::Pending => {
                *turn = 0;
                self.in_time(async { rows.next().await.transpose() }).await
            }
        }
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        let limit: Duration = self.shared.options.call_timeout;
        match timeout(limit, answer).await {
            Ok(answer) => answer.map_err(|error| self.failure(error)),
            Err(_) => {
                self.session().abandon();
                let error = format!("the server has not answered within {limit:?}");
                Err(Failure::Broken(backend(
                    &self.shared.place,
                    "reading events",
                    error,
                )))
            }
        }
    }

    fn failure(&self, error: Error) -> Failure {
        let broken = is_broken(&error);
        let error = store_error(&self.shared.place, "reading events", error);
        if broken {
            Failure::Broken(error)
        } else {
            Failure::Store(error)
        }
    }

    pub(crate) fn unreadable(&self, error: Error) -> StoreError {
        store_error(&self.shared.place, "reading events", error)
    }

    pub(crate) async fn head(&self) -> Result<Position, Failure> {
        let head = self.shared.head(self.session()).await;
        head.map_err(|error| {
            if self.session().is_closed() {
                Failure::Broken(error)
            } else {
                broken(error)
            }
        })
    }
}

/// Why something was not read.
pub(crate) enum Failure {
    /// The connection broke; another one may do.
    Broken(StoreError),
    Store(StoreError),
}

/// Whether the error is one of the connection.
fn broken(error: StoreError) -> Failure {
    let cause = match &error {
        StoreError::Backend { source, .. } => of_the_driver(&**source),
        _ => None,
    };
    if cause.is_some_and(is_broken) {
        Failure::Broken(error)
    } else {
        Failure::Store(error)
    }
}

/// What was read of a page.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) rows: usize,
    bytes: usize,
    /// The visitor has seen enough.
    pub(crate) stopped: bool,
    pub(crate) failure: Option<Failure>,
}

/// How large the next page is.
pub(crate) struct Paging {
    rows: usize,
    bytes: usize,
    left: Option<usize>,
}

impl Paging {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            rows: FIRST_PAGE,
            bytes: PAGE_BYTES,
            left: limit,
        }
    }

    pub(crate) fn next(&self) -> usize {
        self.left.map_or(self.rows, |left| left.min(self.rows))
    }

    pub(crate) fn read(&mut self, page: &Page) {
        self.left = self.left.map(|left| left.saturating_sub(page.rows));
        if let Some(each) = page.bytes.checked_div(page.rows) {
            self.rows = (self.bytes / each.max(1)).clamp(SMALLEST_PAGE, LARGEST_PAGE);
            self.bytes = (self.bytes * 2).min(LARGEST_BYTES);
        }
    }
}
