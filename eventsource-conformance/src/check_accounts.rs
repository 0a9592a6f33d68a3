//! Judges what a repository answered by the log: each command that was executed was decided on the state that its events
//! follow, and each refusal, each decision with nothing to record and each load was true of a state while the call ran.

use std::collections::HashMap;
use std::ops::Range;

use eventsource_core::{LogScan, Metadata, Root, Store, StoredEvent};

use crate::account::{Account, AccountEvent, Refusal};
use crate::accounts::{Act, Answer, Asked, Command, REQUEST};
use crate::broken::{Kept, Problem, ensure};
use crate::history::Call;
use crate::real_time::{self, Place, Step};
use crate::sent::Sent;

/// The log of a store that has nothing but accounts.
pub(crate) struct AccountLog {
    events: Vec<Entry>,
    accounts: HashMap<u64, History>,
    requests: HashMap<u64, Vec<usize>>,
}

struct Entry {
    request: u64,
    position: u64,
    version: u64,
    event: AccountEvent,
}

/// What happened to an account.
#[derive(Default)]
struct History {
    /// The places of its events.
    places: Vec<usize>,
    /// Its state after each of them.
    states: Vec<Account>,
}

impl AccountLog {
    pub(crate) async fn read<S: Store>(store: &S) -> Kept<Self> {
        let events = store.read_all(LogScan::default()).await?;
        let mut log = Self {
            events: Vec::new(),
            accounts: HashMap::new(),
            requests: HashMap::new(),
        };
        let mut roots: HashMap<u64, Root<Account>> = HashMap::new();
        for event in &events {
            let no_account = || Problem(format!("an event of no account: {event:?}"));
            let (account, entry) = Entry::of(event).ok_or_else(no_account)?;
            let root = roots.entry(account).or_default();
            root.apply_all([&entry.event])
                .map_err(|error| Problem(error.to_string()))?;
            ensure(root.version().0 == entry.version, || {
                format!(
                    "account {account} has version {} after {}",
                    entry.version,
                    root.version()
                )
            })?;
            let history = log.accounts.entry(account).or_default();
            history.places.push(log.events.len());
            history.states.extend(root.state().cloned());
            log.requests
                .entry(entry.request)
                .or_default()
                .push(log.events.len());
            log.events.push(entry);
        }
        Ok(log)
    }

    /// An account after so many events of the log, and its version.
    fn state(&self, account: u64, events: usize) -> (Account, u64) {
        let Some(History { places, states }) = self.accounts.get(&account) else {
            return (Account::default(), 0);
        };
        let version = places.partition_point(|place| *place < events);
        let state = version.checked_sub(1).map(|last| states[last].clone());
        (state.unwrap_or_default(), version as u64)
    }

    fn request(&self, id: u64) -> Kept<Option<Range<usize>>> {
        let Some(places) = self.requests.get(&id) else {
            return Ok(None);
        };
        let range = places[0]..places[0] + places.len();
        ensure(places.iter().copied().eq(range.clone()), || {
            format!("the events of command {id} do not stand side by side: {places:?}")
        })?;
        Ok(Some(range))
    }

    fn places(&self, range: &Range<usize>) -> Vec<(u64, u64)> {
        self.events[range.clone()]
            .iter()
            .map(|entry| (entry.position, entry.version))
            .collect()
    }
}

impl Entry {
    fn of(event: &StoredEvent) -> Option<(u64, Self)> {
        let account = event
            .stream
            .as_str()
            .strip_prefix("conformance.account/")?
            .parse()
            .ok()?;
        let metadata = Metadata::from_stored(&event.metadata).ok()?;
        let entry = Self {
            request: metadata.own.get(REQUEST)?.parse().ok()?,
            position: event.position.0,
            version: event.version.0,
            event: event.decode().ok()?,
        };
        Some((account, entry))
    }
}

/// What a command leads to in a state: said here by calling the aggregate's own methods, without a repository.
fn decide(state: &Account, act: Act) -> Result<Vec<AccountEvent>, Refusal> {
    Ok(match act {
        Act::Open => vec![state.open()?.into()],
        Act::Deposit(amount) => vec![state.deposit(amount)?.into()],
        Act::Withdraw(amount) => vec![state.withdraw(amount)?.into()],
        Act::Limit(limit) => state.limit(limit).map(Into::into).into_iter().collect(),
        Act::Close => match state.close() {
            Some((withdrawn, closed)) => vec![withdrawn.into(), closed.into()],
            None => Vec::new(),
        },
    })
}

/// Judges a history: `log` was read after its last call had ended.
pub(crate) fn check(log: &AccountLog, history: &[Call<Asked, Answer>]) -> Kept {
    let judge = Judge::new(log, history)?;
    judge.replay()?;
    let mut steps = Vec::new();
    for sent in judge.sent.values() {
        steps.extend(sent.write()?);
    }
    for call in history {
        let place = judge
            .place(call)
            .map_err(|Problem(how)| Problem(format!("{call:?}: {how}")))?;
        if let Some(place) = place {
            steps.push(Step {
                invoked: call.invoked,
                returned: Some(call.returned),
                place,
                call,
            });
        }
    }
    let born: Vec<_> = log
        .events
        .iter()
        .map(|entry| judge.sent[&entry.request].born())
        .collect();
    real_time::placed(&steps, &born)
}

