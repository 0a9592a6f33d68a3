//! Checkpoints in the file: each call is a transaction on the writer's connection, which shares the commits of appends.

use std::rc::Rc;
use std::sync::Arc;

use eventsource_core::{
    Advance, Beat, Bid, CheckpointError, CheckpointStore, Claim, Fence, InvalidCheckpoint,
    KeptState, OwnNames, Parked, Position, Renewed, Slice, Slot, SlotState, Store, StoreError,
    StreamName, Timestamp, Uuid, Version, Which, Wish,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::query::number;
use crate::reader::Reader;
use crate::store::SqliteStore;
use crate::work::Kept;

impl SqliteStore {
    /// Writes in a transaction that is kept.
    async fn write_rows<T: Send + 'static>(
        &self,
        mut write: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.on_writer(0, move |conn| Ok((Kept::Yes, write(conn)?)))
            .await
    }

    async fn read_rows<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(move |reader: &mut Reader| reader.rows(read))
            .await
    }
}

impl CheckpointStore for SqliteStore {
    async fn claim(&self, slot: &Slot, bid: Bid) -> Result<Claim, CheckpointError> {
        let (slot, life) = (slot.clone(), self.identity().incarnation);
        self.write_rows(move |conn| claim(conn, &slot, bid, life))
            .await?
    }

    async fn renew(&self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        let slot = slot.clone();
        self.write_rows(move |conn| renew(conn, &slot, epoch))
            .await?
            .ok_or(CheckpointError::Fenced)
    }

    async fn release(&self, slot: &Slot, epoch: u64) -> Result<(), StoreError> {
        let slot = slot.clone();
        self.write_rows(move |conn| {
            let sql = "UPDATE slots SET owner = NULL \
                       WHERE name = ?1 AND version = ?2 AND slice = ?3 AND epoch = ?4";
            let Slot {
                name,
                version,
                slice,
            } = &slot;
            conn.prepare_cached(sql)?
                .execute(params![name, version, slice.index, number(epoch)])
                .map(|_| ())
        })
        .await
    }

    async fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> Result<(), CheckpointError> {
        let (slot, life) = (slot.clone(), self.identity().incarnation);
        let saved = self.on_writer(0, move |conn: &Rc<Connection>| {
            let saved = save(conn, &slot, fence, &advance, life)?;
            Ok((if saved { Kept::Yes } else { Kept::No }, saved))
        });
        match saved.await? {
            true => Ok(()),
            false => Err(CheckpointError::Fenced),
        }
    }

