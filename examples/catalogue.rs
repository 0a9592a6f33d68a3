//! A shop, and the seven questions that a repository cannot answer, since it finds things by their ids alone: what is
//! running low, what came last, who lives there, how the month went, what a customer is worth, where a word stands, what is
//! dearest.
//!
//! One projection makes plain tables of the events of three aggregates, and each question is one query. At the end every
//! answer is compared with one that is computed from the events themselves.

#[path = "catalogue/domain.rs"]
pub mod domain;
#[path = "catalogue/truth.rs"]
pub mod truth;

use std::path::Path;
use std::time::Duration;

use domain::*;
use eventsource_core::prelude::*;
use eventsource_core::{BoxError, Clock, Timestamp};
use eventsource_sqlite::rusqlite::{Connection, OpenFlags, Params};
use eventsource_sqlite::{SqliteStore, SqliteTx};

/// The tables that the questions are asked of. They show one moment, as one projection has one checkpoint.
pub struct Shop;

#[projection(name = "shop")]
impl Shop {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> Result<(), BoxError> {
        tx.execute_batch(
            "CREATE TABLE {products} (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, quantity INTEGER) STRICT;
             CREATE INDEX {by_quantity} ON {products} (quantity);
             CREATE INDEX {by_price} ON {products} (price);
             CREATE VIRTUAL TABLE {texts} USING fts5 (product UNINDEXED, text);
             CREATE TABLE {customers} (id INTEGER PRIMARY KEY, email TEXT, address TEXT) STRICT;
             CREATE INDEX {by_email} ON {customers} (email);
             CREATE INDEX {by_address} ON {customers} (address);
             CREATE TABLE {orders} (id INTEGER PRIMARY KEY, customer INTEGER, total INTEGER, at INTEGER) STRICT;
             CREATE INDEX {by_customer} ON {orders} (customer, total);
             CREATE INDEX {by_time} ON {orders} (at, total);",
        )?;
        Ok(())
    }

    fn listed(&self, event: &Recorded<Listed>, tx: &SqliteTx) -> Result<(), BoxError> {
        let (id, listed) = (event.stream.id(), &event.event);
        let sql = "INSERT INTO {products} VALUES (?1, ?2, ?3, 0)";
        tx.execute(sql, (id, &listed.name, listed.price))?;
        let sql = "INSERT INTO {texts} VALUES (?1, ?2 || ' ' || ?3)";
        tx.execute(sql, (id, &listed.name, &listed.description))?;
        Ok(())
    }

    fn delivered(&self, event: &Recorded<Delivered>, tx: &SqliteTx) -> Result<(), BoxError> {
        let sql = "UPDATE {products} SET quantity = quantity + ?2 WHERE id = ?1";
        tx.execute(sql, (event.stream.id(), event.event.quantity))?;
        Ok(())
    }

    fn taken(&self, event: &Recorded<Taken>, tx: &SqliteTx) -> Result<(), BoxError> {
        let sql = "UPDATE {products} SET quantity = quantity - ?2 WHERE id = ?1";
        tx.execute(sql, (event.stream.id(), event.event.quantity))?;
        Ok(())
    }

    fn joined(&self, event: &Recorded<Joined>, tx: &SqliteTx) -> Result<(), BoxError> {
        let (id, joined) = (event.stream.id(), &event.event);
        let sql = "INSERT INTO {customers} VALUES (?1, ?2, ?3)";
        tx.execute(sql, (id, &joined.email, &joined.address))?;
        Ok(())
    }

    fn moved(&self, event: &Recorded<Moved>, tx: &SqliteTx) -> Result<(), BoxError> {
        let sql = "UPDATE {customers} SET address = ?2 WHERE id = ?1";
        tx.execute(sql, (event.stream.id(), &event.event.address))?;
        Ok(())
    }

    fn placed(&self, event: &Recorded<Placed>, tx: &SqliteTx) -> Result<(), BoxError> {
        let (id, at) = (event.stream.id(), event.recorded_at.as_micros());
        let Placed {
            customer, total, ..
        } = &event.event;
        let sql = "INSERT INTO {orders} VALUES (?1, ?2, ?3, ?4)";
        tx.execute(sql, (id, customer.0, total, at))?;
        Ok(())
    }
}

