//! Checkpoints in the database: each call is one statement, and so one transaction.

use std::sync::Arc;

use eventsource_core::{
    Advance, Beat, Bid, Checkpoint, CheckpointError, CheckpointStore, Claim, Fence, KeptState,
    Parked, Position, Renewed, Slice, Slot, SlotState, Store, StoreError, StoreIdentity,
    StreamName, Timestamp, Uuid, Version, Which, Wish,
};
use futures_util::TryStreamExt;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::checks::number;
use crate::error::{backend, store_error};
use crate::open::Shared;
use crate::session::{Bound, Session};
use crate::store::PostgresStore;

const DOING: &str = "keeping checkpoints";

impl PostgresStore {
    /// All rows of a statement, on a connection that reads.
    async fn asked(&self, sql: &str, bound: &[Bound<'_>]) -> Result<Vec<Row>, StoreError> {
        self.within(async {
            let shared = self.shared();
            let reading = shared.pool.get().await?;
            ask(shared, reading.session(), sql, bound).await
        })
        .await
    }
}

/// All rows of a statement.
pub(crate) async fn ask(
    shared: &Shared,
    session: &Session,
    sql: &str,
    bound: &[Bound<'_>],
) -> Result<Vec<Row>, StoreError> {
    let sql = shared.reads.put_into(sql);
    let rows = async { session.rows(&sql, bound).await?.try_collect().await };
    match timeout(shared.options.call_timeout, rows).await {
        Ok(rows) => rows.map_err(|error| store_error(&shared.place, DOING, error)),
        Err(_) => {
            session.abandon();
            Err(backend(&shared.place, DOING, "the server does not answer"))
        }
    }
}

/// Saves what an owner has come to, if the fence still stands: `true` then.
pub(crate) const SAVE: &str = "WITH moved AS ( \
        UPDATE {schema}.slots s SET position = $6, incarnation = $7, beat = s.beat + 1 \
        WHERE s.name = $1 AND s.version = $2 AND s.slice = $3 AND s.epoch = $4 AND s.position = $5 \
        AND s.owner IS NOT NULL RETURNING s.name, s.version), \
    settled AS ( \
        DELETE FROM {schema}.parked p USING moved m \
        WHERE p.name = m.name AND p.version = m.version AND p.position = ANY ($8)), \
    parked AS ( \
        INSERT INTO {schema}.parked (name, version, position, stream, stream_version, event, error, at, wish) \
        SELECT m.name, m.version, u.* FROM moved m, \
            unnest($9::bigint[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::smallint[]) u \
        ON CONFLICT (name, version, position) DO UPDATE SET error = excluded.error, at = excluded.at, wish = excluded.wish) \
    SELECT EXISTS (SELECT FROM moved)";

/// Asks `SAVE` on a connection.
pub(crate) async fn save(
    shared: &Shared,
    session: &Session,
    slot: &Slot,
    fence: Fence,
    advance: &Advance,
) -> Result<bool, StoreError> {
    fn column<T>(park: &[Parked], of: impl Fn(&Parked) -> T) -> Vec<T> {
        park.iter().map(of).collect()
    }
    let (version, slice) = (i64::from(slot.version), i64::from(slot.slice.index));
    let park = &advance.park;
    let settle: Vec<_> = advance.settle.iter().map(|it| number(it.0)).collect();
    let bound: [Bound<'_>; 15] = [
        (&&*slot.name, Type::TEXT),
        (&version, Type::INT8),
        (&slice, Type::INT8),
        (&number(fence.epoch), Type::INT8),
        (&number(fence.position.0), Type::INT8),
        (&number(advance.to.0), Type::INT8),
        (&shared.life.identity().incarnation, Type::UUID),
        (&settle, Type::INT8_ARRAY),
        (
            &column(park, |one| number(one.position.0)),
            Type::INT8_ARRAY,
        ),
        (
            &column(park, |one| one.stream.to_string()),
            Type::TEXT_ARRAY,
        ),
        (&column(park, |one| number(one.version.0)), Type::INT8_ARRAY),
        (&column(park, |one| one.event.clone()), Type::TEXT_ARRAY),
        // PostgreSQL's texts have no NUL.
        (
            &column(park, |one| one.error.replace('\0', "\u{fffd}")),
            Type::TEXT_ARRAY,
        ),
        (&column(park, |one| one.at.as_micros()), Type::INT8_ARRAY),
        (
            &column(park, |one| one.wish.map(wish_number)),
            Type::INT2_ARRAY,
        ),
    ];
    let rows = ask(shared, session, SAVE, &bound).await?;
    one(shared, &rows)?.get_as(0)
}

/// A row, and what its errors are told with.
struct Read<'r> {
    shared: &'r Shared,
    row: &'r Row,
}

impl<'r> Read<'r> {
    fn get_as<T: tokio_postgres::types::FromSql<'r>>(
        &self,
        column: usize,
    ) -> Result<T, StoreError> {
        let read = self.row.try_get(column);
        read.map_err(|error| store_error(&self.shared.place, DOING, error))
    }