    async fn slots(&self, name: &str) -> Result<Vec<SlotState>, StoreError> {
        let name = name.to_owned();
        self.read_rows(move |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT s.version, s.slice, c.slices, s.position, s.incarnation, s.owner, s.waiter, s.epoch, s.beat \
                 FROM slots s JOIN consumers c ON c.name = s.name AND c.version = s.version \
                 WHERE s.name = ?1 ORDER BY s.version, s.slice",
            )?;
            let shared: Arc<str> = name.as_str().into();
            let states = statement.query_map([&name], |row| slot_state(&shared, row))?;
            states.collect()
        })
        .await
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<Parked>, StoreError> {
        let name = name.to_owned();
        self.read_rows(move |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT position, stream, stream_version, event, error, at, wish FROM parked \
                 WHERE name = ?1 AND version = ?2 ORDER BY position",
            )?;
            statement
                .query_map(params![name, version], parked)?
                .collect()
        })
        .await
    }

    async fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> Result<u64, StoreError> {
        let name = name.to_owned();
        self.write_rows(move |conn| {
            let (stream, position) = match &which {
                Which::All => (None, None),
                Which::Stream(stream) => (Some(stream.as_str()), None),
                Which::At(position) => (None, Some(number(position.0))),
            };
            let sql = "UPDATE parked SET wish = ?3 WHERE name = ?1 AND version = ?2 \
                       AND (?4 IS NULL OR stream = ?4) AND (?5 IS NULL OR position = ?5)";
            let values = params![name, version, wish_number(wish), stream, position];
            let count = conn.prepare_cached(sql)?.execute(values)?;
            Ok(count as u64)
        })
        .await
    }

    async fn active(&self, name: &str) -> Result<Option<u32>, StoreError> {
        let name = name.to_owned();
        self.read_rows(move |conn| active(conn, &name)).await
    }

    async fn activate(&self, name: &str, version: u32) -> Result<u32, StoreError> {
        let name = name.to_owned();
        self.write_rows(move |conn| activate(conn, &name, version))
            .await
    }

    async fn set_back(&self, name: &str, version: u32) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write_rows(move |conn| {
            conn.execute(
                "UPDATE slots SET position = 0, owner = NULL, epoch = epoch + 1 WHERE name = ?1 AND version = ?2",
                params![name, version],
            )?;
            forget_parked(conn, &name, version)
        })
        .await
    }

    async fn keep_state(
        &self,
        name: &str,
        version: u32,
        kept: KeptState,
    ) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.on_writer(kept.state.len(), move |conn: &Rc<Connection>| {
            // What was kept in another life may be further, and of events that are gone.
            let life = kept.checkpoint.store.incarnation;
            let sql = "INSERT INTO kept (name, version, checkpoint, position, state) VALUES (?1, ?2, ?3, ?4, ?5) \
                ON CONFLICT DO UPDATE SET checkpoint = ?3, position = ?4, state = ?5 \
                WHERE position < excluded.position OR instr(checkpoint, ?6) = 0";
            let (text, position) = (kept.checkpoint.to_string(), number(kept.checkpoint.position.0));
            let values = params![name, version, text, position, &*kept.state, life.to_string()];
            conn.execute(sql, values)?;
            Ok((Kept::Yes, ()))
        })
        .await
    }

    async fn kept_state(&self, name: &str, version: u32) -> Result<Option<KeptState>, StoreError> {
        let name = name.to_owned();
        self.read_rows(move |conn| {
            let sql = "SELECT checkpoint, state FROM kept WHERE name = ?1 AND version = ?2";
            conn.query_row(sql, params![name, version], |row| {
                let checkpoint = row.get::<_, String>(0)?.parse();
                Ok(KeptState {
                    checkpoint: checkpoint.map_err(|error: InvalidCheckpoint| {
                        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
                    })?,
                    state: row.get::<_, Vec<u8>>(1)?.into(),
                })
            })
            .optional()
        })
        .await
    }

    async fn forget(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.write_rows(move |conn| {
            if active(conn, &name)? == Some(version) {
                return Ok(false);
            }
            drop_made(conn, &name, version)?;
            forget_parked(conn, &name, version)?;
            for table in ["slots", "consumers", "kept"] {
                let sql = format!("DELETE FROM {table} WHERE name = ?1 AND version = ?2");
                conn.execute(&sql, params![name, version])?;
            }
            Ok(true)
        })
        .await
    }
}

fn forget_parked(conn: &Connection, name: &str, version: u32) -> rusqlite::Result<()> {
    let sql = "DELETE FROM parked WHERE name = ?1 AND version = ?2";
    conn.execute(sql, params![name, version]).map(|_| ())
}

fn claim(
    conn: &Connection,
    slot: &Slot,
    bid: Bid,
    incarnation: Uuid,
) -> rusqlite::Result<Result<Claim, CheckpointError>> {
    let Slot {
        name,
        version,
        slice: Slice { index, count },
    } = slot;
    conn.execute(
        "INSERT INTO consumers (name, version, slices) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![name, version, count],
    )?;
    let slices: u32 = conn.query_row(
        "SELECT slices FROM consumers WHERE name = ?1 AND version = ?2",
        params![name, version],
        |row| row.get(0),
    )?;
    if slices != *count {
        return Ok(Err(CheckpointError::Slices {
            stored: slices,
            asked: *count,
        }));
    }
    conn.execute(
        "INSERT INTO slots (name, version, slice, position, incarnation) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO NOTHING",
        params![name, version, index, number(bid.start.0), incarnation.as_bytes()],
    )?;
    let seen = bid
        .seen
        .map(|beat| (number(beat.epoch), number(beat.count)));
    let owner = bid.owner.as_bytes();
    let claimed = conn.query_row(
        "UPDATE slots SET owner = ?4, waiter = NULL, epoch = epoch + 1 \
         WHERE name = ?1 AND version = ?2 AND slice = ?3 \
         AND (owner IS NULL OR owner = ?4 OR (epoch = ?5 AND beat = ?6)) RETURNING epoch, position, incarnation",
        params![name, version, index, owner, seen.map(|it| it.0), seen.map(|it| it.1)],
        |row| {
            Ok((
                Fence {
                    epoch: whole(row, 0)?,
                    position: Position(whole(row, 1)?),
                },
                Uuid::from_bytes(row.get(2)?),
            ))
        },
    );
    if let Some((fence, incarnation)) = claimed.optional()? {
        return Ok(Ok(Claim::Owned {
            fence,
            incarnation,
            active: active(conn, name)?,
        }));
    }
    let beat = conn.query_row(
        "UPDATE slots SET waiter = ?4 WHERE name = ?1 AND version = ?2 AND slice = ?3 RETURNING epoch, beat",
        params![name, version, index, owner],
        |row| {
            Ok(Beat {
                epoch: whole(row, 0)?,
                count: whole(row, 1)?,
            })
        },
    )?;
    Ok(Ok(Claim::Theirs(beat)))
}

