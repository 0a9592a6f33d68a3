use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposited {
    pub amount: u64,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub amount: u64,
    pub fee: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposit {
    pub amount: u64,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdraw {
    pub amount: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Freeze {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Close;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is not open")]
    NotOpen,
    #[error("the account is frozen")]
    Frozen,
    #[error("the balance is {balance}, and {requested} was requested")]
    Insufficient { balance: u64, requested: u64 },
}

#[derive(Debug, Default)]
pub struct Account {
    open: bool,
    frozen: bool,
    balance: u64,
}

impl Account {
    fn opened(&mut self, _: &Opened) {
        self.open = true;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount + event.fee;
    }

    fn frozen(&mut self, _: &Frozen) {
        self.frozen = true;
    }

    fn closed(&mut self, _: &Closed) {
        self.open = false;
    }
}

impl Account {
    fn open(&self, command: Open) -> Result<Opened, AccountError> {
        Ok(Opened {
            owner: command.owner,
        })
    }

    fn deposit(&self, command: Deposit) -> Result<Deposited, AccountError> {
        self.usable()?;
        Ok(Deposited {
            amount: command.amount,
            note: command.note,
        })
    }

    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, AccountError> {
        self.usable()?;
        let (balance, requested) = (self.balance, command.amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested });
        }
        Ok(Withdrawn {
            amount: command.amount,
            fee: 1,
        })
    }

    fn freeze(&self, command: Freeze) -> Result<Option<Frozen>, AccountError> {
        Ok((!self.frozen).then_some(Frozen {
            reason: command.reason,
        }))
    }

    fn close(&self, _: Close) -> Result<Closed, AccountError> {
        self.usable()?;
        Ok(Closed)
    }
}

impl Account {
    fn usable(&self) -> Result<(), AccountError> {
        match (self.open, self.frozen) {
            (false, _) => Err(AccountError::NotOpen),
            (true, true) => Err(AccountError::Frozen),
            (true, false) => Ok(()),
        }
    }
}

/// An event as it is stored.
pub struct Stored {
    pub name: &'static str,
    pub version: u32,
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AccountEvent {
    Opened(Opened),
    Deposited(Deposited),
    Withdrawn(Withdrawn),
    Frozen(Frozen),
    Closed(Closed),
}

impl From<Opened> for AccountEvent {
    fn from(event: Opened) -> Self {
        Self::Opened(event)
    }
}

impl From<Deposited> for AccountEvent {
    fn from(event: Deposited) -> Self {
        Self::Deposited(event)
    }
}

impl From<Withdrawn> for AccountEvent {
    fn from(event: Withdrawn) -> Self {
        Self::Withdrawn(event)
    }
}

impl From<Frozen> for AccountEvent {
    fn from(event: Frozen) -> Self {
        Self::Frozen(event)
    }
}

impl From<Closed> for AccountEvent {
    fn from(event: Closed) -> Self {
        Self::Closed(event)
    }
}

impl AccountEvent {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "account@N@.opened",
            Self::Deposited(_) => "account@N@.deposited",
            Self::Withdrawn(_) => "account@N@.withdrawn",
            Self::Frozen(_) => "account@N@.frozen",
            Self::Closed(_) => "account@N@.closed",
        }
    }

    pub fn encode(&self) -> Result<Stored, serde_json::Error> {
        let payload = match self {
            Self::Opened(event) => serde_json::to_vec(event),
            Self::Deposited(event) => serde_json::to_vec(event),
            Self::Withdrawn(event) => serde_json::to_vec(event),
            Self::Frozen(event) => serde_json::to_vec(event),
            Self::Closed(event) => serde_json::to_vec(event),
        }?;
        Ok(Stored {
            name: self.name(),
            version: 1,
            payload,
        })
    }

    pub fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        let event = match (name, version) {
            ("account@N@.opened", 1) => Self::Opened(serde_json::from_slice(payload)?),
            ("account@N@.deposited", 1) => Self::Deposited(serde_json::from_slice(payload)?),
            ("account@N@.withdrawn", 1) => Self::Withdrawn(serde_json::from_slice(payload)?),
            ("account@N@.frozen", 1) => Self::Frozen(serde_json::from_slice(payload)?),
            ("account@N@.closed", 1) => Self::Closed(serde_json::from_slice(payload)?),
            _ => return Err(DecodeError::Unknown(name.to_owned(), version)),
        };
        Ok(event)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("nothing is called `{0}` (version {1})")]
    Unknown(String, u32),
    #[error(transparent)]
    Payload(#[from] serde_json::Error),
}

