//! Every answer again, computed from the events one after the other, by no projection and no query.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, LogScan, Timestamp};
use eventsource_sqlite::SqliteStore;

use super::Questions;
use super::domain::*;

/// What the events say.
#[derive(Default)]
struct Truth {
    products: BTreeMap<u32, Goods>,
    /// E-mail and address.
    customers: BTreeMap<u32, [String; 2]>,
    orders: Vec<(u32, Placed, Timestamp)>,
}

struct Goods {
    text: String,
    price: u32,
    quantity: u32,
}

impl Truth {
    async fn of(store: &SqliteStore) -> Result<Self, BoxError> {
        let mut truth = Self::default();
        for event in store.read_all(LogScan::default()).await? {
            let id = event.stream.id().parse()?;
            if let Ok(Listed {
                name,
                description,
                price,
            }) = event.decode_as()
            {
                let text = format!("{name} {description}");
                truth.products.insert(
                    id,
                    Goods {
                        text,
                        price,
                        quantity: 0,
                    },
                );
            } else if let Ok(Delivered { quantity }) = event.decode_as() {
                truth.products.get_mut(&id).ok_or("unlisted")?.quantity += quantity;
            } else if let Ok(Taken { quantity }) = event.decode_as() {
                truth.products.get_mut(&id).ok_or("unlisted")?.quantity -= quantity;
            } else if let Ok(Joined { email, address }) = event.decode_as() {
                truth.customers.insert(id, [email, address]);
            } else if let Ok(Moved { address }) = event.decode_as() {
                truth.customers.get_mut(&id).ok_or("unknown")?[1] = address;
            } else {
                truth
                    .orders
                    .push((id, event.decode_as()?, event.recorded_at));
            }
        }
        Ok(truth)
    }

    fn products(&self, which: impl Fn(&Goods) -> bool) -> Vec<u32> {
        let found = self.products.iter().filter(|(_, goods)| which(goods));
        found.map(|(id, _)| *id).collect()
    }

    fn total(&self, which: impl Fn(&Placed, Timestamp) -> bool) -> i64 {
        let found = self
            .orders
            .iter()
            .filter(|(_, placed, at)| which(placed, *at));
        found.map(|(_, placed, _)| i64::from(placed.total)).sum()
    }
}

/// Asks every question, of every customer, word and month, and compares the answers with the events. How many answers there
/// were that were not empty; an error if one is wrong.
pub async fn check(store: &SqliteStore, questions: &Questions) -> Result<usize, BoxError> {
    let truth = Truth::of(store).await?;
    let mut lists = vec![(
        questions.running_low()?,
        truth.products(|goods| goods.quantity < 10),
    )];
    let last = truth.orders.iter().rev().map(|(id, ..)| *id);
    lists.push((questions.last_ten()?, last.take(10).collect()));
    let mut dearest = truth.products(|_| true);
    dearest.sort_by_key(|id| Reverse(truth.products[id].price));
    dearest.truncate(10);
    lists.push((questions.ten_dearest()?, dearest));
    for asked in truth.customers.values().flatten() {
        let there = truth
            .customers
            .iter()
            .filter(|(_, known)| known.contains(asked));
        lists.push((questions.who(asked)?, there.map(|(id, _)| *id).collect()));
    }
    for word in WORDS {
        let says = |goods: &Goods| goods.text.split([' ', ',']).any(|other| other == word);
        lists.push((questions.search(word)?, truth.products(says)));
    }
    let mut sums = Vec::new();
    for (_, _, now) in &truth.orders {
        // The year and the month.
        let month = |time: &Timestamp| time.to_string()[..7].to_owned();
        let sum = truth.total(|_, at| month(&at) == month(now));
        sums.push((questions.month_total(*now)?, sum));
    }
    for id in truth.customers.keys().map(|id| CustomerId(*id)) {
        let sum = truth.total(|placed, _| placed.customer == id);
        sums.push((questions.lifetime_value(id)?, sum));
    }
    if let Some((told, true_one)) = lists.iter().find(|(told, true_one)| told != true_one) {
        return Err(format!("told {told:?}, and it is {true_one:?}").into());
    }
    if let Some((told, true_one)) = sums.iter().find(|(told, true_one)| told != true_one) {
        return Err(format!("told {told}, and it is {true_one}").into());
    }
    let lists = lists.iter().filter(|(told, _)| !told.is_empty()).count();
    Ok(lists + sums.iter().filter(|(told, _)| *told > 0).count())
}
