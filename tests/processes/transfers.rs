//! Money goes from one account to another: what the tests of processes are about. An account refuses what it has not, and
//! everything once it is closed; a transfer takes the money back that it could not deliver.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::prelude::*;

#[event(name = "account.deposited")]
pub struct Deposited {
    #[tag]
    pub transfer: Option<u64>,
    pub amount: u64,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    #[tag]
    pub transfer: Option<u64>,
    pub amount: u64,
}

#[event(name = "account.closed")]
pub struct Closed;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("there are {balance}, and {amount} were asked for")]
    Insufficient { balance: u64, amount: u64 },
    #[error("the account is closed")]
    IsClosed,
}

#[aggregate(
    name = "account",
    id = String,
    error = AccountError,
    events(Deposited, Withdrawn, Closed),
    commands(Deposit, Withdraw, Close)
)]
#[derive(Default, Clone)]
pub struct Account {
    pub balance: u64,
    pub moves: Vec<i64>,
    closed: bool,
}

#[apply]
impl Account {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
        self.moves.push(event.amount.cast_signed());
    }
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
        self.moves.push(-event.amount.cast_signed());
    }
    fn closed(&mut self, _: &Closed) {
        self.closed = true;
    }
}

#[handle]
impl Account {
    #[command]
    pub fn deposit(&self, transfer: Option<u64>, amount: u64) -> Result<Deposited, AccountError> {
        ensure!(!self.closed, AccountError::IsClosed);
        Ok(Deposited { transfer, amount })
    }
    #[command]
    pub fn withdraw(&self, transfer: Option<u64>, amount: u64) -> Result<Withdrawn, AccountError> {
        ensure!(!self.closed, AccountError::IsClosed);
        let balance = self.balance;
        ensure!(
            amount <= balance,
            AccountError::Insufficient { balance, amount }
        );
        Ok(Withdrawn { transfer, amount })
    }
    #[command]
    pub fn close(&self) -> Result<Closed, AccountError> {
        Ok(Closed)
    }
}

#[event(name = "request.made")]
pub struct Requested {
    #[tag]
    pub transfer: u64,
    pub from: String,
    pub to: String,
    pub amount: u64,
}

/// What a customer asks for.
#[aggregate(name = "request", id = u64, error = Infallible, events(Requested), commands(Request))]
#[derive(Default)]
pub struct Requests {
    count: u64,
}

#[apply]
impl Requests {
    fn requested(&mut self, _: &Requested) {
        self.count += 1;
    }
}

#[handle]
impl Requests {
    #[command]
    pub fn request(
        &self,
        transfer: u64,
        from: String,
        to: String,
        amount: u64,
    ) -> Result<Requested, Infallible> {
        Ok(Requested {
            transfer,
            from,
            to,
            amount,
        })
    }
}

#[event(name = "transfer.begun")]
pub struct Begun {
    pub from: String,
    pub to: String,
    pub amount: u64,
}

#[event(name = "transfer.taken")]
pub struct Taken;

#[event(name = "transfer.paid")]
pub struct Paid;

#[event(name = "transfer.returning")]
pub struct Returning {
    pub reason: String,
}

#[event(name = "transfer.failed")]
pub struct Failed {
    pub reason: String,
}

#[event(name = "transfer.late")]
pub struct Late {
    pub attempt: u32,
}

#[aggregate(
    name = "transfer",
    id = u64,
    error = Infallible,
    events(Begun, Taken, Paid, Returning, Failed, Late),
    commands(),
    snapshot(every = 1),
)]
#[derive(Default, Clone, Debug, PartialEq)]
pub struct Transfer {
    pub from: String,
    pub to: String,
    pub amount: u64,
    pub stage: Stage,
    pub reason: String,
    pub late: Vec<u32>,
}

#[value]
#[derive(Default)]
pub enum Stage {
    #[default]
    New,
    Taking,
    Paying,
    Returning,
    Paid,
    Failed,
}

#[apply]
impl Transfer {
    fn begun(&mut self, event: &Begun) {
        self.from.clone_from(&event.from);
        self.to.clone_from(&event.to);
        self.amount = event.amount;
        self.stage = Stage::Taking;
    }
    fn taken(&mut self, _: &Taken) {
        self.stage = Stage::Paying;
    }
    fn paid(&mut self, _: &Paid) {
        self.stage = Stage::Paid;
    }
    fn returning(&mut self, event: &Returning) {
        self.stage = Stage::Returning;
        self.reason.clone_from(&event.reason);
    }
    fn failed(&mut self, event: &Failed) {
        self.stage = Stage::Failed;
        self.reason.clone_from(&event.reason);
    }
    fn late(&mut self, event: &Late) {
        self.late.push(event.attempt);
    }
}

#[timer]
pub struct Overdue {
    pub attempt: u32,
}

pub const PATIENCE: Duration = Duration::from_secs(10);

#[process(tag = "transfer", from = start)]
impl Transfer {
    fn requested(&self, event: &Recorded<Requested>) -> Next<Self> {
        if self.stage != Stage::New {
            return Next::nothing();
        }
        let Requested {
            transfer,
            from,
            to,
            amount,
        } = event.event.clone();
        let begun = Begun {
            from: from.clone(),
            to,
            amount,
        };
        let next = Next::record(begun).timer_after(PATIENCE, Overdue { attempt: 1 });
        let transfer = Some(transfer);
        match amount {
            // It waits for somebody to say how much.
            0 => next,
            _ => next.command::<Account>(from, Withdraw { transfer, amount }),
        }
    }

    fn withdrawn(&self, event: &Recorded<Withdrawn>) -> Result<Next<Self>, Unlucky> {
        let is_lucky = event.event.amount != 13 || LUCKY.load(Ordering::SeqCst);
        ensure!(is_lucky, Unlucky);
        if self.stage != Stage::Taking {
            return Ok(Next::nothing());
        }
        let Withdrawn { transfer, amount } = event.event;
        let deposit = Deposit { transfer, amount };
        Ok(Next::record(Taken).command::<Account>(self.to.clone(), deposit))
    }

    #[key(deposited.event.transfer)]
    fn deposited(&self, deposited: &Recorded<Deposited>) -> Next<Self> {
        match self.stage {
            Stage::Paying => Next::record(Paid).end(),
            Stage::Returning => {
                let reason = self.reason.clone();
                Next::record(Failed { reason }).end()
            }
            _ => Next::nothing(),
        }
    }

    fn withdraw_refused(&self, refused: &Refused<Withdraw>) -> Next<Self> {
        let reason = refused.reason.clone();
        Next::record(Failed { reason }).end()
    }

    fn deposit_refused(&self, refused: &Refused<Deposit>) -> Next<Self> {
        let Refused {
            command, reason, ..
        } = refused.clone();
        Next::record(Returning { reason }).command::<Account>(self.from.clone(), command)
    }

    fn overdue(&self, timer: &Overdue) -> Next<Self> {
        let attempt = timer.attempt;
        let late = Next::record(Late { attempt });
        match attempt {
            3.. => late,
            _ => late.timer_after(
                PATIENCE,
                Overdue {
                    attempt: attempt + 1,
                },
            ),
        }
    }
}

/// Whether thirteen brings good luck.
pub static LUCKY: AtomicBool = AtomicBool::new(false);

#[derive(Debug, thiserror::Error)]
#[error("thirteen brings bad luck")]
pub struct Unlucky;
