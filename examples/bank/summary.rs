//! What an import has done, in numbers, and how it is told.

use std::collections::BTreeMap;
use std::fmt;

use crate::account::AccountId;
use crate::check::Difference;

/// How many differences are told one by one.
const SHOWN: usize = 5;

/// What became of the lines of one kind.
#[derive(Debug, Default)]
pub struct Lines {
    pub new: u64,
    pub there: u64,
    pub refused: u64,
    pub malformed: u64,
}

impl Lines {
    pub fn read(&self) -> u64 {
        self.new + self.there + self.refused + self.malformed
    }

    fn add(&mut self, other: &Self) {
        self.new += other.new;
        self.there += other.there;
        self.refused += other.refused;
        self.malformed += other.malformed;
    }
}

/// The whole import, or one worker's part of it.
#[derive(Debug, Default)]
pub struct Summary {
    pub transactions: Lines,
    pub accounts: Lines,
    /// How many events were recorded.
    pub events: usize,
    pub days: u64,
    pub differing_days: u64,
    /// The first day that differs, of each account that has one.
    pub differences: BTreeMap<AccountId, Difference>,
    /// The first line of an account that was refused or malformed.
    pub left_out: BTreeMap<AccountId, u64>,
    /// Malformed lines that do not even tell their account.
    pub anonymous: u64,
}

impl Summary {
    /// Adds another part, of other accounts.
    pub fn add(&mut self, other: Self) {
        self.transactions.add(&other.transactions);
        self.accounts.add(&other.accounts);
        self.events += other.events;
        self.days += other.days;
        self.differing_days += other.differing_days;
        self.anonymous += other.anonymous;
        self.differences.extend(other.differences);
        for (account, line) in other.left_out {
            self.leave_out(account, line);
        }
    }

    /// Notes a line that was not booked.
    pub fn leave_out(&mut self, account: AccountId, line: u64) {
        let first = self.left_out.entry(account).or_insert(line);
        *first = line.min(*first);
    }

    pub fn commands(&self) -> u64 {
        self.transactions.read() + self.accounts.read()
            - self.transactions.malformed
            - self.accounts.malformed
    }

    /// Whether every line was booked, and every balance is the bank's.
    pub fn is_clean(&self) -> bool {
        let lines = [&self.transactions, &self.accounts];
        self.differing_days == 0
            && lines
                .iter()
                .all(|lines| lines.refused + lines.malformed == 0)
    }

    /// What may have led to a difference.
    fn cause(&self, account: AccountId) -> String {
        match self.left_out.get(&account) {
            Some(line) => format!("; line {line} is of this account, and was left out"),
            None if self.anonymous > 0 => "; a malformed line may be of this account".into(),
            None => String::new(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            transactions,
            accounts,
            ..
        } = self;
        if self.events == 0 {
            writeln!(f, "There was nothing new.\n")?;
        }
        writeln!(f, "{:<20}{:>14}{:>12}", "", "transactions", "accounts")?;
        let rows = [
            ("read", transactions.read(), accounts.read()),
            ("new", transactions.new, accounts.new),
            ("already there", transactions.there, accounts.there),
            ("refused", transactions.refused, accounts.refused),
            ("malformed", transactions.malformed, accounts.malformed),
        ];
        for (name, transactions, accounts) in rows {
            writeln!(f, "{name:<20}{transactions:>14}{accounts:>12}")?;
        }
        writeln!(f, "\n{:<20}{:>14}", "events recorded", self.events)?;
        writeln!(f, "{:<20}{:>14}", "balances checked", self.days)?;
        writeln!(f, "{:<20}{:>14}", "that differ", self.differing_days)?;
        for (
            account,
            Difference {
                date,
                ours,
                recorded,
            },
        ) in self.differences.iter().take(SHOWN)
        {
            let cause = self.cause(*account);
            writeln!(
                f,
                "  account {account} first on {date}: we have {ours}, the bank {recorded}{cause}"
            )?;
        }
        match self.differences.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more accounts"),
        }
    }
}
