//! Fans support creators, a little each month. What follows from a subscription happens outside: thanks by mail, in the
//! background, and access to what the creator writes, before the command returns.
//!
//! Processes are killed at every point between: each subscription is thanked for once. A replay thanks nobody, a command that
//! changes nothing writes nothing, a read model gets a column while it is read, and an earlier day can be seen.

#[path = "drip/domain.rs"]
pub mod domain;

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use domain::*;
use eventsource_core::prelude::*;
use eventsource_core::{BoxError, Clock, Ended, Executed, ManualClock, RunError, Timestamp};
use eventsource_sqlite::rusqlite::{self, Connection};
use eventsource_sqlite::{SqliteStore, SqliteTx};

/// How long nothing must be heard of a process until another one does its work.
const LEASE: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);

pub struct Site {
    pub store: SqliteStore,
    pub drips: Repository<Drip, SqliteStore>,
    pub clock: Arc<ManualClock>,
    pub world: World,
}

impl Site {
    pub async fn open(folder: &Path) -> Result<Self, BoxError> {
        let store = SqliteStore::open(folder.join("drip.db")).await?;
        // 2026-03-01
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(
            1_772_323_200_000_000,
        )));
        let site = Self {
            drips: Repository::new(store.clone()).clock(Arc::clone(&clock)),
            world: World::at(folder.join("world.db")).await?,
            store,
            clock,
        };
        // From here on each event is theirs, whenever they run.
        site.store.react(site.thanks(false)).begin().await?;
        site.store.react(site.access()).begin().await?;
        Ok(site)
    }

    pub fn thanks(&self, dies: bool) -> Thanks {
        Thanks {
            world: self.world.clone(),
            dies,
        }
    }

    pub fn access(&self) -> Access {
        Access(self.world.clone())
    }

    /// When it returns, the fan may read.
    pub async fn subscribe(
        &self,
        creator: &str,
        fan: &str,
        cents: u32,
    ) -> Result<Executed<DripEvent>, BoxError> {
        let subscribe = Subscribe {
            fan: fan.into(),
            cents,
        };
        let done = self.drips.execute(&creator.into(), subscribe).await?;
        self.store
            .react(self.access())
            .lease(LEASE)
            .catch_up()
            .await?;
        Ok(done)
    }

    /// Sends what is to be sent by now.
    pub async fn send_thanks(&self, dies: bool) -> Result<(), BoxError> {
        self.store
            .react(self.thanks(dies))
            .lease(LEASE)
            .catch_up()
            .await?;
        Ok(())
    }
}

/// A process of the site that is killed at this point of a visit.
async fn visit(folder: &Path, point: &str) -> Result<(), BoxError> {
    let site = Site::open(folder).await?;
    let subscribe = Subscribe {
        fan: point.into(),
        cents: 300,
    };
    site.drips.execute(&"kim".into(), subscribe).await?;
    if point == "committed" {
        std::process::abort();
    }
    site.store.react(site.access()).catch_up().await?;
    if point == "let in" {
        std::process::abort();
    }
    site.send_thanks(point == "thanked").await
}

/// Says what was shown, or that it is not so.
fn shown(so: bool, what: &str) -> Result<(), BoxError> {
    ensure!(so, format!("it is not so: {what}").into());
    println!("- {what}");
    Ok(())
}

/// A subscription, a second one like it, and one that is refused.
pub async fn support(site: &Site) -> Result<(), BoxError> {
    let done = site.subscribe("ann", "bea", 500).await?;
    let reads = site.world.may_read("ann", "bea").await?;
    shown(
        done.events.len() == 1 && reads,
        "a fan may read when the subscription returns",
    )?;
    let head = site.store.head().await?;
    let again = site.subscribe("ann", "bea", 500).await?;
    let is_nothing = again.events.is_empty() && site.store.head().await? == head;
    shown(is_nothing, "a command that changes nothing writes nothing")?;
    let refused = site.subscribe("ann", "bea", 5).await;
    shown(refused.is_err(), "five cents are refused")?;
    site.send_thanks(false).await?;
    let (mails, calls) = site.world.mails().await?;
    shown(
        mails == ["bea: thanks for 500 cents, ann"] && calls == 1,
        "one subscription, one mail",
    )
}

