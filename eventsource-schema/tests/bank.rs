//! The bank's stored events against their lock, and its catalogue as it is checked in.

#[path = "../../examples/bank/account.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod account;
#[path = "../../examples/bank/date.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod date;
#[path = "../../examples/bank/money.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod money;

use eventsource_schema::Catalogue;
use expect_test::expect_file;

#[test]
fn stored_events_are_still_read() {
    eventsource_schema::lock!("../examples/bank/schema.lock");
}

#[test]
fn the_catalogue_is_the_one_that_is_checked_in() {
    expect_file!["../../examples/bank/catalogue.md"]
        .assert_eq(&Catalogue::discovered().to_markdown());
}
