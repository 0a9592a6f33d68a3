//! The tables: how a schema is recognised, made and brought up to date, by one of several processes at once.

use std::time::Duration;

use eventsource_core::{IdSource, RandomIds, StoreError};
use tokio::time::{Instant, sleep};
use tokio_postgres::types::Type;

use crate::error::{may_pass, store_error};
use crate::name::SchemaName;
use crate::session::Session;
use crate::snapshots;

/// What stands in `meta.application`.
const APPLICATION: &str = "eventsource";

/// What brings a schema of version n to version n + 1, each in a transaction of its own. A released entry is never
/// changed.
///
/// Functions carry a version in their names: one that changes is a new one beside the old, so that this version of the
/// software and the one before it write to one store during an upgrade. `oldest_user` is the oldest version of the
/// software that may still read and write there.
const MIGRATIONS: [&[&str]; VERSION as usize] = [
    &[
        include_str!("sql/tables.sql"),
        include_str!("sql/identity.sql"),
        include_str!("sql/append_v1.sql"),
        include_str!("sql/import.sql"),
    ],
    &[include_str!("sql/projections.sql"), snapshots::TABLE],
    &[include_str!("sql/append_v2.sql")],
];

/// Parts that several functions have in common.
const BEGIN: &str = include_str!("sql/begin.sql");
const MATCHES: &str = include_str!("sql/matches.sql");

/// The schema version that this software writes.
const VERSION: u32 = 3;

/// The relations that a store has, and how many columns the functions.
const TABLES: [&str; 9] = [
    "meta",
    "events",
    "tags",
    "keys",
    "snapshots",
    "consumers",
    "slots",
    "parked",
    "kept",
];

/// Makes the schema a store, or checks that it is one.
pub(crate) async fn prepare(
    session: &Session,
    name: &SchemaName,
    place: &str,
) -> Result<(), StoreError> {
    let mut found = recognise(session, name, place).await?;
    while found < VERSION {
        migrate(session, name, place, found).await?;
        found = recognise(session, name, place).await?;
    }
    complete(session, name, place).await
}

/// The schema version; 0 if there is no schema, or an empty one.
async fn recognise(session: &Session, name: &SchemaName, place: &str) -> Result<u32, StoreError> {
    let failed = |error| store_error(place, "looking for the store", error);
    let not_ours = |found: String| StoreError::NotAStore {
        place: place.into(),
        found,
    };
    let sql = "SELECT count(*), coalesce(bool_or(relname = 'meta'), false), \
        (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
            WHERE c.relnamespace = to_regnamespace($1) AND c.relname = 'meta' \
            AND a.attname IN ('application', 'schema_version', 'oldest_user')) \
        FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p', 'v', 'm', 'f')";
    let row = session
        .row(sql, &[(&name.as_str(), Type::TEXT)])
        .await
        .map_err(failed)?;
    let (relations, has_meta, columns): (i64, bool, i64) = match row {
        Some(row) => (
            row.try_get(0).map_err(failed)?,
            row.try_get(1).map_err(failed)?,
            row.try_get(2).map_err(failed)?,
        ),
        None => (0, false, 0),
    };
    if relations == 0 {
        return Ok(0);
    }
    if !has_meta || columns != 3 {
        return Err(not_ours(format!(
            "a schema with {relations} tables and views of another kind"
        )));
    }
    let sql = name.put_into("SELECT application, schema_version, oldest_user FROM {schema}.meta");
    let row = session.row(&sql, &[]).await.map_err(failed)?;
    let row = row.ok_or_else(|| StoreError::Damaged {
        place: place.into(),
        reason: "`meta` is empty".into(),
    })?;
    let application: String = row.try_get(0).map_err(failed)?;
    if application != APPLICATION {
        return Err(not_ours(format!(
            "the tables of the application `{}`",
            application.escape_debug()
        )));
    }
    let version = |column| {
        row.try_get::<_, i32>(column)
            .map(i32::unsigned_abs)
            .map_err(failed)
    };
    let (found, oldest_user) = (version(1)?, version(2)?);
    if found > VERSION && oldest_user > VERSION {
        return Err(StoreError::Newer {
            place: place.into(),
            found,
            supported: VERSION,
        });
    }
    Ok(found)
}

/// How long a step is tried while somebody else holds what it needs, and how long it rests between two tries: whoever comes
/// waits behind a step that waits, which therefore gives up after a second.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);

/// Makes one step, unless another process has made it meanwhile. A block is one statement, and so one transaction,
/// behind a pooler too; should it be cut off, the next one who opens the store begins where it began.
async fn migrate(
    session: &Session,
    name: &SchemaName,
    place: &str,
    found: u32,
) -> Result<(), StoreError> {
    let failed = |error| store_error(place, "bringing the tables up to date", error);
    let version = found + 1;
    let step: String = MIGRATIONS
        .get(found as usize)
        .map(|parts| parts.concat())
        .unwrap_or_default();
    let step = step.replace("{begin}", BEGIN).replace("{matches}", MATCHES);
    let (so_far, record) = if found == 0 {
        // The schema may be there and empty, made by somebody who may do what the store's own role may not.
        let so_far = "IF to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA {schema}; END IF;
            IF to_regclass('{schema}.meta') IS NOT NULL THEN RETURN; END IF;";
        let identity = RandomIds.fresh();
        let incarnation = RandomIds.fresh();
        let record = format!(
            "INSERT INTO {{schema}}.meta (application, schema_version, oldest_user, identity, incarnation, high_water)
            VALUES ('{APPLICATION}', {version}, 1, '{identity}', '{incarnation}', 0);"
        );
        (so_far.to_owned(), record)
    } else {
        (
            format!(
                "IF (SELECT schema_version FROM {{schema}}.meta) <> {found} THEN RETURN; END IF;"
            ),
            format!("UPDATE {{schema}}.meta SET schema_version = {version};"),
        )
    };
    let block = format!(
        "DO $migration$ BEGIN
            PERFORM set_config('lock_timeout', '1s', true), set_config('client_min_messages', 'warning', true);
            PERFORM pg_advisory_xact_lock({{lock}});
            {so_far}
            {step}
            {record}
        END $migration$"
    );
    let (block, begin) = (name.put_into(&block), Instant::now());
    loop {
        match session.execute(&block).await {
            Err(error) if may_pass(&error) && begin.elapsed() < PATIENCE => {
                sleep(PAUSE).await;
            }
            done => return done.map_err(failed),
        }
    }
}

/// Whether every table is there.
async fn complete(session: &Session, name: &SchemaName, place: &str) -> Result<(), StoreError> {
    let failed = |error| store_error(place, "reading the tables", error);
    for table in TABLES {
        let sql = "SELECT to_regclass($1) IS NOT NULL";
        let table_name = format!("\"{}\".{table}", name.as_str());
        let row = session
            .row(sql, &[(&table_name, Type::TEXT)])
            .await
            .map_err(failed)?;
        let exists = row.map(|row| row.try_get(0)).transpose().map_err(failed)?;
        if exists != Some(true) {
            let reason = format!("the table `{table}` is missing");
            return Err(StoreError::Damaged {
                place: place.into(),
                reason,
            });
        }
    }
    Ok(())
}
