//! Statements of a projection whose answers nobody has waited for yet.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;
use eventsource_core::Position;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Error, Statement};

use crate::session::Session;

/// How many may be on their way.
const MOST: usize = 256;

/// They are answered in the order in which they were sent.
#[derive(Default)]
pub(crate) struct Sent {
    answers: FuturesOrdered<BoxFuture<'static, (Position, Result<u64, Error>)>>,
}

impl Sent {
    /// Sends a statement for the event at a position. Gives the error of an earlier one, if there is one by now.
    pub(crate) async fn send(
        &mut self,
        session: &Arc<Session>,
        statement: Statement,
        values: Vec<Encoded>,
        position: Position,
    ) -> Result<(), (Position, Error)> {
        let session = Arc::clone(session);
        self.answers.push_back(Box::pin(async move {
            let done = session.client().execute_raw(&statement, values).await;
            (position, done)
        }));
        // It is sent when it is polled first.
        let first = poll_fn(|context| Poll::Ready(self.answers.poll_next_unpin(context))).await;
        if let Poll::Ready(Some((position, done))) = first {
            done.map_err(|error| (position, error))?;
        }
        while self.answers.len() > MOST {
            self.one().await?;
        }
        Ok(())
    }

    /// Waits for all answers, and gives the first error.
    pub(crate) async fn finish(&mut self) -> Result<(), (Position, Error)> {
        while !self.answers.is_empty() {
            self.one().await?;
        }
        Ok(())
    }

    async fn one(&mut self) -> Result<(), (Position, Error)> {
        match self.answers.next().await {
            Some((position, done)) => done.map(|_| ()).map_err(|error| (position, error)),
            None => Ok(()),
        }
    }
}

/// A value as it is sent; `None` is NULL.
#[derive(Debug)]
pub(crate) struct Encoded(Option<BytesMut>);

impl Encoded {
    pub(crate) fn of(bytes: BytesMut) -> Self {
        Self(Some(bytes))
    }

    /// The values of a statement, or `None` if they are not of its number.
    pub(crate) fn all(
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Vec<Self>>, Box<dyn std::error::Error + Sync + Send>> {
        if statement.params().len() != values.len() {
            return Ok(None);
        }
        let pairs = values.iter().zip(statement.params());
        let encode = |(value, kind): (&&(dyn ToSql + Sync), &Type)| {
            let mut bytes = BytesMut::new();
            Ok(match value.to_sql_checked(kind, &mut bytes)? {
                IsNull::Yes => Self(None),
                IsNull::No => Self(Some(bytes)),
            })
        };
        pairs.map(encode).collect::<Result<_, _>>().map(Some)
    }
}

impl ToSql for Encoded {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
