//! The catalogue example: each question of a shop that is known by heart, and all of them after weeks of trade, also when the
//! tables are made anew.

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/catalogue.rs"]
mod catalogue;

use std::path::Path;
use std::time::Duration;

use catalogue::domain::*;
use catalogue::{Questions, Shop, truth};
use eventsource_core::prelude::*;
use eventsource_core::{Clock, DecideError};
use eventsource_sqlite::rusqlite::Connection;
use eventsource_sqlite::{Durability, SqliteStore};

async fn desk(folder: &Path) -> Desk {
    let options = SqliteStore::options().durability(Durability::Process);
    Desk::new(options.open(folder.join("shop.db")).await.unwrap())
}

async fn list(desk: &Desk, id: u32, name: &str, description: &str, price: u32, quantity: u32) {
    let list = List {
        name: name.into(),
        description: description.into(),
        price,
    };
    desk.products.execute(&ProductId(id), list).await.unwrap();
    let deliver = Deliver { quantity };
    let delivered = desk.products.execute(&ProductId(id), deliver).await;
    delivered.unwrap();
}

async fn join(desk: &Desk, id: u32, email: &str, address: &str) {
    let join = Join {
        email: email.into(),
        address: address.into(),
    };
    desk.customers.execute(&CustomerId(id), join).await.unwrap();
}

#[tokio::test]
async fn each_question_has_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    list(&desk, 1, "lamp", "of brass, for the reading desk", 4900, 12).await;
    list(&desk, 2, "desk", "of oak", 19_900, 10).await;
    list(&desk, 3, "chair", "of oak and brass", 9900, 9).await;
    join(&desk, 1, "ann@example.com", "1 Mill Lane").await;
    join(&desk, 2, "bob@example.com", "1 Mill Lane").await;
    let to = |order, customer, product, quantity| {
        let (order, customer) = (OrderId(order), CustomerId(customer));
        desk.order(order, customer, ProductId(product), quantity)
    };
    to(1, 1, 1, 2).await.unwrap();
    // From the 14th of February to the 1st of March.
    desk.clock.advance(Duration::from_secs(15 * 24 * 60 * 60));
    to(2, 1, 3, 1).await.unwrap();
    to(3, 2, 2, 1).await.unwrap();
    let refused = to(4, 2, 2, 10).await;
    assert!(
        matches!(
            &refused,
            Err(DecideError::Refused(ShopError::TooFew { left: 9 }))
        ),
        "{refused:?}"
    );
    let address = "2 Mill Lane".to_owned();
    desk.customers
        .execute(&CustomerId(2), Move { address })
        .await
        .unwrap();
    desk.store.project(Shop).catch_up().await.unwrap();

    let asked = Questions::of(&folder.path().join("shop.db")).unwrap();
    assert_eq!(asked.running_low().unwrap(), [2, 3]);
    assert_eq!(asked.last_ten().unwrap(), [3, 2, 1]);
    assert_eq!(asked.who("1 Mill Lane").unwrap(), [1]);
    assert_eq!(asked.who("2 Mill Lane").unwrap(), [2]);
    assert_eq!(asked.who("bob@example.com").unwrap(), [2]);
    assert!(asked.who("bob").unwrap().is_empty());
    assert_eq!(asked.month_total(desk.clock.now()).unwrap(), 29_800);
    assert_eq!(asked.lifetime_value(CustomerId(1)).unwrap(), 19_700);
    assert_eq!(asked.lifetime_value(CustomerId(7)).unwrap(), 0);
    assert_eq!(asked.search("oak").unwrap(), [2, 3]);
    assert_eq!(asked.search("desk NOT lamp").unwrap(), [2]);
    assert_eq!(asked.search("\"reading desk\"").unwrap(), [1]);
    assert_eq!(asked.ten_dearest().unwrap(), [2, 3, 1]);
    desk.store.close().await;
}

#[tokio::test]
async fn weeks_of_trade_are_answered_as_the_events_say_also_by_tables_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path()).await;
    trade(&desk).await.unwrap();
    desk.store.project(Shop).catch_up().await.unwrap();
    let file = folder.path().join("shop.db");
    let asked = Questions::of(&file).unwrap();
    let answers = truth::check(&desk.store, &asked).await.unwrap();
    assert!(answers > 400, "{answers}");

    // Somebody writes into the tables by hand: each of these is found.
    let conn = Connection::open(&file).unwrap();
    for wrong in [
        "UPDATE products_v1 SET quantity = 3 WHERE id = 8",
        "UPDATE products_v1 SET price = 99999 WHERE id = 8",
        "UPDATE customers_v1 SET address = 'elsewhere' WHERE id = 8",
        "UPDATE orders_v1 SET customer = 39 WHERE id = 8",
        "UPDATE orders_v1 SET at = at - 5184000000000 WHERE id = 80",
        "DELETE FROM orders_v1 WHERE id = (SELECT max(id) FROM orders_v1)",
        "DELETE FROM texts_v1 WHERE product = '8'",
    ] {
        assert_eq!(conn.execute(wrong, []).unwrap(), 1, "{wrong}");
        let found = truth::check(&desk.store, &asked).await;
        assert!(found.is_err(), "{wrong}");
        desk.store.project(Shop).reset().await.unwrap();
        desk.store.project(Shop).catch_up().await.unwrap();
        let again = truth::check(&desk.store, &asked).await.unwrap();
        assert_eq!(again, answers);
    }
    desk.store.close().await;
}