    fn whole(&self, column: usize) -> Result<u64, StoreError> {
        Ok(self.get_as::<i64>(column)?.unsigned_abs())
    }

    fn version(&self, column: usize) -> Result<Option<u32>, StoreError> {
        let version: Option<i64> = self.get_as(column)?;
        Ok(version.and_then(|version| u32::try_from(version).ok()))
    }
}

/// The only row.
fn one<'r>(shared: &'r Shared, rows: &'r [Row]) -> Result<Read<'r>, StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::Damaged {
        place: shared.place.clone(),
        reason: "a row of the checkpoints is missing".into(),
    })?;
    Ok(Read { shared, row })
}

impl CheckpointStore for PostgresStore {
    async fn claim(&self, slot: &Slot, bid: Bid) -> Result<Claim, CheckpointError> {
        let (version, slice) = (i64::from(slot.version), i64::from(slot.slice.index));
        let (count, start) = (i64::from(slot.slice.count), number(bid.start.0));
        let seen = bid.seen.map(|it| (number(it.epoch), number(it.count)));
        let life = self.identity().incarnation;
        let bound: [Bound<'_>; 9] = [
            (&&*slot.name, Type::TEXT),
            (&version, Type::INT8),
            (&slice, Type::INT8),
            (&count, Type::INT8),
            (&start, Type::INT8),
            (&life, Type::UUID),
            (&bid.owner, Type::UUID),
            (&seen.map(|it| it.0), Type::INT8),
            (&seen.map(|it| it.1), Type::INT8),
        ];
        let sql = "SELECT o_slices, o_owned, o_epoch, o_beat, o_position, o_life, o_active \
                   FROM {schema}.claim_v1($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let rows = self.asked(sql, &bound).await?;
        let row = one(self.shared(), &rows)?;
        let stored = row.version(0)?.unwrap_or(slot.slice.count);
        let asked = slot.slice.count;
        if stored != asked {
            return Err(CheckpointError::Slices { stored, asked });
        }
        let (epoch, count) = (row.whole(2)?, row.whole(3)?);
        if !row.get_as(1)? {
            return Ok(Claim::Theirs(Beat { epoch, count }));
        }
        Ok(Claim::Owned {
            fence: Fence {
                epoch,
                position: Position(row.whole(4)?),
            },
            incarnation: row.get_as(5)?,
            active: row.version(6)?,
        })
    }

    async fn renew(&self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        let (version, slice) = (i64::from(slot.version), i64::from(slot.slice.index));
        let bound: [Bound<'_>; 4] = [
            (&&*slot.name, Type::TEXT),
            (&version, Type::INT8),
            (&slice, Type::INT8),
            (&number(epoch), Type::INT8),
        ];
        let sql = "UPDATE {schema}.slots s SET beat = s.beat + 1 \
            WHERE s.name = $1 AND s.version = $2 AND s.slice = $3 AND s.epoch = $4 AND s.owner IS NOT NULL \
            RETURNING s.waiter IS NOT NULL, \
                EXISTS (SELECT FROM {schema}.parked p WHERE p.name = $1 AND p.version = $2 AND p.wish IS NOT NULL), \
                (SELECT max(c.version) FROM {schema}.consumers c WHERE c.name = $1 AND c.is_active)";
        let rows = self.asked(sql, &bound).await?;
        if rows.is_empty() {
            return Err(CheckpointError::Fenced);
        }
        let row = one(self.shared(), &rows)?;
        Ok(Renewed {
            awaited: row.get_as(0)?,
            wished: row.get_as(1)?,
            active: row.version(2)?,
        })
    }

