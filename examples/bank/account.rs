//! The domain: one account of a bank that lets its customers go below zero, and charges them for it.

use eventsource_core::prelude::*;

use crate::date::Date;
use crate::money::Money;

#[derive(Id, Copy)]
pub struct AccountId(pub u64);

#[event(name = "account.opened")]
pub struct Opened {
    pub on: Date,
}

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: Money,
    pub on: Date,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    pub amount: Money,
    pub on: Date,
}

#[event(name = "account.interest_credited")]
pub struct InterestCredited {
    pub amount: Money,
    pub on: Date,
}

#[event(name = "account.fee_charged")]
pub struct FeeCharged {
    pub amount: Money,
    pub on: Date,
}

/// Interest that the customer owes for having been below zero.
#[event(name = "account.sanction_interest_charged")]
pub struct SanctionInterestCharged {
    pub amount: Money,
    pub on: Date,
}

/// The balance fell below zero. Recorded with the debit that did it, as one decision.
#[event(name = "account.overdrawn")]
pub struct Overdrawn {
    pub by: Money,
    pub on: Date,
}

#[event(name = "account.closed")]
pub struct Closed {
    pub on: Date,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account was closed on {on}")]
    Closed { on: Date },
    #[error("an amount of {amount} moves nothing")]
    NotPositive { amount: Money },
    #[error("{amount} is more than the account can count")]
    TooMuch { amount: Money },
    #[error("a balance of {balance} is left on the account")]
    NotSettled { balance: Money },
}

/// One account. It may be overdrawn; it is closed with nothing left on it, and never used after that.
///
/// It begins with [`Opened`], so the framework itself refuses to open it twice or to use it before.
#[aggregate(
    name = "account",
    id = AccountId,
    error = AccountError,
    events(
        Opened, Deposited, Withdrawn, InterestCredited, FeeCharged, SanctionInterestCharged, Overdrawn, Closed,
    ),
    commands(Open, Deposit, Withdraw, CreditInterest, ChargeFee, ChargeSanctionInterest, Close),
    invariant = Account::is_settled_when_closed,
)]
pub struct Account {
    pub opened: Date,
    pub closed: Option<Date>,
    pub balance: Money,
    /// How often it fell below zero.
    pub overdrafts: u32,
}

#[handle]
impl Account {
    #[command]
    pub fn open(on: Date) -> Opened {
        Opened { on }
    }

    #[command]
    pub fn deposit(&self, amount: Money, on: Date) -> Result<Deposited, AccountError> {
        self.credit(amount)?;
        Ok(Deposited { amount, on })
    }

    #[command]
    pub fn credit_interest(
        &self,
        amount: Money,
        on: Date,
    ) -> Result<InterestCredited, AccountError> {
        self.credit(amount)?;
        Ok(InterestCredited { amount, on })
    }

    #[command]
    pub fn withdraw(
        &self,
        amount: Money,
        on: Date,
    ) -> Result<(Withdrawn, Option<Overdrawn>), AccountError> {
        let overdrawn = self.debit(amount, on)?;
        Ok((Withdrawn { amount, on }, overdrawn))
    }

    #[command]
    pub fn charge_fee(
        &self,
        amount: Money,
        on: Date,
    ) -> Result<(FeeCharged, Option<Overdrawn>), AccountError> {
        let overdrawn = self.debit(amount, on)?;
        Ok((FeeCharged { amount, on }, overdrawn))
    }

    #[command]
    pub fn charge_sanction_interest(
        &self,
        amount: Money,
        on: Date,
    ) -> Result<(SanctionInterestCharged, Option<Overdrawn>), AccountError> {
        let overdrawn = self.debit(amount, on)?;
        Ok((SanctionInterestCharged { amount, on }, overdrawn))
    }

    #[command]
    pub fn close(&self, on: Date) -> Result<Closed, AccountError> {
        self.ensure_open()?;
        let balance = self.balance;
        ensure!(balance == Money::ZERO, AccountError::NotSettled { balance });
        Ok(Closed { on })
    }
}

/// What the decisions have in common.
impl Account {
    fn ensure_open(&self) -> Result<(), AccountError> {
        self.closed
            .map_or(Ok(()), |on| Err(AccountError::Closed { on }))
    }

    fn ensure_moves(&self, amount: Money) -> Result<(), AccountError> {
        self.ensure_open()?;
        ensure!(amount > Money::ZERO, AccountError::NotPositive { amount });
        Ok(())
    }

    fn credit(&self, amount: Money) -> Result<(), AccountError> {
        self.ensure_moves(amount)?;
        self.balance
            .plus(amount)
            .map(drop)
            .ok_or(AccountError::TooMuch { amount })
    }

