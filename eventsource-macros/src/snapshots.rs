//! What each macro writes for a typical input, formatted, in `snapshots/`: to be read in review.
//!
//! `UPDATE_EXPECT=1 cargo test -p eventsource-macros` writes the files anew.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use crate::message::Kind;
use crate::method::Role;
use crate::{
    aggregate, attribute, decision_model, id, message, method, process, projection, reactor,
};

fn check(expanded: TokenStream, snapshot: &ExpectFile) {
    let file = syn::parse2(expanded).expect("the expansion is a list of items");
    snapshot.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn event() {
    let item = quote! {
        /// An order was placed.
        #[event(name = "order.placed", version = 2, since = 2, stream = "order/{customer}-{article}")]
        pub struct Placed {
            #[tag]
            pub customer: CustomerId,
            #[tag = "sku"]
            pub article: String,
            pub count: u32,
        }
    };
    check(
        message::derive(Kind::Event, item),
        &expect_file!["../snapshots/event.rs"],
    );
}

#[test]
fn event_attribute() {
    let item = quote! {
        /// An order was placed.
        #[derive(Eq, Clone)]
        pub struct Placed {
            pub count: u32,
        }
    };
    let expanded = attribute::expand(
        &attribute::EVENT,
        quote!(name = "order.placed", without(PartialEq)),
        item,
    );
    check(expanded, &expect_file!["../snapshots/event_attribute.rs"]);
}

#[test]
fn event_attribute_with_own_types() {
    let item = quote! {
        pub struct Placed {
            pub customer: Option<Customer>,
            pub count: u32,
        }
    };
    let expanded = attribute::expand(&attribute::EVENT, TokenStream::new(), item);
    check(
        expanded,
        &expect_file!["../snapshots/event_attribute_with_own_types.rs"],
    );
}

#[test]
fn event_in_a_chain() {
    let item = quote! {
        #[event(version = 2, of = Opened, from = OpenedV1)]
        pub struct OpenedV2 {
            pub owner: String,
        }
    };
    check(
        message::derive(Kind::Event, item),
        &expect_file!["../snapshots/event_in_a_chain.rs"],
    );
}

#[test]
fn event_with_alias() {
    let item = quote! {
        #[event(name = "account.opened", alias("opened", "account.begun"), version = 3, since = 3)]
        pub struct Opened {
            pub owner: String,
        }
    };
    check(
        message::derive(Kind::Event, item),
        &expect_file!["../snapshots/event_with_alias.rs"],
    );
}

#[test]
fn event_with_upcast() {
    let item = quote! {
        #[event(name = "account.limited", version = 3, upcast(1 = limit::named, 2 = limit::in_euro))]
        pub struct Limited {
            pub cents: u64,
        }
    };
    check(
        message::derive(Kind::Event, item),
        &expect_file!["../snapshots/event_with_upcast.rs"],
    );
}

#[test]
fn event_that_was_split() {
    let item = quote! {
        #[event(name = "moved", into(Withdrawn, Deposited))]
        pub struct Moved {
            pub amount: u64,
        }
    };
    check(
        message::derive(Kind::Event, item),
        &expect_file!["../snapshots/event_that_was_split.rs"],
    );
}

#[test]
fn value() {
    let item = quote! {
        #[derive(Copy, PartialEq)]
        pub struct Money(i64);
    };
    let expanded = attribute::expand(&attribute::VALUE, TokenStream::new(), item);
    check(expanded, &expect_file!["../snapshots/value.rs"]);
}

#[test]
fn event_enum() {
    let item = quote! {
        pub enum OrderEvent {
            Placed(Placed),
            #[event(name = "order.shipped")]
            Shipped {
                #[tag]
                parcel: String,
                weight: u32,
            },
            Cancelled,
        }
    };
    check(
        message::derive(Kind::Event, item),
        &expect_file!["../snapshots/event_enum.rs"],
    );
}

#[test]
fn command() {
    let item = quote! {
        pub struct Place {
            pub count: u32,
        }
    };
    check(
        message::derive(Kind::Command, item),
        &expect_file!["../snapshots/command.rs"],
    );
}

#[test]
fn command_enum() {
    let item = quote! {
        #[command(crate = renamed::runtime)]
        pub enum OrderCommand {
            Place(Place),
            Cancel,
        }
    };
    check(
        message::derive(Kind::Command, item),
        &expect_file!["../snapshots/command_enum.rs"],
    );
}

#[test]
fn aggregate_with_lists() {
    let item = quote! {
        /// An order of a customer.
        ///
        /// It is placed once.
        #[aggregate(
            name = "order",
            id = OrderId,
            error = OrderError,
            events(Placed, #[cfg(feature = "returns")] Returned),
            commands(Place),
            invariant = Order::is_sound,
        )]
        pub struct Order {
            count: u32,
        }
    };
    check(
        aggregate::derive(item),
        &expect_file!["../snapshots/aggregate.rs"],
    );
}

