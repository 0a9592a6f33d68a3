//! The same work written by hand with tokio-postgres: one INSERT per append, a group commit with the same checks, keys
//! and tags, and plain queries that read.

use std::pin::pin;

use eventsource_core::{Key, NewEvent, StreamName, TagList, Version};
use futures_util::TryStreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::{Deposited, Result};

/// Tables as a person would make them who knows what the store knows.
const SCHEMA: &str = "
DROP SCHEMA IF EXISTS by_hand CASCADE;
CREATE SCHEMA by_hand;
-- One INSERT per append: the unique key is the check.
CREATE TABLE by_hand.single (
    position bigserial PRIMARY KEY,
    stream text NOT NULL, version bigint NOT NULL,
    name text NOT NULL, schema integer NOT NULL, format text NOT NULL,
    recorded_at bigint NOT NULL, metadata bytea NOT NULL, payload bytea NOT NULL,
    UNIQUE (stream, version)
);
-- The group commit.
CREATE TABLE by_hand.events (
    position bigint PRIMARY KEY,
    stream text NOT NULL, version bigint NOT NULL,
    name text NOT NULL, schema integer NOT NULL, format text NOT NULL,
    recorded_at bigint NOT NULL, metadata bytea NOT NULL, tags text NOT NULL, payload bytea NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE by_hand.tags (tag text NOT NULL, position bigint NOT NULL, name text NOT NULL, PRIMARY KEY (tag, position));
CREATE TABLE by_hand.keys (id uuid PRIMARY KEY, digest uuid NOT NULL, position bigint NOT NULL, count integer NOT NULL);
-- Answers 'true' for each append that was made. Each is one event with one tag, for a stream of its own.
CREATE FUNCTION by_hand.append(
    streams text[], expected bigint[], ids uuid[], digests uuid[],
    names text[], payloads bytea[], times bigint[], tagged text[]
) RETURNS boolean[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    good boolean[];
    head bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(4711);
    SELECT coalesce((SELECT position FROM by_hand.events ORDER BY position DESC LIMIT 1), 0) INTO head;
    SELECT array_agg(
        coalesce((SELECT e.version FROM by_hand.events e WHERE e.stream = a.stream ORDER BY e.version DESC LIMIT 1), 0)
            = a.version
        AND (SELECT k.position FROM by_hand.keys k WHERE k.id = a.id) IS NULL
        ORDER BY a.number)
    INTO good
    FROM unnest(streams, expected, ids) WITH ORDINALITY AS a (stream, version, id, number);
    INSERT INTO by_hand.events
        SELECT head + row_number() OVER (ORDER BY a.number), a.stream, a.version + 1, a.name, 1, 'json', a.at, '', a.tag, a.payload
        FROM unnest(streams, expected, names, payloads, times, tagged, good) WITH ORDINALITY
            AS a (stream, version, name, payload, at, tag, good, number)
        WHERE a.good;
    INSERT INTO by_hand.tags
        SELECT a.tag, head + row_number() OVER (ORDER BY a.number), a.name
        FROM unnest(names, tagged, good) WITH ORDINALITY AS a (name, tag, good, number)
        WHERE a.good;
    INSERT INTO by_hand.keys
        SELECT a.id, a.digest, head + row_number() OVER (ORDER BY a.number), 1
        FROM unnest(ids, digests, good) WITH ORDINALITY AS a (id, digest, good, number)
        WHERE a.good;
    RETURN good;
END $$;
";

/// A connection of its own; the task that drives it ends with it.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Makes the tables anew.
pub async fn prepare(url: &str) -> Result<()> {
    Ok(connect(url).await?.batch_execute(SCHEMA).await?)
}

/// One append: its stream, the stream's version before it, its key, and the one event.
pub struct Append {
    pub stream: StreamName,
    pub at: Version,
    pub key: Key,
    pub event: NewEvent,
}

/// A caller that appends with one prepared INSERT, committed by itself.
pub struct Single {
    client: Client,
    insert: Statement,
}

impl Single {
    pub async fn open(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        let insert = client
            .prepare(
                "INSERT INTO by_hand.single
                    (stream, version, name, schema, format, recorded_at, metadata, payload)
                VALUES ($1, $2, $3, 1, 'json', $4, '', $5) RETURNING position",
            )
            .await?;
        Ok(Self { client, insert })
    }

    pub async fn append(&self, append: &Append) -> Result<()> {
        let version = i64::try_from(append.at.0)? + 1;
        let row = self
            .client
            .query_one(
                &self.insert,
                &[
                    &append.stream.as_str(),
                    &version,
                    &append.event.name.as_ref(),
                    &append.event.recorded_at.as_micros(),
                    &append.event.payload,
                ],
            )
            .await?;
        std::hint::black_box(row.get::<_, i64>(0));
        Ok(())
    }
}

type Waiting = (Append, oneshot::Sender<bool>);

/// One task that sends everything that waits in one call, while more comes to wait.
#[derive(Clone)]
pub struct Group(mpsc::Sender<Waiting>);

impl Group {
    pub async fn open(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        // A plan that was made for empty tables would be kept, and read them whole once they are not.
        client
            .batch_execute(
                "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
                 SET enable_mergejoin = off; SET enable_hashjoin = off; SET jit = off",
            )
            .await?;
        let call = client
            .prepare("SELECT by_hand.append($1, $2, $3, $4, $5, $6, $7, $8)")
            .await?;
        let (sender, mut waiting) = mpsc::channel::<Waiting>(1_024);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while waiting.recv_many(&mut batch, 256).await > 0 {
                let verdicts = send(&client, &call, &batch).await.expect("a call");
                for ((_, answer), verdict) in batch.drain(..).zip(verdicts) {
                    let _ = answer.send(verdict);
                }
            }
        });
        Ok(Self(sender))
    }

    pub async fn append(&self, append: Append) -> Result<()> {
        let (answer, verdict) = oneshot::channel();
        if self.0.send((append, answer)).await.is_err() {
            return Err("the writer is gone".into());
        }
        match verdict.await? {
            true => Ok(()),
            false => Err("a check does not hold".into()),
        }
    }
}