    /// A debit is never refused for want of money: the rows of one day do not always come in the order in which they
    /// happened, and what the bank does about a negative balance is to charge interest. It is noted where it begins.
    fn debit(&self, amount: Money, on: Date) -> Result<Option<Overdrawn>, AccountError> {
        self.ensure_moves(amount)?;
        let after = self
            .balance
            .minus(amount)
            .ok_or(AccountError::TooMuch { amount })?;
        let falls = self.balance >= Money::ZERO && after < Money::ZERO;
        Ok(falls.then(|| Overdrawn {
            by: after.distance(Money::ZERO),
            on,
        }))
    }

    fn is_settled_when_closed(&self) -> bool {
        self.closed.is_none() || self.balance == Money::ZERO
    }
}

#[apply]
impl Account {
    fn opened(event: &Opened) -> Self {
        Self {
            opened: event.on,
            closed: None,
            balance: Money::ZERO,
            overdrafts: 0,
        }
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }

    fn interest_credited(&mut self, event: &InterestCredited) {
        self.balance += event.amount;
    }

    fn fee_charged(&mut self, event: &FeeCharged) {
        self.balance -= event.amount;
    }

    fn sanction_interest_charged(&mut self, event: &SanctionInterestCharged) {
        self.balance -= event.amount;
    }

    fn overdrawn(&mut self, _: &Overdrawn) {
        self.overdrafts += 1;
    }

    fn closed(&mut self, event: &Closed) {
        self.closed = Some(event.on);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Money = Money::hundredths(1000);
    const FOUR: Money = Money::hundredths(400);
    const SIX: Money = Money::hundredths(600);

    fn on() -> Date {
        Date::new(1993, 2, 28).expect("the calendar has it")
    }

    fn opened() -> Opened {
        Opened { on: on() }
    }

    #[test]
    fn an_account_is_opened_once_and_used_after_that() {
        let on = on();
        Account::given(()).when(Open { on }).then(opened());
        Account::given(opened())
            .when(Open { on })
            .then_already_exists();
        Account::given(())
            .when(Deposit { amount: TEN, on })
            .then_not_found();
    }

    #[test]
    fn the_debit_that_falls_below_zero_is_noted_and_the_next_one_is_not() {
        let (on, amount) = (on(), TEN);
        let deposited = Deposited { amount: FOUR, on };
        let (withdrawn, overdrawn) = (Withdrawn { amount, on }, Overdrawn { by: SIX, on });
        Account::given((opened(), deposited.clone()))
            .when(Withdraw { amount, on })
            .then((withdrawn.clone(), overdrawn.clone()))
            .then_state(|account| assert_eq!(account.overdrafts, 1));
        let charged = SanctionInterestCharged { amount: FOUR, on };
        Account::given((opened(), deposited, withdrawn, overdrawn))
            .when(ChargeSanctionInterest { amount: FOUR, on })
            .then(charged);
        let fee = FeeCharged { amount: FOUR, on };
        Account::given(opened())
            .when(ChargeFee { amount: FOUR, on })
            .then((fee, Overdrawn { by: FOUR, on }));
    }

    #[test]
    fn what_moves_nothing_is_refused() {
        let on = on();
        for amount in [Money::ZERO, Money::hundredths(-1)] {
            let refusal = || AccountError::NotPositive { amount };
            Account::given(opened())
                .when(Deposit { amount, on })
                .then_err(refusal());
            Account::given(opened())
                .when(Withdraw { amount, on })
                .then_err(refusal());
            Account::given(opened())
                .when(CreditInterest { amount, on })
                .then_err(refusal());
            Account::given(opened())
                .when(ChargeFee { amount, on })
                .then_err(refusal());
            Account::given(opened())
                .when(ChargeSanctionInterest { amount, on })
                .then_err(refusal());
        }
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let (on, amount) = (on(), Money::hundredths(i64::MAX));
        let most = Deposited { amount, on };
        Account::given((opened(), most))
            .when(Deposit { amount, on })
            .then_err(AccountError::TooMuch { amount });
        let (most, more) = (Withdrawn { amount, on }, Withdraw { amount, on });
        Account::given((opened(), most))
            .when(more)
            .then_err(AccountError::TooMuch { amount });
    }

    #[test]
    fn an_account_is_closed_with_nothing_on_it_and_for_ever() {
        let on = on();
        let deposited = Deposited { amount: TEN, on };
        Account::given((opened(), deposited))
            .when(Close { on })
            .then_err(AccountError::NotSettled { balance: TEN });
        Account::given(opened())
            .when(Close { on })
            .then(Closed { on });
        let closed = || Account::given((opened(), Closed { on }));
        closed()
            .when(Close { on })
            .then_err(AccountError::Closed { on });
        closed()
            .when(Deposit { amount: TEN, on })
            .then_err(AccountError::Closed { on });
        closed().when(Open { on }).then_already_exists();
    }
}