/// The three points at which a process is killed.
const POINTS: [&str; 3] = ["committed", "let in", "thanked"];

/// Kills a process at each point, and has this one go on.
pub async fn survive(site: &Site, folder: &Path, program: &Path) -> Result<(), BoxError> {
    for point in POINTS {
        let (_, asked_before) = site.world.mails().await?;
        let mut visit = std::process::Command::new(program);
        visit.arg(folder).arg(point).stderr(Stdio::null());
        let ended = tokio::task::spawn_blocking(move || visit.status()).await??;
        let fans = site.drips.load(&"kim".into()).await?.into_state().fans;
        let is_stored = !ended.success() && fans.contains_key(point);
        // The next command, which is another process's, brings the access of that one as well.
        let next = format!("{point}, and then");
        site.subscribe("kim", &next, 200).await?;
        let reads = site.world.may_read("kim", point).await?;
        site.send_thanks(false).await?;
        let (mails, asked) = site.world.mails().await?;
        let to = |fan: &str| {
            mails
                .iter()
                .filter(|mail| mail.starts_with(&format!("{fan}:")))
                .count()
        };
        let once = to(point) == 1 && to(&next) == 1;
        let asked = asked - asked_before;
        let what =
            format!("killed when it had {point}: the service was asked {asked} times for 2 mails");
        shown(is_stored && reads && once, &what)?;
    }
    Ok(())
}

/// Makes the read model anew, and would have the reactor begin anew.
pub async fn replay(site: &Site) -> Result<(), BoxError> {
    site.send_thanks(false).await?;
    let before = site.world.mails().await?;
    site.store.project(Supporters).catch_up().await?;
    site.store.project(Supporters).reset().await?;
    site.store.project(Supporters).catch_up().await?;
    let anew = site.store.react(site.thanks(false)).reset().await;
    site.send_thanks(false).await?;
    let refused = matches!(anew, Err(RunError::NeverAnew { .. }));
    shown(
        refused && site.world.mails().await? == before,
        "a replay sends no mail",
    )
}

/// The read model as it was at first.
pub struct Supporters;

#[projection(name = "supporters")]
impl Supporters {
    #[create]
    fn table(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {supporters} (creator TEXT, fan TEXT, PRIMARY KEY (creator, fan)) STRICT",
        )
    }

    fn subscribed(&self, event: &Recorded<Subscribed>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "INSERT OR IGNORE INTO {supporters} VALUES (?1, ?2)";
        tx.execute(sql, (event.stream.id(), &event.event.fan))
            .map(|_| ())
    }

    fn cancelled(&self, event: &Recorded<Cancelled>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "DELETE FROM {supporters} WHERE creator = ?1 AND fan = ?2";
        tx.execute(sql, (event.stream.id(), &event.event.fan))
            .map(|_| ())
    }
}

/// The same with a column that was added later.
pub struct SupportersWithCents;

#[projection(name = "supporters", version = 2)]
impl SupportersWithCents {
    #[create]
    fn table(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {supporters} (creator TEXT, fan TEXT, cents INTEGER, PRIMARY KEY (creator, fan)) STRICT",
        )
    }

    fn subscribed(&self, event: &Recorded<Subscribed>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let Subscribed { fan, cents } = &event.event;
        let sql = "INSERT OR REPLACE INTO {supporters} VALUES (?1, ?2, ?3)";
        tx.execute(sql, (event.stream.id(), fan, cents)).map(|_| ())
    }

    fn cancelled(&self, event: &Recorded<Cancelled>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "DELETE FROM {supporters} WHERE creator = ?1 AND fan = ?2";
        tx.execute(sql, (event.stream.id(), &event.event.fan))
            .map(|_| ())
    }
}