struct Judge<'a> {
    log: &'a AccountLog,
    sent: HashMap<u64, Sent<'a, Command, Asked, Answer>>,
    /// Which command has used a key, and where its events are.
    keys: HashMap<u64, (u64, Range<usize>)>,
}

impl<'a> Judge<'a> {
    fn new(log: &'a AccountLog, history: &'a [Call<Asked, Answer>]) -> Kept<Self> {
        let mut sent = HashMap::new();
        for call in history {
            if let Asked::Execute(command) = &call.asked {
                let new = Sent::new(command, log.request(command.id)?);
                sent.entry(command.id).or_insert(new).calls.push(call);
            }
        }
        let mut keys = HashMap::new();
        for Sent { request, there, .. } in sent.values() {
            if let (Some(key), Some(there)) = (request.key, there)
                && let Some((other, _)) = keys.insert(key, (request.id, there.clone()))
            {
                let id = request.id;
                return Err(Problem(format!(
                    "commands {id} and {other} were both executed under key {key}"
                )));
            }
        }
        Ok(Self { log, sent, keys })
    }

    /// Goes through the log: each command was decided on the state before its events, and they are all there, once.
    fn replay(&self) -> Kept {
        for id in self.log.requests.keys() {
            let unknown = || {
                Problem(format!(
                    "nobody has given command {id}, whose events are in the log"
                ))
            };
            let sent = self.sent.get(id).ok_or_else(unknown)?;
            let Sent {
                request: command,
                there: Some(there),
                ..
            } = sent
            else {
                continue;
            };
            let (state, version) = self.log.state(command.account, there.start);
            let decided = decide(&state, command.act);
            let events = self.log.events[there.clone()]
                .iter()
                .map(|entry| &entry.event);
            let same = decided
                .as_ref()
                .is_ok_and(|decided| decided.iter().eq(events));
            ensure(
                same && command.expected.is_none_or(|expected| expected == version),
                || {
                    format!(
                        "{command:?} has events after {} events, where it leads to {decided:?}",
                        there.start
                    )
                },
            )?;
        }
        Ok(())
    }

    fn place(&self, call: &'a Call<Asked, Answer>) -> Kept<Option<Place<'_>>> {
        match (&call.asked, &call.answer) {
            (Asked::Load { account }, Answer::Loaded(loaded)) => {
                Ok(Some(Place::TrueAt(Box::new(move |length| {
                    let (state, version) = self.log.state(*account, length);
                    match loaded {
                        None => version == 0,
                        Some(loaded) => *loaded == (state, version),
                    }
                }))))
            }
            (Asked::Execute(command), answer) => self.place_command(command, answer),
            (_, Answer::Wrong(how)) => Err(Problem(how.clone())),
            (_, _) => Err(Problem("this is no answer to that".into())),
        }
    }

    fn place_command(&self, command: &'a Command, answer: &'a Answer) -> Kept<Option<Place<'_>>> {
        let there = self
            .sent
            .get(&command.id)
            .and_then(|sent| sent.there.clone());
        let used = command.key.and_then(|key| self.keys.get(&key));
        let used_at = used.map_or(usize::MAX, |(_, there)| there.end);
        let may_decide =
            move |version: u64| command.expected.is_none_or(|expected| expected == version);
        let is_so: Box<dyn Fn(usize) -> bool> = match answer {
            Answer::Executed { placed, repeated } => {
                let there = there
                    .ok_or_else(|| Problem("it was acknowledged and is not in the log".into()))?;
                ensure(self.log.places(&there) == *placed, || {
                    format!(
                        "its events are somewhere else: {:?}",
                        self.log.places(&there)
                    )
                })?;
                ensure(!repeated || command.key.is_some(), || {
                    "without a key nothing is a repetition".into()
                })?;
                return Ok(
                    repeated.then(|| Place::TrueAt(Box::new(move |length| there.end <= length)))
                );
            }
            Answer::KeyReused => {
                let (other, range) =
                    used.ok_or_else(|| Problem("its key was never used".into()))?;
                ensure(*other != command.id, || "its key was used by itself".into())?;
                return Ok(Some(Place::TrueAt(Box::new(move |length| {
                    range.end <= length
                }))));
            }
            Answer::NotTried if command.key.is_none() => Box::new(|_| true),
            Answer::NotTried | Answer::Unknown => return Ok(None),
            Answer::Nothing { version } => Box::new(move |length| {
                let (state, actual) = self.log.state(command.account, length);
                actual == *version
                    && may_decide(actual)
                    && decide(&state, command.act).is_ok_and(|events| events.is_empty())
            }),
            Answer::Refused(refusal) => Box::new(move |length| {
                let (state, actual) = self.log.state(command.account, length);
                may_decide(actual) && decide(&state, command.act).as_ref() == Err(refusal)
            }),
            Answer::WrongVersion { actual } => Box::new(move |length| {
                let (_, there) = self.log.state(command.account, length);
                there == *actual && !may_decide(there)
            }),
            Answer::Wrong(how) => return Err(Problem(how.clone())),
            Answer::Loaded(_) => return Err(Problem("this is no answer to a command".into())),
        };
        // Nothing was written: not by this call, and with a key not before it either, as that would be the answer.
        ensure(there.is_none() || command.key.is_some(), || {
            format!("and yet its events are in the log: {there:?}")
        })?;
        Ok(Some(Place::TrueAt(Box::new(move |length| {
            length < used_at && is_so(length)
        }))))
    }
}
