//! What the store knows: all accounts, the statement of one, and its balance on an earlier day.

use std::error::Error;
use std::fmt::Write;

use eventsource_core::prelude::*;
use eventsource_core::{LoadError, LogScan, Query};

use crate::account::{Account, AccountEvent, AccountId, Opened, Overdrawn};
use crate::date::Date;
use crate::entry::Entry;
use crate::money::Money;

type Accounts<S> = Repository<Account, S>;

/// Every account with its balance, and how many events there are.
pub async fn overview<S: Store>(accounts: &Accounts<S>) -> Result<String, Box<dyn Error>> {
    // A repository knows accounts by their ids only; which there are, the whole store's events tell.
    let opened = LogScan::default().matching(Query::types([Opened::NAME]));
    let mut ids = Vec::new();
    for event in accounts.store().read_all(opened).await? {
        ids.push(AccountId::parse(event.stream.id())?);
    }
    ids.sort_unstable();
    let mut events = 0;
    let mut text = format!(
        "{:>9}  {:<10}  {:>14}  {:>10}  {:>6}\n",
        "account", "opened", "balance", "overdrafts", "events"
    );
    for id in &ids {
        let account = accounts.load(id).await?;
        let Account {
            opened,
            balance,
            overdrafts,
            ..
        } = account.state();
        let version = account.version();
        writeln!(
            text,
            "{id:>9}  {opened}  {balance:>14}  {overdrafts:>10}  {version:>6}"
        )?;
        events += version.0;
    }
    writeln!(text, "{} accounts, {events} events", ids.len())?;
    Ok(text)
}

/// Everything that happened to an account, with its balance after it.
pub async fn statement<S: Store>(
    accounts: &Accounts<S>,
    id: &AccountId,
) -> Result<String, Box<dyn Error>> {
    let mut text = format!("Statement of account {id}\n");
    let mut balance = Money::ZERO;
    for recorded in accounts.history(id).await? {
        let Entry { date, what, moved } = Entry::from(&recorded.event);
        balance += moved;
        match recorded.event {
            AccountEvent::Overdrawn(Overdrawn { by, .. }) => {
                writeln!(text, "  {date}  {what} by {by}")?;
            }
            _ => writeln!(text, "  {date}  {what:<18}  {moved:>10}  {balance:>10}")?,
        }
    }
    Ok(text)
}

/// The balance that an account had at the end of a day: business dates are in the events, so its history tells which
/// version it had then, and the repository loads that one.
pub async fn balance_on<S: Store>(
    accounts: &Accounts<S>,
    id: &AccountId,
    day: Date,
) -> Result<Option<Money>, LoadError> {
    let history = accounts.history(id).await?;
    let until_then = history
        .iter()
        .take_while(|recorded| Entry::from(&recorded.event).date <= day);
    match until_then.last() {
        Some(last) => Ok(Some(
            accounts
                .load_at(id, AsOf::Version(last.version))
                .await?
                .balance,
        )),
        None => Ok(None),
    }
}
