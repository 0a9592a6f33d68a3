//! The examples with snapshots against their locks, which know the states that their stored events make.
//!
//! Each is a program of its own, so each has a registry of its own here.

use eventsource_core::Registry;
use eventsource_schema::Lock;

#[path = "../../examples/credit/domain.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod credit;
#[path = "../../examples/downloads/domain.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod downloads;

/// Compares, or records, as the variable says that `lock!` follows.
fn assert(path: &str, registry: Registry) {
    Lock::new(path).registry(registry).assert();
}

#[test]
fn downloads() {
    assert(
        "../examples/downloads/schema.lock",
        Registry::new().with::<downloads::Downloads>(),
    );
}

#[test]
fn credit() {
    assert(
        "../examples/credit/schema.lock",
        Registry::new()
            .with::<credit::Customer>()
            .with::<credit::Order>()
            .with::<credit::Checkout>()
            .with_process::<credit::Checkout>(),
    );
}
