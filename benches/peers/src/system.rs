//! What every system can be asked.

use std::error::Error;

use async_trait::async_trait;
use uuid::Uuid;

pub type Failure = Box<dyn Error + Send + Sync>;
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// The bank on one framework, through its public interface.
#[async_trait]
pub trait System: Send + Sync {
    /// The command that opens an account.
    async fn open(&self, account: Uuid, owner: &str) -> Result<()>;

    /// The command that deposits the positive amounts and withdraws the negative ones: loads the account, decides, and
    /// appends an event for each. What is lost to a conflict is tried again.
    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()>;

    /// Loads the account from its events, and gives its balance.
    async fn balance(&self, account: Uuid) -> Result<i64>;
}
