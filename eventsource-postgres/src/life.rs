//! Which life of the store a server holds: compared on every new connection with where the store was before.

use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use eventsource_core::{IdSource, RandomIds, StoreError, StoreIdentity, Uuid};
use tokio_postgres::types::Type;

use crate::checks::number;
use crate::error::{backend, store_error};
use crate::name::SchemaName;
use crate::options::{Durability, PostgresOptions, Statements};
use crate::session::{Bound, Session};
use crate::tide::Tide;

/// What is known of the store's identity, and how it is checked.
pub(crate) struct Life {
    place: String,
    options: PostgresOptions,
    identity: RwLock<StoreIdentity>,
    read_meta: String,
    witness: String,
}

/// What a server says of itself. The timeline is read from the log's position, as the control file says what it was at
/// the last checkpoint, which a promotion does not wait for.
const SERVER: &str = "SELECT pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'), \
    pg_postmaster_start_time(), \
    CASE WHEN NOT pg_is_in_recovery() THEN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END, \
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()), \
    has_function_privilege('pg_catalog.pg_control_system()', 'execute'), current_setting('synchronous_commit')";
const SYSTEM: &str = "SELECT system_identifier FROM pg_control_system()";

/// Where a database is: which server, which branch of its history, which database.
#[derive(Debug, Clone, Copy)]
struct Whereabouts {
    system: Option<i64>,
    timeline: Option<i64>,
    database: Option<i64>,
}

impl Life {
    pub(crate) fn new(place: &str, name: &SchemaName, options: &PostgresOptions) -> Self {
        let nobody = StoreIdentity {
            id: Uuid::nil(),
            incarnation: Uuid::nil(),
        };
        Self {
            place: place.into(),
            options: options.clone(),
            identity: RwLock::new(nobody),
            read_meta: name.put_into(
                "SELECT identity, incarnation, \
                 events_oid IS NOT DISTINCT FROM '{schema}.events'::regclass::oid::bigint \
                 AND coalesce(system_identifier = $1, true) AND coalesce(timeline = $2, true) \
                 AND coalesce(database_oid = $3, true) AND (system_identifier IS NOT NULL OR $1 IS NULL) \
                 AND (incarnation <> $5 OR $4 <= greatest(high_water, \
                     (SELECT e.position FROM {schema}.events e ORDER BY e.position DESC LIMIT 1))) \
                 FROM {schema}.meta",
            ),
            witness: name.put_into("SELECT {schema}.witness_v1($1, $2, $3, $4, $5, $6, $7)"),
        }
    }

    pub(crate) fn identity(&self) -> StoreIdentity {
        *self.identity.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the identity that the store was seen to have.
    fn set(&self, identity: StoreIdentity, tide: &Tide) {
        let mut known = self
            .identity
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if *known == identity {
            return;
        }
        if !known.incarnation.is_nil() {
            tracing::warn!(place = self.place, before = %known.incarnation, now = %identity.incarnation,
                "the store was restored or promoted: it has a new incarnation");
        }
        *known = identity;
        tide.turn(identity.incarnation);
    }

    /// Whether the server keeps what it acknowledges and takes writes.
    pub(crate) async fn check_server(&self, session: &Session) -> Result<(), StoreError> {
        self.ask_server(session).await.map(|_| ())
    }

    async fn ask_server(&self, session: &Session) -> Result<Whereabouts, StoreError> {
        let failed = |error| store_error(&self.place, "asking the server about itself", error);
        let row = session.row(SERVER, &[]).await.map_err(failed)?;
        let row = row.ok_or_else(|| self.refused("it says nothing about itself".into()))?;
        let started: SystemTime = row.try_get(3).map_err(failed)?;
        if row.try_get(0).map_err(failed)? {
            return Err(self.refused("it is a standby, which takes no writes".into()));
        }
        let allowed = self.options.unsafe_server;
        for (number, name, allowed) in [
            (1, "fsync", allowed.fsync_off),
            (2, "full_page_writes", allowed.full_page_writes_off),
        ] {
            let value: String = row.try_get(number).map_err(failed)?;
            if value == "off" && !allowed {
                return Err(self.refused(format!(
                    "`{name}` is off, so a crash of its machine loses what was acknowledged; for data that can be made \
                     again, `PostgresOptions::allow_unsafe_server` allows it, with `UnsafeServer {{ {name}_off: true, ..Default::default() }}`"
                )));
            }
        }
        let commit: String = row.try_get(7).map_err(failed)?;
        let durable = self.options.durability == Durability::Full
            && self.options.statements == Statements::Named;
        if durable && !matches!(&*commit, "on" | "remote_apply") {
            // Behind a pooler, where nothing stays set, each call sets it for itself.
            session
                .execute("SET synchronous_commit = on")
                .await
                .map_err(failed)?;
        }
        let may_ask: bool = row.try_get(6).map_err(failed)?;
        let system = match may_ask {
            true => session.row(SYSTEM, &[]).await.map_err(failed)?,
            false => None,
        };
        session.set_server(started);
        Ok(Whereabouts {
            system: system
                .as_ref()
                .map(|row| row.try_get(0))
                .transpose()
                .map_err(failed)?,
            timeline: row.try_get(4).map_err(failed)?,
            database: row.try_get(5).map_err(failed)?,
        })
    }

    fn refused(&self, why: String) -> StoreError {
        backend(&self.place, "checking the server", why)
    }

    /// Finds out in which life the store is that this connection leads to, and begins a new one if it was restored or
    /// promoted, or if events are gone that somebody here was told of.
    pub(crate) async fn check(&self, session: &Session, tide: &Tide) -> Result<(), StoreError> {
        self.compare(session, tide, false).await
    }

    /// Begins a new life, whatever the server says.
    pub(crate) async fn renew(&self, session: &Session, tide: &Tide) -> Result<(), StoreError> {
        self.compare(session, tide, true).await
    }

    async fn compare(&self, session: &Session, tide: &Tide, anew: bool) -> Result<(), StoreError> {
        let (known, head) = (self.identity().incarnation, number(tide.head().0));
        let Whereabouts {
            system,
            timeline,
            database,
        } = self.ask_server(session).await?;
        let failed = |error| store_error(&self.place, "reading the store's identity", error);
        let bound: [Bound<'_>; 7] = [
            (&system, Type::INT8),
            (&timeline, Type::INT8),
            (&database, Type::INT8),
            (&head, Type::INT8),
            (&known, Type::UUID),
            (&anew, Type::BOOL),
            (&RandomIds.fresh(), Type::UUID),
        ];
        let row = session
            .row(&self.read_meta, bound.get(..5).unwrap_or_default())
            .await
            .map_err(failed)?;
        let row = row.ok_or_else(|| StoreError::Damaged {
            place: self.place.clone(),
            reason: "it has no identity".into(),
        })?;
        let mut identity = StoreIdentity {
            id: row.try_get(0).map_err(failed)?,
            incarnation: row.try_get(1).map_err(failed)?,
        };
        let same: Option<bool> = row.try_get(2).map_err(failed)?;
        // The lock is taken only where there is something to change.
        if (anew || same != Some(true))
            && let Some(row) = session.row(&self.witness, &bound).await.map_err(failed)?
        {
            identity.incarnation = row.try_get(0).map_err(failed)?;
        }
        self.set(identity, tide);
        Ok(())
    }
}