    async fn release(&self, slot: &Slot, epoch: u64) -> Result<(), StoreError> {
        let (version, slice) = (i64::from(slot.version), i64::from(slot.slice.index));
        let bound: [Bound<'_>; 4] = [
            (&&*slot.name, Type::TEXT),
            (&version, Type::INT8),
            (&slice, Type::INT8),
            (&number(epoch), Type::INT8),
        ];
        let sql = "UPDATE {schema}.slots s SET owner = NULL \
                   WHERE s.name = $1 AND s.version = $2 AND s.slice = $3 AND s.epoch = $4";
        self.asked(sql, &bound).await.map(|_| ())
    }

    async fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> Result<(), CheckpointError> {
        let saved = self.within(async {
            let shared = self.shared();
            let reading = shared.pool.get().await?;
            save(shared, reading.session(), slot, fence, &advance).await
        });
        match saved.await? {
            true => Ok(()),
            false => Err(CheckpointError::Fenced),
        }
    }

    async fn slots(&self, name: &str) -> Result<Vec<SlotState>, StoreError> {
        let sql = "SELECT s.version, s.slice, c.slices, s.position, s.incarnation, s.owner, s.waiter, s.epoch, s.beat \
            FROM {schema}.slots s JOIN {schema}.consumers c ON c.name = s.name AND c.version = s.version \
            WHERE s.name = $1";
        let rows = self.asked(sql, &[(&name, Type::TEXT)]).await?;
        let shared_name: Arc<str> = name.into();
        let state = |row: &Row| {
            let shared = self.shared();
            let row = Read { shared, row };
            Ok(SlotState {
                slot: Slot {
                    name: Arc::clone(&shared_name),
                    version: row.version(0)?.unwrap_or_default(),
                    slice: Slice {
                        index: row.version(1)?.unwrap_or_default(),
                        count: row.version(2)?.unwrap_or_default(),
                    },
                },
                position: Position(row.whole(3)?),
                incarnation: row.get_as(4)?,
                owner: row.get_as::<Option<Uuid>>(5)?,
                waiter: row.get_as::<Option<Uuid>>(6)?,
                beat: Beat {
                    epoch: row.whole(7)?,
                    count: row.whole(8)?,
                },
            })
        };
        let mut states: Vec<SlotState> =
            rows.iter().map(state).collect::<Result<_, StoreError>>()?;
        // Here, as the connections that read are set up never to sort.
        states.sort_by(|one, other| one.slot.cmp(&other.slot));
        Ok(states)
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<Parked>, StoreError> {
        let sql = "SELECT p.position, p.stream, p.stream_version, p.event, p.error, p.at, p.wish \
            FROM {schema}.parked p WHERE p.name = $1 AND p.version = $2 ORDER BY p.name, p.version, p.position";
        let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&i64::from(version), Type::INT8)];
        let rows = self.asked(sql, &bound).await?;
        let parked = |row: &Row| {
            let shared = self.shared();
            let row = Read { shared, row };
            let stream = StreamName::parse(row.get_as(1)?);
            Ok(Parked {
                position: Position(row.whole(0)?),
                stream: stream.map_err(|error| StoreError::Damaged {
                    place: shared.place.clone(),
                    reason: error.to_string(),
                })?,
                version: Version(row.whole(2)?),
                event: row.get_as(3)?,
                error: row.get_as(4)?,
                at: Timestamp::from_micros(row.get_as(5)?),
                wish: row.get_as::<Option<i16>>(6)?.map(|wish| match wish {
                    1 => Wish::Retry,
                    _ => Wish::Drop,
                }),
            })
        };
        rows.iter().map(parked).collect()
    }

    async fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> Result<u64, StoreError> {
        let (stream, position) = match &which {
            Which::All => (None, None),
            Which::Stream(stream) => (Some(stream.as_str()), None),
            Which::At(position) => (None, Some(number(position.0))),
        };
        let bound: [Bound<'_>; 5] = [
            (&name, Type::TEXT),
            (&i64::from(version), Type::INT8),
            (&wish_number(wish), Type::INT2),
            (&stream, Type::TEXT),
            (&position, Type::INT8),
        ];
        let sql = "UPDATE {schema}.parked p SET wish = $3 WHERE p.name = $1 AND p.version = $2 \
            AND ($4::text IS NULL OR p.stream = $4) AND ($5::bigint IS NULL OR p.position = $5) RETURNING 1";
        Ok(self.asked(sql, &bound).await?.len() as u64)
    }

    async fn active(&self, name: &str) -> Result<Option<u32>, StoreError> {
        let sql =
            "SELECT max(c.version) FROM {schema}.consumers c WHERE c.name = $1 AND c.is_active";
        let rows = self.asked(sql, &[(&name, Type::TEXT)]).await?;
        one(self.shared(), &rows)?.version(0)
    }

    async fn activate(&self, name: &str, version: u32) -> Result<u32, StoreError> {
        let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&i64::from(version), Type::INT8)];
        let rows = self
            .asked("SELECT {schema}.activate_v1($1, $2)", &bound)
            .await?;
        Ok(one(self.shared(), &rows)?.version(0)?.unwrap_or(version))
    }

    async fn set_back(&self, name: &str, version: u32) -> Result<(), StoreError> {
        let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&i64::from(version), Type::INT8)];
        let sql = "WITH back AS (UPDATE {schema}.slots s SET position = 0, owner = NULL, epoch = s.epoch + 1 \
                WHERE s.name = $1 AND s.version = $2) \
            DELETE FROM {schema}.parked p WHERE p.name = $1 AND p.version = $2";
        self.asked(sql, &bound).await.map(|_| ())
    }

    async fn keep_state(
        &self,
        name: &str,
        version: u32,
        kept: KeptState,
    ) -> Result<(), StoreError> {
        let StoreIdentity { id, incarnation } = kept.checkpoint.store;
        let bound: [Bound<'_>; 6] = [
            (&name, Type::TEXT),
            (&i64::from(version), Type::INT8),
            (&id, Type::UUID),
            (&incarnation, Type::UUID),
            (&number(kept.checkpoint.position.0), Type::INT8),
            (&&*kept.state, Type::BYTEA),
        ];
        // What was kept in another life may be further, and of events that are gone.
        let sql = "INSERT INTO {schema}.kept AS k (name, version, identity, incarnation, position, state) \
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name, version) DO UPDATE \
            SET identity = $3, incarnation = $4, position = $5, state = $6 \
            WHERE k.position < excluded.position OR k.incarnation <> excluded.incarnation";
        self.asked(sql, &bound).await.map(|_| ())
    }

    async fn kept_state(&self, name: &str, version: u32) -> Result<Option<KeptState>, StoreError> {
        let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&i64::from(version), Type::INT8)];
        let sql = "SELECT k.identity, k.incarnation, k.position, k.state FROM {schema}.kept k \
                   WHERE k.name = $1 AND k.version = $2";
        let rows = self.asked(sql, &bound).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let row = one(self.shared(), &rows)?;
        Ok(Some(KeptState {
            checkpoint: Checkpoint {
                store: StoreIdentity {
                    id: row.get_as(0)?,
                    incarnation: row.get_as(1)?,
                },
                position: Position(row.whole(2)?),
            },
            state: row.get_as::<&[u8]>(3)?.into(),
        }))
    }

    async fn forget(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        if self.active(name).await? == Some(version) {
            return Ok(false);
        }
        let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&i64::from(version), Type::INT8)];
        // What is forgotten half-way is forgotten wholly by the next call.
        self.asked("SELECT {schema}.drop_made_v1($1, $2)", &bound)
            .await?;
        let sql = "WITH slots AS (DELETE FROM {schema}.slots s WHERE s.name = $1 AND s.version = $2), \
                parked AS (DELETE FROM {schema}.parked p WHERE p.name = $1 AND p.version = $2), \
                kept AS (DELETE FROM {schema}.kept k WHERE k.name = $1 AND k.version = $2) \
            DELETE FROM {schema}.consumers c WHERE c.name = $1 AND c.version = $2";
        self.asked(sql, &bound).await.map(|_| true)
    }
}

fn wish_number(wish: Wish) -> i16 {
    match wish {
        Wish::Retry => 1,
        Wish::Drop => 2,
    }
}
