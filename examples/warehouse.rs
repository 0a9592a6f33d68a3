//! A product in a warehouse: received, reserved, released, shipped; never below zero. A bad event never makes a good
//! aggregate: it is reported, with its place, and commands are refused until it is mended.
//!
//! `cargo run --release --example warehouse [EVENTS]`: how many events are folded at the end, ten million unless given.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, ExecuteError, LoadError, MemoryStore, NewEvent, StreamName, Timestamp,
};

#[event(name = "product.received")]
pub struct Received {
    pub quantity: i64,
}

#[event(name = "product.reserved")]
pub struct Reserved {
    pub quantity: i64,
}

#[event(name = "product.released")]
pub struct Released {
    pub quantity: i64,
}

#[event(name = "product.shipped")]
pub struct Shipped {
    pub quantity: i64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ProductError {
    #[error("a quantity is at least one")]
    NoQuantity,
    #[error("only {free} are free")]
    NotFree { free: i64 },
    #[error("only {reserved} are reserved")]
    NotReserved { reserved: i64 },
}

#[aggregate(
    name = "product",
    id = String,
    error = ProductError,
    events(Received, Reserved, Released, Shipped),
    commands(Receive, Reserve, Release, Ship),
    invariant = Product::is_possible,
)]
#[derive(Default, Clone, PartialEq)]
pub struct Product {
    on_hand: i64,
    reserved: i64,
}

impl Product {
    fn is_possible(&self) -> bool {
        0 <= self.reserved && self.reserved <= self.on_hand
    }
}

#[handle]
impl Product {
    #[command]
    pub fn receive(&self, quantity: i64) -> Result<Received, ProductError> {
        ensure!(quantity > 0, ProductError::NoQuantity);
        Ok(Received { quantity })
    }

    #[command]
    pub fn reserve(&self, quantity: i64) -> Result<Reserved, ProductError> {
        ensure!(quantity > 0, ProductError::NoQuantity);
        let free = self.on_hand - self.reserved;
        ensure!(quantity <= free, ProductError::NotFree { free });
        Ok(Reserved { quantity })
    }

    #[command]
    pub fn release(&self, quantity: i64) -> Result<Released, ProductError> {
        self.has_reserved(quantity)?;
        Ok(Released { quantity })
    }

    #[command]
    pub fn ship(&self, quantity: i64) -> Result<Shipped, ProductError> {
        self.has_reserved(quantity)?;
        Ok(Shipped { quantity })
    }
}

impl Product {
    fn has_reserved(&self, quantity: i64) -> Result<(), ProductError> {
        let reserved = self.reserved;
        ensure!(quantity > 0, ProductError::NoQuantity);
        ensure!(quantity <= reserved, ProductError::NotReserved { reserved });
        Ok(())
    }
}

#[apply]
impl Product {
    fn received(&mut self, event: &Received) {
        self.on_hand += event.quantity;
    }

    fn reserved(&mut self, event: &Reserved) {
        self.reserved += event.quantity;
    }

    fn released(&mut self, event: &Released) {
        self.reserved -= event.quantity;
    }

    fn shipped(&mut self, event: &Shipped) {
        self.reserved -= event.quantity;
        self.on_hand -= event.quantity;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MemoryStore::new();
    let products = Repository::<Product, _>::new(store.clone());
    let soap = "soap".to_owned();
    products.execute(&soap, Receive { quantity: 100 }).await?;
    products.execute(&soap, Reserve { quantity: 70 }).await?;
    products.execute(&soap, Ship { quantity: 20 }).await?;
    products.execute(&soap, Release { quantity: 10 }).await?;
    let product = products.load(&soap).await?;
    println!(
        "soap: {} on hand, {} reserved",
        product.on_hand, product.reserved
    );
    match products.execute(&soap, Reserve { quantity: 50 }).await {
        Err(ExecuteError::Refused(refusal)) => println!("reserve 50: {refusal}"),
        other => return Err(format!("50 are not free, and the answer is {other:?}").into()),
    }

    // Somebody writes past the aggregate: ships what is not there.
    let bad = Append::to(StreamName::new("product", &soap)?)
        .event(written_by_hand(r#"{"quantity": 500}"#));
    store.append(Arc::new(bad)).await?;
    match products.load(&soap).await {
        Err(LoadError::Corrupt(corrupt)) => println!("load: {corrupt}"),
        other => return Err(format!("that cannot be, and the answer is {other:?}").into()),
    }
    match products.execute(&soap, Ship { quantity: 1 }).await {
        Err(ExecuteError::Load(LoadError::Corrupt(_))) => {
            println!("ship 1: refused until it is mended");
        }
        other => return Err(format!("nothing may follow, and the answer is {other:?}").into()),
    }

    let events = std::env::args()
        .nth(1)
        .map_or(Ok(10_000_000), |events| events.parse())?;
    fold(events)
}

fn written_by_hand(payload: &str) -> NewEvent {
    NewEvent {
        name: Shipped::NAME.into(),
        schema: 1,
        format: "json".into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![],
    }
}

/// Folds so many events by the framework and by a loop over a match, and says how long each took.
fn fold(count: usize) -> Result<(), Box<dyn Error>> {
    let event = |number: usize| -> ProductEvent {
        match number % 4 {
            0 => Received { quantity: 2 }.into(),
            1 => Reserved { quantity: 2 }.into(),
            2 => Released { quantity: 1 }.into(),
            _ => Shipped { quantity: 1 }.into(),
        }
    };
    let events: Vec<_> = (0..count).map(event).collect();
    let began = Instant::now();
    let folded = Product::fold(black_box(&events))?.unwrap_or_default();
    let by_framework = began.elapsed();
    let began = Instant::now();
    let mut by_hand = Product::default();
    for event in black_box(&events) {
        match event {
            ProductEvent::Received(event) => by_hand.on_hand += event.quantity,
            ProductEvent::Reserved(event) => by_hand.reserved += event.quantity,
            ProductEvent::Released(event) => by_hand.reserved -= event.quantity,
            ProductEvent::Shipped(event) => {
                by_hand.reserved -= event.quantity;
                by_hand.on_hand -= event.quantity;
            }
        }
    }
    let loop_by_hand = began.elapsed();
    if folded != by_hand {
        return Err(format!("{folded:?} is not {by_hand:?}").into());
    }
    println!("{count} events folded in {by_framework:.1?}, by hand in {loop_by_hand:.1?}");
    Ok(())
}