#[derive(Debug, Clone, PartialEq)]
pub enum AccountCommand {
    Open(Open),
    Deposit(Deposit),
    Withdraw(Withdraw),
    Freeze(Freeze),
    Close(Close),
}

impl From<Open> for AccountCommand {
    fn from(command: Open) -> Self {
        Self::Open(command)
    }
}

impl From<Deposit> for AccountCommand {
    fn from(command: Deposit) -> Self {
        Self::Deposit(command)
    }
}

impl From<Withdraw> for AccountCommand {
    fn from(command: Withdraw) -> Self {
        Self::Withdraw(command)
    }
}

impl From<Freeze> for AccountCommand {
    fn from(command: Freeze) -> Self {
        Self::Freeze(command)
    }
}

impl From<Close> for AccountCommand {
    fn from(command: Close) -> Self {
        Self::Close(command)
    }
}

impl AccountCommand {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "Open",
            Self::Deposit(_) => "Deposit",
            Self::Withdraw(_) => "Withdraw",
            Self::Freeze(_) => "Freeze",
            Self::Close(_) => "Close",
        }
    }

    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Open(command) => serde_json::to_vec(command),
            Self::Deposit(command) => serde_json::to_vec(command),
            Self::Withdraw(command) => serde_json::to_vec(command),
            Self::Freeze(command) => serde_json::to_vec(command),
            Self::Close(command) => serde_json::to_vec(command),
        }
    }

    pub fn decode(name: &str, payload: &[u8]) -> Result<Self, DecodeError> {
        let command = match name {
            "Open" => Self::Open(serde_json::from_slice(payload)?),
            "Deposit" => Self::Deposit(serde_json::from_slice(payload)?),
            "Withdraw" => Self::Withdraw(serde_json::from_slice(payload)?),
            "Freeze" => Self::Freeze(serde_json::from_slice(payload)?),
            "Close" => Self::Close(serde_json::from_slice(payload)?),
            _ => return Err(DecodeError::Unknown(name.to_owned(), 1)),
        };
        Ok(command)
    }
}

impl Account {
    pub const NAME: &'static str = "account@N@";

    pub fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened(event) => self.opened(event),
            AccountEvent::Deposited(event) => self.deposited(event),
            AccountEvent::Withdrawn(event) => self.withdrawn(event),
            AccountEvent::Frozen(event) => self.frozen(event),
            AccountEvent::Closed(event) => self.closed(event),
        }
    }

    pub fn handle(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        let events = match command {
            AccountCommand::Open(command) => vec![self.open(command)?.into()],
            AccountCommand::Deposit(command) => vec![self.deposit(command)?.into()],
            AccountCommand::Withdraw(command) => vec![self.withdraw(command)?.into()],
            AccountCommand::Freeze(command) => {
                self.freeze(command)?.into_iter().map(Into::into).collect()
            }
            AccountCommand::Close(command) => vec![self.close(command)?.into()],
        };
        Ok(events)
    }

    pub fn dispatch(
        &mut self,
        name: &str,
        payload: &[u8],
    ) -> Result<Vec<AccountEvent>, DispatchError> {
        let events = self.handle(AccountCommand::decode(name, payload)?)?;
        events.iter().for_each(|event| self.apply(event));
        Ok(events)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error(transparent)]
    Invalid(#[from] DecodeError),
    #[error(transparent)]
    Refused(#[from] AccountError),
}