#[test]
fn aggregate_with_snapshots() {
    let item = quote! {
        /// An order.
        pub struct Order {
            /// How many.
            pub count: u32,
        }
    };
    let arguments = quote!(
        id = OrderId,
        error = OrderError,
        events = OrderEvent,
        commands = OrderCommand,
        snapshot(every = 50, version = 2)
    );
    let expanded = attribute::expand(&attribute::AGGREGATE, arguments, item);
    let derived = quote! {
        #[aggregate(id = OrderId, error = OrderError, events(Placed, #[cfg(feature = "returns")] Returned),
            commands = OrderCommand, snapshot(every = 50, version = 2))]
        pub struct Order {
            pub count: u32,
        }
    };
    let derived = aggregate::derive(derived).to_string();
    let start = derived
        .find("impl __p :: Snapshotted")
        .expect("it is there");
    let end = derived[start..]
        .find("impl __p :: Registered")
        .expect("the next one");
    let implementation: TokenStream = derived[start..start + end].parse().expect("tokens");
    check(
        quote!(#expanded #implementation),
        &expect_file!["../snapshots/aggregate_with_snapshots.rs"],
    );
}

#[test]
fn aggregate_with_own_enums() {
    let item = quote! {
        #[aggregate(id = OrderId, error = OrderError, events = OrderEvent, commands = OrderCommand)]
        enum Order {
            Draft { count: u32 },
            Paid,
        }
    };
    check(
        aggregate::derive(item),
        &expect_file!["../snapshots/aggregate_with_own_enums.rs"],
    );
}

#[test]
fn model() {
    let item = quote! {
        #[decision_model(events(Placed, #[cfg(feature = "returns")] Returned))]
        pub struct Stock {
            #[tag = "sku"]
            article: Article,
            left: u32,
        }
    };
    check(
        decision_model::derive(item),
        &expect_file!["../snapshots/decision_model.rs"],
    );
}

#[test]
fn model_of_any_event() {
    let item = quote! {
        #[decision_model(name = "trail", any_event)]
        struct Trail {
            #[tag]
            customer: CustomerId,
            steps: Vec<String>,
        }
    };
    check(
        decision_model::derive(item),
        &expect_file!["../snapshots/decision_model_of_any_event.rs"],
    );
}

#[test]
fn id() {
    check(
        id::derive(quote!(
            pub struct OrderId(Uuid);
        )),
        &expect_file!["../snapshots/id.rs"],
    );
}

#[test]
fn apply() {
    let item = quote! {
        impl Order {
            fn placed(event: &Placed) -> Self {
                Self { count: event.count }
            }

            #[cfg(feature = "returns")]
            fn returned(&mut self, _: &Returned, meta: &EventMeta) {
                self.last = meta.recorded_at();
            }
        }
    };
    check(
        method::expand(Role::Apply, TokenStream::new(), item),
        &expect_file!["../snapshots/apply.rs"],
    );
}

#[test]
fn handle() {
    let item = quote! {
        impl Order {
            fn place(command: Place) -> Result<Placed, OrderError> {
                Ok(Placed { count: command.count })
            }

            /// Sends it back.
            #[command(name = "order.return")]
            pub fn send_back(&self, count: u32, context: &Context<Self>) -> Result<Returned, OrderError> {
                Ok(Returned { count, at: context.now() })
            }
        }
    };
    check(
        method::expand(Role::Handle, TokenStream::new(), item),
        &expect_file!["../snapshots/handle.rs"],
    );
}

/// A body that does not parse yet is passed on as it is: completion in an editor goes on.
#[test]
fn handle_with_half_typed_body() {
    let item = quote! {
        impl Order {
            fn place(&self, command: Place) -> Result<Placed, OrderError> {
                self.
            }

            fn cancel(&mut self, _: Cancel) -> Cancelled {
                Cancelled
            }
        }
    };
    let expanded = method::expand(Role::Handle, TokenStream::new(), item).to_string();
    assert!(expanded.contains("{ self . }"), "{expanded}");
    assert!(expanded.contains("type __M1 = Cancel"), "{expanded}");
    assert!(expanded.contains("takes `&self`"), "{expanded}");
}