/// `None` if the slice is not owned in this epoch.
fn renew(conn: &Connection, slot: &Slot, epoch: u64) -> rusqlite::Result<Option<Renewed>> {
    let Slot {
        name,
        version,
        slice,
    } = slot;
    let awaited = conn.prepare_cached(
        "UPDATE slots SET beat = beat + 1 WHERE name = ?1 AND version = ?2 AND slice = ?3 AND epoch = ?4 \
         AND owner IS NOT NULL RETURNING waiter IS NOT NULL",
    )?
    .query_row(params![name, version, slice.index, number(epoch)], |row| row.get(0))
    .optional()?;
    let Some(awaited) = awaited else {
        return Ok(None);
    };
    let wished = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM parked WHERE name = ?1 AND version = ?2 AND wish IS NOT NULL)",
    )?
    .query_row(params![name, version], |row| row.get(0))?;
    Ok(Some(Renewed {
        active: active(conn, name)?,
        awaited,
        wished,
    }))
}

/// Saves what an owner has come to, if the fence still stands. If not, the transaction is to be rolled back.
pub(crate) fn save(
    conn: &Connection,
    slot: &Slot,
    fence: Fence,
    advance: &Advance,
    incarnation: Uuid,
) -> rusqlite::Result<bool> {
    let Slot {
        name,
        version,
        slice,
    } = slot;
    let moved = conn.prepare_cached(
        "UPDATE slots SET position = ?6, incarnation = ?7, beat = beat + 1 \
         WHERE name = ?1 AND version = ?2 AND slice = ?3 AND epoch = ?4 AND position = ?5 AND owner IS NOT NULL",
    )?
    .execute(params![
        name,
        version,
        slice.index,
        number(fence.epoch),
        number(fence.position.0),
        number(advance.to.0),
        incarnation.as_bytes(),
    ])?;
    if moved != 1 {
        return Ok(false);
    }
    for position in &advance.settle {
        conn.prepare_cached(
            "DELETE FROM parked WHERE name = ?1 AND version = ?2 AND position = ?3",
        )?
        .execute(params![name, version, number(position.0)])?;
    }
    for one in &advance.park {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO parked (name, version, position, stream, stream_version, event, error, at, wish) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            name,
            version,
            number(one.position.0),
            one.stream.as_str(),
            number(one.version.0),
            one.event,
            one.error,
            one.at.as_micros(),
            one.wish.map(wish_number),
        ])?;
    }
    Ok(true)
}

/// Moves the checkpoint of a projection that is run inline. Whoever owns the slice is fenced off by the position.
pub(crate) fn save_position(
    conn: &Connection,
    name: &str,
    version: u32,
    position: Position,
) -> rusqlite::Result<()> {
    let sql = "UPDATE slots SET position = ?3 WHERE name = ?1 AND version = ?2 AND slice = 0";
    conn.prepare_cached(sql)?
        .execute(params![name, version, number(position.0)])
        .map(|_| ())
}

fn active(conn: &Connection, name: &str) -> rusqlite::Result<Option<u32>> {
    let sql = "SELECT max(version) FROM consumers WHERE name = ?1 AND is_active";
    conn.prepare_cached(sql)?
        .query_row([name], |row| row.get(0))
}

/// Lets readers see a version: under the plain names of its tables there are views of them.
fn activate(conn: &Connection, name: &str, version: u32) -> rusqlite::Result<u32> {
    if let Some(active) = active(conn, name)?
        && active >= version
    {
        return Ok(active);
    }
    if let Some(older) = active(conn, name)? {
        for plain in made(conn, name, older)?.unwrap_or_default() {
            if is_a(conn, "view", &plain)? {
                conn.execute_batch(&format!("DROP VIEW \"{plain}\""))?;
            }
        }
    }
    for plain in made(conn, name, version)?.unwrap_or_default() {
        let full = OwnNames::of_version(version).full(&plain);
        if is_a(conn, "table", &full)? {
            conn.execute_batch(&format!(
                "CREATE VIEW \"{plain}\" AS SELECT * FROM \"{full}\""
            ))?;
        }
    }
    conn.execute(
        "UPDATE consumers SET is_active = (version = ?2) WHERE name = ?1",
        params![name, version],
    )?;
    Ok(version)
}

