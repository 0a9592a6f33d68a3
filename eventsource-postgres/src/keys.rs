//! Forgetting idempotency keys, where for ever is too long.

use eventsource_core::{Position, StoreError, Timestamp, Uuid};
use tokio::time::timeout;
use tokio_postgres::types::Type;

use crate::checks::number;
use crate::error::{backend, store_error};
use crate::open::Shared;
use crate::session::Bound;

/// Which keys are forgotten: those of appends whose first event stands before a position, or was recorded before a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysBefore {
    /// Before this position.
    Position(Position),
    /// Before this time, by the clock of those who appended.
    Time(Timestamp),
}

impl From<Position> for KeysBefore {
    fn from(position: Position) -> Self {
        Self::Position(position)
    }
}

impl From<Timestamp> for KeysBefore {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

/// How many keys are looked at in one transaction.
const BATCH: i64 = 2_000;

/// Walks over all keys in their own order, so that each is looked at once.
pub(crate) async fn forget(shared: &Shared, before: KeysBefore) -> Result<u64, StoreError> {
    let (old, limit) = match before {
        KeysBefore::Position(position) => ("p.position < $3", number(position.0)),
        KeysBefore::Time(time) => (
            "(SELECT e.recorded_at FROM {schema}.events e WHERE e.position = p.position) < $3",
            time.as_micros(),
        ),
    };
    let sql = shared.reads.put_into(&format!(
        "WITH page AS MATERIALIZED (SELECT k.id, k.position FROM {{schema}}.keys k WHERE k.id > $1 ORDER BY k.id LIMIT $2), \
         gone AS (DELETE FROM {{schema}}.keys k USING page p WHERE k.id = p.id AND {old} RETURNING 1) \
         SELECT (SELECT p.id FROM page p ORDER BY p.id DESC LIMIT 1), (SELECT count(*) FROM gone)"
    ));
    let failed = |error| store_error(&shared.place, "forgetting keys", error);
    let reading = shared.pool.get().await?;
    let (mut last, mut forgotten) = (Uuid::nil(), 0);
    loop {
        let bound: [Bound<'_>; 3] = [
            (&last, Type::UUID),
            (&BATCH, Type::INT8),
            (&limit, Type::INT8),
        ];
        let answer = timeout(
            shared.options.call_timeout,
            reading.session().row(&sql, &bound),
        )
        .await;
        let Ok(answer) = answer else {
            reading.session().abandon();
            return Err(backend(
                &shared.place,
                "forgetting keys",
                "the server does not answer",
            ));
        };
        let Some(row) = answer.map_err(failed)? else {
            return Ok(forgotten);
        };
        forgotten += row.try_get::<_, i64>(1).map_err(failed)?.unsigned_abs();
        match row.try_get(0).map_err(failed)? {
            Some(next) => last = next,
            None => return Ok(forgotten),
        }
    }
}