async fn send(client: &Client, call: &Statement, batch: &[Waiting]) -> Result<Vec<bool>> {
    fn column<'b, T>(batch: &'b [Waiting], of: impl Fn(&'b Append) -> T) -> Vec<T> {
        batch.iter().map(|(append, _)| of(append)).collect()
    }
    let row = client
        .query_one(
            call,
            &[
                &column(batch, |append| append.stream.as_str()),
                &column(batch, |append| append.at.0.cast_signed()),
                &column(batch, |append| append.key.id),
                &column(batch, |append| append.key.digest),
                &column(batch, |append| append.event.name.as_ref()),
                &column(batch, |append| append.event.payload.as_slice()),
                &column(batch, |append| append.event.recorded_at.as_micros()),
                &column(batch, |append| append.event.tags[0].as_str()),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Fills the tables that are read with one stream, or with so many.
pub async fn fill(url: &str, events: &[(StreamName, Version, NewEvent)]) -> Result<()> {
    let client = connect(url).await?;
    client.batch_execute("TRUNCATE by_hand.events").await?;
    let insert = client
        .prepare("INSERT INTO by_hand.events SELECT p, s, v, n, 1, 'json', 0, '', t, d
            FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[]) AS e (p, s, v, n, t, d)")
        .await?;
    let positions: Vec<i64> = (1..).take(events.len()).collect();
    let streams: Vec<_> = events.iter().map(|(stream, ..)| stream.as_str()).collect();
    let versions: Vec<_> = events
        .iter()
        .map(|(_, version, _)| version.0.cast_signed())
        .collect();
    let names: Vec<_> = events
        .iter()
        .map(|(.., event)| event.name.as_ref())
        .collect();
    let tags: Vec<_> = events
        .iter()
        .map(|(.., event)| TagList::store(&event.tags))
        .collect();
    let payloads: Vec<_> = events
        .iter()
        .map(|(.., event)| event.payload.as_slice())
        .collect();
    client
        .execute(
            &insert,
            &[&positions, &streams, &versions, &names, &tags, &payloads],
        )
        .await?;
    client
        .batch_execute("VACUUM ANALYZE by_hand.events")
        .await?;
    Ok(())
}

/// Reads with plain queries, whole events, decoded and folded.
pub struct Reader {
    client: Client,
    stream: Statement,
    all: Statement,
}

impl Reader {
    pub async fn open(url: &str) -> Result<Self> {
        const COLUMNS: &str =
            "position, version, name, schema, format, recorded_at, metadata, tags, payload, stream";
        let client = connect(url).await?;
        let stream = client
            .prepare(&format!(
                "SELECT {COLUMNS} FROM by_hand.events WHERE stream = $1 ORDER BY version"
            ))
            .await?;
        let all = client
            .prepare(&format!(
                "SELECT {COLUMNS} FROM by_hand.events WHERE position > $1 ORDER BY position LIMIT $2"
            ))
            .await?;
        Ok(Self {
            client,
            stream,
            all,
        })
    }

    /// The sum over one stream.
    pub async fn stream(&self, stream: &StreamName) -> Result<i64> {
        let rows = self
            .client
            .query_raw(&self.stream, [stream.as_str()])
            .await?;
        let mut rows = pin!(rows);
        let mut sum = 0;
        while let Some(row) = rows.try_next().await? {
            sum += amount(&row)?;
        }
        Ok(sum)
    }

    /// The sum over all events, read in one query, or in pages of this size.
    pub async fn all(&self, page: Option<usize>) -> Result<i64> {
        let limit = page.map_or(i64::MAX, |page| i64::try_from(page).unwrap_or(i64::MAX));
        let (mut sum, mut last) = (0, 0_i64);
        loop {
            let rows = self.client.query_raw(&self.all, [last, limit]).await?;
            let mut rows = pin!(rows);
            let mut count = 0;
            while let Some(row) = rows.try_next().await? {
                last = row.get(0);
                sum += amount(&row)?;
                count += 1;
            }
            if count < limit {
                return Ok(sum);
            }
        }
    }
}

/// Looks at every column, as a store must that shows whole events, and decodes the payload.
fn amount(row: &Row) -> Result<i64> {
    std::hint::black_box((
        row.get::<_, i64>(0),
        row.get::<_, i64>(1),
        row.get::<_, &str>(2),
        row.get::<_, i32>(3),
        row.get::<_, &str>(4),
        row.get::<_, i64>(5),
        row.get::<_, &[u8]>(6),
        row.get::<_, &str>(7),
        row.get::<_, &str>(9),
    ));
    let deposited: Deposited<'_> = serde_json::from_slice(row.get::<_, &[u8]>(8))?;
    Ok(deposited.sum())
}
