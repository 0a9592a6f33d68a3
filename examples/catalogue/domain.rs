//! The shop itself: products, customers, orders, and what happens to them in nine weeks.

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, DecideError, Decided, ManualClock, Timestamp};
use eventsource_sqlite::SqliteStore;

#[derive(Id, Copy)]
pub struct ProductId(pub u32);
#[derive(Id, Copy)]
pub struct CustomerId(pub u32);
#[derive(Id, Copy)]
pub struct OrderId(pub u32);

#[event(name = "product.listed")]
pub struct Listed {
    pub name: String,
    pub description: String,
    pub price: u32,
}
#[event(name = "product.delivered")]
pub struct Delivered {
    pub quantity: u32,
}
#[event(name = "product.taken")]
pub struct Taken {
    pub quantity: u32,
}
#[event(name = "customer.joined")]
pub struct Joined {
    pub email: String,
    pub address: String,
}
#[event(name = "customer.moved")]
pub struct Moved {
    pub address: String,
}
#[event(name = "order.placed")]
pub struct Placed {
    pub customer: CustomerId,
    pub product: ProductId,
    pub quantity: u32,
    pub total: u32,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ShopError {
    #[error("only {left} are left")]
    TooFew { left: u32 },
}

#[aggregate(name = "product", id = ProductId, error = ShopError, events(Listed, Delivered, Taken), commands(List, Deliver, Take))]
pub struct Product {
    price: u32,
    quantity: u32,
}

#[handle]
impl Product {
    #[command]
    pub fn list(name: String, description: String, price: u32) -> Listed {
        Listed {
            name,
            description,
            price,
        }
    }

    #[command]
    pub fn deliver(&self, quantity: u32) -> Delivered {
        Delivered { quantity }
    }

    #[command]
    pub fn take(&self, quantity: u32) -> Result<Taken, ShopError> {
        let left = self.quantity;
        ensure!(quantity <= left, ShopError::TooFew { left });
        Ok(Taken { quantity })
    }
}

#[apply]
impl Product {
    fn listed(event: &Listed) -> Self {
        Self {
            price: event.price,
            quantity: 0,
        }
    }

    fn delivered(&mut self, event: &Delivered) {
        self.quantity += event.quantity;
    }

    fn taken(&mut self, event: &Taken) {
        self.quantity -= event.quantity;
    }
}

#[aggregate(name = "customer", id = CustomerId, error = ShopError, events(Joined, Moved), commands(Join, Move))]
pub struct Customer {
    address: String,
}

#[handle]
impl Customer {
    #[command]
    pub fn join(email: String, address: String) -> Joined {
        Joined { email, address }
    }

    #[command]
    pub fn r#move(&self, address: String) -> Option<Moved> {
        (address != self.address).then_some(Moved { address })
    }
}

#[apply]
impl Customer {
    fn joined(event: &Joined) -> Self {
        Self {
            address: event.address.clone(),
        }
    }

    fn moved(&mut self, event: &Moved) {
        self.address.clone_from(&event.address);
    }
}

#[aggregate(name = "order", id = OrderId, error = ShopError, events(Placed), commands(Place))]
pub struct Order;

#[handle]
impl Order {
    #[command]
    pub fn place(customer: CustomerId, product: ProductId, quantity: u32, total: u32) -> Placed {
        Placed {
            customer,
            product,
            quantity,
            total,
        }
    }
}

#[apply]
impl Order {
    fn placed(_: &Placed) -> Self {
        Self
    }
}

/// The shop's three repositories, on one store and one clock.
pub struct Desk {
    pub store: SqliteStore,
    pub clock: Arc<ManualClock>,
    pub products: Repository<Product, SqliteStore>,
    pub customers: Repository<Customer, SqliteStore>,
    orders: Repository<Order, SqliteStore>,
}

impl Desk {
    pub fn new(store: SqliteStore) -> Self {
        // 2026-02-14
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(
            1_771_027_200_000_000,
        )));
        Self {
            products: Repository::new(store.clone()).clock(Arc::clone(&clock)),
            customers: Repository::new(store.clone()).clock(Arc::clone(&clock)),
            orders: Repository::new(store.clone()).clock(Arc::clone(&clock)),
            store,
            clock,
        }
    }

    /// Takes the goods and places the order, both or neither.
    pub async fn order(
        &self,
        order: OrderId,
        customer: CustomerId,
        product: ProductId,
        quantity: u32,
    ) -> Result<Decided, DecideError<ShopError>> {
        let both = (self.products.at(&product), self.orders.at(&order));
        let decision = self.store.decide(both, |(goods, order)| {
            goods.execute(Take { quantity })?;
            let price = goods.state().map_or(0, |product| product.price);
            let total = price * quantity;
            order.execute(Place {
                customer,
                product,
                quantity,
                total,
            })
        });
        decision.await
    }
}

const PRODUCTS: u32 = 60;
const CUSTOMERS: u32 = 40;
const ORDERS: u32 = 400;
pub const WORDS: [&str; 6] = ["oak", "steel", "garden", "folding", "kitchen", "lamp"];

/// Nine weeks in the life of a shop.
pub async fn trade(desk: &Desk) -> Result<(), BoxError> {
    for id in 0..PRODUCTS {
        let word = |number: u32| WORDS[(number % 6) as usize];
        let list = List {
            name: format!("{} {id}", word(id)),
            description: format!("for the {}, of {}", word(id / 6), word(id * 5 + id / 7)),
            price: 100 + id * 7919 % 5000,
        };
        let id = ProductId(id);
        desk.products.execute(&id, list).await?;
        let quantity = 22 + id.0 % 9;
        desk.products.execute(&id, Deliver { quantity }).await?;
    }
    for id in 0..CUSTOMERS {
        let (email, address) = (
            format!("c{id}@example.com"),
            format!("{} Mill Lane", id / 2),
        );
        desk.customers
            .execute(&CustomerId(id), Join { email, address })
            .await?;
    }
    for id in 0..ORDERS {
        desk.clock.advance(Duration::from_secs(4 * 60 * 60));
        let (customer, product) = (CustomerId(id * 31 % 37), ProductId(id * 13 % PRODUCTS));
        match desk.order(OrderId(id), customer, product, 1 + id % 4).await {
            Ok(_) | Err(DecideError::Refused(ShopError::TooFew { .. })) => {}
            Err(failed) => return Err(failed.into()),
        }
        if id % 50 == 0 {
            let address = format!("{id} Harbour Road");
            desk.customers
                .execute(&CustomerId(id / 10), Move { address })
                .await?;
        }
    }
    Ok(())
}