/// The seven questions, on a connection of their own: who asks holds up nobody who writes.
pub struct Questions(Connection);

impl Questions {
    pub fn of(file: &Path) -> Result<Self, BoxError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Self(Connection::open_with_flags(file, flags)?))
    }

    /// 1. Products of which fewer than ten are left.
    pub fn running_low(&self) -> Result<Vec<u32>, BoxError> {
        self.ids(
            "SELECT id FROM products WHERE quantity < 10 ORDER BY id",
            (),
        )
    }

    /// 2. The last ten orders, the latest first.
    pub fn last_ten(&self) -> Result<Vec<u32>, BoxError> {
        self.ids("SELECT id FROM orders ORDER BY at DESC LIMIT 10", ())
    }

    /// 3. Customers with this e-mail address, or at this place.
    pub fn who(&self, asked: &str) -> Result<Vec<u32>, BoxError> {
        let sql = "SELECT id FROM customers WHERE email = ?1 OR address = ?1 ORDER BY id";
        self.ids(sql, [asked])
    }

    /// 4. What was ordered in the month of this moment, in cents.
    pub fn month_total(&self, now: Timestamp) -> Result<i64, BoxError> {
        let sql = "SELECT ifnull(sum(total), 0) FROM orders \
                   WHERE at >= unixepoch(?1, 'unixepoch', 'start of month') * 1000000 \
                     AND at < unixepoch(?1, 'unixepoch', 'start of month', '+1 month') * 1000000";
        self.sum(sql, now.as_micros() / 1_000_000)
    }

    /// 5. What a customer has ordered in all, in cents.
    pub fn lifetime_value(&self, customer: CustomerId) -> Result<i64, BoxError> {
        let sql = "SELECT ifnull(sum(total), 0) FROM orders WHERE customer = ?1";
        self.sum(sql, customer.0.into())
    }

    /// 6. Products in whose names or descriptions these words stand.
    pub fn search(&self, words: &str) -> Result<Vec<u32>, BoxError> {
        self.ids(
            "SELECT CAST(product AS INTEGER) FROM texts WHERE text MATCH ?1 ORDER BY 1",
            [words],
        )
    }

    /// 7. The ten dearest products.
    pub fn ten_dearest(&self) -> Result<Vec<u32>, BoxError> {
        self.ids(
            "SELECT id FROM products ORDER BY price DESC, id LIMIT 10",
            (),
        )
    }

    fn ids(&self, sql: &str, params: impl Params) -> Result<Vec<u32>, BoxError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let ids = statement.query_map(params, |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    fn sum(&self, sql: &str, of: i64) -> Result<i64, BoxError> {
        let mut statement = self.0.prepare_cached(sql)?;
        Ok(statement.query_row([of], |row| row.get(0))?)
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shop.db");
    let desk = Desk::new(SqliteStore::open(&file).await?);
    let runner = desk.store.project(Shop);
    let shop = runner.handle();
    let running = tokio::spawn(runner.run());

    trade(&desk).await?;
    shop.wait_for(None, Duration::from_secs(60)).await?;
    let (questions, now) = (Questions::of(&file)?, desk.clock.now());
    println!("1. fewer than ten left: {:?}", questions.running_low()?);
    println!("2. the last ten orders: {:?}", questions.last_ten()?);
    println!(
        "3. at 3 Mill Lane:      {:?}",
        questions.who("3 Mill Lane")?
    );
    println!(
        "   c7@example.com:      {:?}",
        questions.who("c7@example.com")?
    );
    println!("4. this month, cents:   {}", questions.month_total(now)?);
    println!(
        "5. worth of customer 5: {}",
        questions.lifetime_value(CustomerId(5))?
    );
    println!(
        "6. `garden AND lamp`:   {:?}",
        questions.search("garden AND lamp")?
    );
    println!("7. the ten dearest:     {:?}", questions.ten_dearest()?);
    let answers = truth::check(&desk.store, &questions).await?;
    println!("{answers} answers compared with the events: all are right");

    shop.stop();
    running.await??;
    desk.store.close().await;
    Ok(())
}