#[test]
fn projection_within() {
    let block = quote! {
        impl Balances {
            #[create]
            fn tables(&self, tx: &SqliteTx) -> Result<()> {
                tx.execute_batch("CREATE TABLE {balances} (account TEXT PRIMARY KEY)")
            }

            /// An account was opened.
            fn opened(&self, event: &Recorded<Opened>, tx: &SqliteTx) -> Result<()> {
                tx.execute("INSERT INTO {balances} VALUES (?1)", [event.stream.id()])
            }

            #[cfg(feature = "closing")]
            fn closed(&self, event: &Recorded<account::Closed>, tx: &SqliteTx) {}

            #[forget]
            fn forget(&self, stream: &StreamName, tx: &SqliteTx) -> Result<()> {
                tx.execute("DELETE FROM {balances} WHERE account = ?1", [stream.id()])
            }
        }
    };
    let expanded = projection::expand(quote!(name = "balances", version = 2), block);
    check(expanded, &expect_file!["../snapshots/projection_within.rs"]);
}

#[test]
fn projection_through() {
    let block = quote! {
        impl Balances {
            #[create]
            async fn tables(&self, tx: &mut PgTx) -> Result<()> {
                tx.execute_batch("CREATE TABLE {balances} (account TEXT PRIMARY KEY)").await
            }

            async fn opened(&self, event: &Recorded<Opened>, tx: &mut PgTx) -> Result<()> {
                tx.execute("INSERT INTO {balances} VALUES ($1)", &[&event.stream.id()]).await
            }
        }
    };
    let expanded = projection::expand(quote!(name = "balances"), block);
    check(
        expanded,
        &expect_file!["../snapshots/projection_through.rs"],
    );
}

#[test]
fn projection_state() {
    let block = quote! {
        impl Owners {
            fn opened(&mut self, event: &Recorded<Opened>) {
                self.0.push(event.event.owner.clone());
            }
        }
    };
    let expanded = projection::expand(quote!(name = "owners"), block);
    check(expanded, &expect_file!["../snapshots/projection_state.rs"]);
}

#[test]
fn a_reactor() {
    let block = quote! {
        impl Mailer {
            async fn opened(&self, event: &Recorded<Opened>, key: &ReactionKey) -> Result<(), MailError> {
                self.mails.send(key, &event.event.owner).await
            }
        }
    };
    let expanded = reactor::expand(quote!(name = "welcome-mail", from = start), block);
    check(expanded, &expect_file!["../snapshots/reactor.rs"]);
}

#[test]
fn a_process() {
    let block = quote! {
        impl Transfer {
            fn requested(event: &Recorded<Requested>) -> Next<Self> {
                Next::record(Begun { amount: event.event.amount })
            }

            #[key(event.event.transfer)]
            fn withdrawn(&self, event: &Recorded<Withdrawn>) -> Result<Next<Self>, Odd> {
                Ok(Next::record(Taken))
            }

            fn overdue(&self, _: &Overdue) -> Next<Self> {
                Next::nothing()
            }

            fn deposit_refused(&self, refused: &Refused<Deposit>) -> Next<Self> {
                Next::record(Failed { reason: refused.reason.clone() }).end()
            }
        }
    };
    let expanded = process::expand(quote!(tag = "transfer", from = start), block);
    check(expanded, &expect_file!["../snapshots/process.rs"]);
}

#[test]
fn a_timer() {
    let item = quote! {
        pub struct Overdue {
            pub attempt: u32,
        }
    };
    let expanded = attribute::expand(&attribute::TIMER, quote!(name = "overdue"), item);
    check(expanded, &expect_file!["../snapshots/timer.rs"]);
}

#[test]
fn projection_outside() {
    let block = quote! {
        impl Index {
            async fn opened(&self, event: &Recorded<Opened>) -> Result<(), IndexError> {
                self.client.put(event.position, &event.event.owner).await
            }
        }
    };
    let expanded = projection::expand(quote!(name = "index", crate = renamed), block);
    check(
        expanded,
        &expect_file!["../snapshots/projection_outside.rs"],
    );
}
