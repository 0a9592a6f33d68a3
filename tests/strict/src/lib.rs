//! An order, in a project whose lints forbid what can be forbidden: generated code gives no warning.
//!
//! It compiles, or clippy finds something: that is the test. It has every kind of visibility, of conditions and of
//! serde's attributes.

use std::error::Error;
use std::fmt::{self, Display};

use es::prelude::*;

pub mod readers;

/// Why an order refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused;

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be done")
    }
}

impl Error for Refused {}

/// Which order.
#[derive(Id)]
#[id(crate = es)]
pub struct OrderId(String);

/// An amount.
#[value(crate = es)]
#[derive(Copy, Eq, Default)]
pub struct Money(i64);

/// How it is paid for.
#[value(crate = es)]
#[derive(Default)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payment {
    /// Later.
    #[default]
    Invoice,
    /// At once.
    Card {
        /// The last digits.
        digits: u16,
    },
    #[cfg(feature = "returns")]
    /// With a voucher.
    Voucher {
        /// Its number.
        number: u32,
    },
}

/// It was placed, when there was no price.
#[deprecated = "replayed for ever"]
#[event(crate = es, version = 1, of = Placed)]
#[derive(Eq)]
pub struct PlacedV1 {
    /// By whom.
    pub customer: String,
}

#[allow(deprecated, reason = "what was placed is replayed for ever")]
impl From<PlacedV1> for Placed {
    fn from(old: PlacedV1) -> Self {
        Self {
            customer: old.customer,
            count: 1,
            ..Self::default()
        }
    }
}

/// It was placed.
#[event(crate = es, name = "order.placed", version = 2, from = PlacedV1, alias("placed", "Placed"))]
#[derive(Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Placed {
    /// By whom.
    #[tag]
    pub customer: String,
    /// What for.
    #[tag = "sku"]
    #[serde(rename = "sku", alias = "article")]
    pub(crate) article: String,
    /// How many.
    #[serde(default = "one")]
    pub count: u32,
    /// The price.
    #[serde(default)]
    pub price: Money,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// Not stored.
    #[serde(skip)]
    pub shown: bool,
    /// In place.
    #[cfg(feature = "returns")]
    #[serde(default)]
    pub returnable: bool,
}

const fn one() -> u32 {
    1
}

/// It was sent.
#[deprecated = "replayed for ever"]
#[event(crate = es, name = "order.sent")]
#[derive(Eq)]
pub struct Sent;

/// It came back.
#[cfg(feature = "returns")]
#[event(crate = es)]
pub struct Returned;

/// Places it.
#[command(crate = es)]
pub struct Place {
    /// By whom.
    pub customer: String,
    /// The price.
    pub price: Money,
}

/// An order.
#[allow(deprecated, reason = "what was sent is replayed for ever")]
#[aggregate(
    crate = es,
    name = "order",
    id = OrderId,
    error = Refused,
    events(Placed, Sent, #[cfg(feature = "returns")] Returned),
    commands(Place, Send, #[cfg(feature = "returns")] SendBack),
    invariant = Self::is_sound,
    snapshot(every = 10),
)]
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Order {
    placed: bool,
    sent: bool,
}

impl Order {
    const fn is_sound(&self) -> bool {
        self.placed || !self.sent
    }
}

#[allow(deprecated, reason = "what was sent is replayed for ever")]
#[apply(crate = es)]
impl Order {
    fn placed(&mut self, event: &Placed) {
        self.placed = event.count > 0;
    }

    fn sent(&mut self, _: &Sent, meta: &EventMeta<'_>) {
        self.sent = meta.version() != es::Version::NONE;
    }

    #[cfg(feature = "returns")]
    fn returned(&mut self, _: &Returned) {
        self.sent = false;
    }
}

#[handle(crate = es)]
impl Order {
    fn place(&self, command: Place) -> Result<Placed, Refused> {
        ensure!(!self.placed, Refused);
        Ok(Placed {
            customer: command.customer,
            count: 1,
            price: command.price,
            ..Placed::default()
        })
    }

    /// Sends it.
    #[allow(deprecated, reason = "what was sent is replayed for ever")]
    #[command]
    pub fn send(&self, context: &Context<'_, Self>) -> Option<Sent> {
        (self.placed && context.version() != es::Version::NONE).then_some(Sent)
    }

    /// Sends it back.
    #[cfg(feature = "returns")]
    #[command(name = "order.return")]
    pub fn send_back(&self, reason: String) -> Result<(Returned, Returned), Refused> {
        ensure!(!reason.is_empty(), Refused);
        Ok((Returned, Returned))
    }
}

/// Modules, for what is visible in part.
pub mod shelf {
    /// Within.
    pub(crate) mod inner {
        use es::prelude::*;

        use crate::Refused;

        #[event(crate = es, from = Exchanged)]
        pub(in crate::shelf) struct Filled {
            pub(super) with: String,
        }

        #[event(crate = es, version = 2, from = Exchanged, upcast(1 = super::without_reason))]
        pub(super) struct Emptied;

        #[event(crate = es, into(Filled, Emptied), since = 1)]
        pub(super) struct Exchanged;

        impl From<Exchanged> for Emptied {
            fn from(_: Exchanged) -> Self {
                Self
            }
        }

        impl From<Exchanged> for Filled {
            fn from(_: Exchanged) -> Self {
                Self {
                    with: String::new(),
                }
            }
        }

        #[aggregate(
            crate = es,
            id = u64,
            error = Refused,
            events(Filled, Emptied),
            commands(Fill, Empty),
            retired("Polished"),
        )]
        #[derive(Default)]
        pub(super) struct Shelf {
            what: Option<String>,
        }

        #[apply(crate = es)]
        impl Shelf {
            fn filled(&mut self, event: &Filled) {
                self.what = Some(event.with.clone());
            }

            fn emptied(&mut self, _: &Emptied) {
                self.what = None;
            }
        }

        #[handle(crate = es)]
        impl Shelf {
            #[command]
            pub(super) fn fill(&self, with: String) -> Filled {
                Filled { with }
            }

            #[command]
            pub(super) fn empty(&self) -> Option<Emptied> {
                self.what.as_ref().map(|_| Emptied)
            }
        }

        impl Shelf {
            pub(super) const fn is_filled(&self) -> bool {
                self.what.is_some()
            }
        }
    }

    fn without_reason(_: es::Value) -> es::Value {
        es::Value::Null
    }

    /// Whether a shelf is filled once something was put on it.
    #[must_use]
    pub fn is_filled() -> bool {
        use es::prelude::*;

        let filled = inner::Filled { with: "tea".into() };
        let events = [filled.into()];
        let shelf = inner::Shelf::fold(&events);
        matches!(shelf, Ok(Some(shelf)) if shelf.is_filled())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_works_as_any_other() {
        let placed = Placed {
            customer: "anna".into(),
            count: 1,
            ..Placed::default()
        };
        let place = Place {
            customer: "anna".into(),
            price: Money::default(),
        };
        drop(Order::given(()).when(place).then(placed));
        assert!(shelf::is_filled());
    }
}