fn is_a(conn: &Connection, kind: &str, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2)";
    conn.query_row(sql, [kind, name], |row| row.get(0))
}

/// The names of what a version's `#[create]` method has made; `None` if it was not called yet.
pub(crate) fn made(
    conn: &Connection,
    name: &str,
    version: u32,
) -> rusqlite::Result<Option<Vec<String>>> {
    let sql = "SELECT made FROM consumers WHERE name = ?1 AND version = ?2";
    let made: Option<Option<String>> = conn
        .query_row(sql, params![name, version], |row| row.get(0))
        .optional()?;
    Ok(made
        .flatten()
        .map(|made| made.split_terminator(' ').map(str::to_owned).collect()))
}

/// Notes what was made, or that nothing is.
pub(crate) fn set_made(
    conn: &Connection,
    name: &str,
    version: u32,
    made: Option<&[String]>,
) -> rusqlite::Result<()> {
    let made = made.map(|names| names.join(" "));
    conn.execute(
        "UPDATE consumers SET made = ?3 WHERE name = ?1 AND version = ?2",
        params![name, version, made],
    )
    .map(|_| ())
}

/// Drops what a version has made, and the views on it.
pub(crate) fn drop_made(conn: &Connection, name: &str, version: u32) -> rusqlite::Result<()> {
    let is_active = active(conn, name)? == Some(version);
    for plain in made(conn, name, version)?.unwrap_or_default() {
        let full = OwnNames::of_version(version).full(&plain);
        if is_active && is_a(conn, "view", &plain)? {
            conn.execute_batch(&format!("DROP VIEW \"{plain}\""))?;
        }
        if is_a(conn, "table", &full)? {
            conn.execute_batch(&format!("DROP TABLE \"{full}\""))?;
        }
        // The indexes on it have gone with it.
        if is_a(conn, "view", &full)? {
            conn.execute_batch(&format!("DROP VIEW \"{full}\""))?;
        }
    }
    set_made(conn, name, version, None)
}

/// Lets readers see what an active version has made anew.
pub(crate) fn show_again(conn: &Connection, name: &str, version: u32) -> rusqlite::Result<()> {
    if active(conn, name)? != Some(version) {
        return Ok(());
    }
    conn.execute(
        "UPDATE consumers SET is_active = 0 WHERE name = ?1 AND version = ?2",
        params![name, version],
    )?;
    activate(conn, name, version).map(|_| ())
}

fn slot_state(name: &Arc<str>, row: &Row<'_>) -> rusqlite::Result<SlotState> {
    let id = |bytes: [u8; 16]| Uuid::from_bytes(bytes);
    Ok(SlotState {
        slot: Slot {
            name: Arc::clone(name),
            version: row.get(0)?,
            slice: Slice {
                index: row.get(1)?,
                count: row.get(2)?,
            },
        },
        position: Position(whole(row, 3)?),
        incarnation: id(row.get(4)?),
        owner: row.get::<_, Option<_>>(5)?.map(id),
        waiter: row.get::<_, Option<_>>(6)?.map(id),
        beat: Beat {
            epoch: whole(row, 7)?,
            count: whole(row, 8)?,
        },
    })
}

fn parked(row: &Row<'_>) -> rusqlite::Result<Parked> {
    let stream: String = row.get(1)?;
    let stream = StreamName::parse(&stream)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, error.into()))?;
    Ok(Parked {
        position: Position(whole(row, 0)?),
        stream,
        version: Version(whole(row, 2)?),
        event: row.get(3)?,
        error: row.get(4)?,
        at: Timestamp::from_micros(row.get(5)?),
        wish: row.get::<_, Option<i64>>(6)?.map(|wish| match wish {
            1 => Wish::Retry,
            _ => Wish::Drop,
        }),
    })
}

fn wish_number(wish: Wish) -> i64 {
    match wish {
        Wish::Retry => 1,
        Wish::Drop => 2,
    }
}

fn whole(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    crate::row::number(row, column)
}