/// How many columns a reader sees, and how many supporters.
fn look(conn: &Connection) -> rusqlite::Result<(usize, usize)> {
    let mut all = conn.prepare("SELECT * FROM supporters")?;
    let mut rows = all.query([])?;
    let mut count = 0;
    let mut columns = 0;
    while let Some(row) = rows.next()? {
        (columns, count) = (row.as_ref().column_count(), count + 1);
    }
    Ok((columns, count))
}

/// Adds the column while one task subscribes and another one reads.
pub async fn add_a_field(site: &Site, folder: &Path) -> Result<(), BoxError> {
    let first = site.store.project(Supporters).lease(LEASE);
    let handle = first.handle();
    let first = tokio::spawn(first.run());
    handle.wait_for(None, LONG).await?;

    let file = folder.join("drip.db");
    let reader = tokio::task::spawn_blocking(move || {
        let conn = Connection::open(file)?;
        let (mut looks, (mut columns, before)) = (0_u32, look(&conn)?);
        let mut fewest = before;
        while columns == 2 {
            let (seen, count) = look(&conn)?;
            (looks, columns, fewest) = (looks + 1, seen, fewest.min(count));
        }
        Ok::<_, rusqlite::Error>((looks, columns, fewest >= before))
    });
    let fans = site.drips.clone();
    let writer = tokio::spawn(async move {
        for number in 0..300 {
            let (fan, cents) = (format!("fan {number}"), 100 + number);
            fans.execute(&"lee".into(), Subscribe { fan, cents })
                .await?;
        }
        Ok::<_, BoxError>(())
    });
    let second = site.store.project(SupportersWithCents).lease(LEASE);
    let handle = second.handle();
    let second = tokio::spawn(second.run());
    let ended = first.await??;
    let (looks, columns, whole) = reader.await??;
    writer.await??;
    handle.wait_for(None, LONG).await?;
    handle.stop();
    second.await??;

    let conn = Connection::open(folder.join("drip.db"))?;
    let sql = "SELECT sum(cents) FROM supporters WHERE creator = 'lee'";
    let told: u32 = conn.query_row(sql, [], |row| row.get(0))?;
    let given: u32 = site.drips.load(&"lee".into()).await?.fans.values().sum();
    println!("  {looks} looks while the column was added");
    let switched = ended == Ended::Superseded && columns == 3;
    shown(
        switched && whole && told == given,
        "a new column, while the model was read and written",
    )
}

/// Raises, cancels, and looks back.
pub async fn look_back(site: &Site) -> Result<(), BoxError> {
    let day = Duration::from_secs(24 * 60 * 60);
    let ann = "ann".to_owned();
    site.clock.advance(5 * day);
    site.subscribe(&ann, "bea", 700).await?;
    site.clock.advance(5 * day);
    let tenth = site.clock.now();
    site.clock.advance(5 * day);
    site.drips
        .execute(&ann, Cancel { fan: "bea".into() })
        .await?;
    site.store
        .react(site.access())
        .lease(LEASE)
        .catch_up()
        .await?;
    let gave = site
        .drips
        .load_at(&ann, AsOf::Time(tenth))
        .await?
        .fans
        .get("bea")
        .copied();
    let gives = site.drips.load(&ann).await?.fans.get("bea").copied();
    let reads = site.world.may_read(&ann, "bea").await?;
    shown(
        (gave, gives, reads) == (Some(700), None, false),
        "on the tenth day she gave 700, and does not now",
    )
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [folder, point] = &arguments[..] {
        return visit(Path::new(folder), point).await;
    }
    let folder = tempfile::tempdir()?;
    let site = Site::open(folder.path()).await?;
    support(&site).await?;
    survive(&site, folder.path(), &std::env::current_exe()?).await?;
    replay(&site).await?;
    add_a_field(&site, folder.path()).await?;
    look_back(&site).await?;
    site.store.close().await;
    Ok(())
}
