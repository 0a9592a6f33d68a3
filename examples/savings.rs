//! An account that is never overdrawn, as short as it gets.

use eventsource_core::MemoryStore;
use eventsource_core::prelude::*;

#[event(name = "funds.deposited")]
pub struct Deposited {
    pub amount: u32,
}

#[event(name = "funds.withdrawn")]
pub struct Withdrawn {
    pub amount: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("with {balance} in it, that is too much")]
pub struct TooMuch {
    balance: u32,
}

#[aggregate(name = "savings", id = String, error = TooMuch, events(Deposited, Withdrawn), commands(Deposit, Withdraw))]
#[derive(Default)]
pub struct Savings {
    balance: u32,
}

#[handle]
impl Savings {
    #[command]
    pub fn deposit(&self, amount: u32) -> Result<Deposited, TooMuch> {
        let balance = self.balance;
        ensure!(balance.checked_add(amount).is_some(), TooMuch { balance });
        Ok(Deposited { amount })
    }

    #[command]
    pub fn withdraw(&self, amount: u32) -> Result<Withdrawn, TooMuch> {
        let balance = self.balance;
        ensure!(amount <= balance, TooMuch { balance });
        Ok(Withdrawn { amount })
    }
}

#[apply]
impl Savings {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let savings = Repository::<Savings, _>::new(MemoryStore::new());
    let account = "SAVINGS100".to_owned();
    savings.execute(&account, Deposit { amount: 500 }).await?;
    println!("{}", savings.load(&account).await?.balance);
    if let Err(refusal) = savings.execute(&account, Withdraw { amount: 800 }).await {
        println!("{refusal}");
    }
    Ok(())
}
