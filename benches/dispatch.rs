//! Dispatch and fold in memory, by generated code and by an enum and two matches written by hand: both sides in one
//! run, interleaved, medians and their ratio.
//!
//! `cargo bench --bench dispatch` times them. `cargo bench --bench dispatch -- generated` and `-- by-hand` run one side
//! a fixed number of times, for a tool that counts instructions (`scripts/count-instructions`).

use std::hint::black_box;
use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_core::{Events, Metadata, Root, SequentialIds, Timestamp, Version};

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
    pub note: u32,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    pub amount: u64,
    pub fee: u64,
}

#[event(name = "account.frozen")]
pub struct Frozen {
    pub until: u64,
}

#[event(name = "account.released")]
pub struct Released;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("refused")]
pub struct Refused;

#[derive(Debug, Default, Clone, PartialEq)]
pub struct State {
    balance: u64,
    fees: u64,
    notes: u64,
    frozen: bool,
}

impl State {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
        self.notes += u64::from(event.note);
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount + event.fee;
        self.fees += event.fee;
    }

    fn frozen(&mut self, event: &Frozen) {
        self.frozen = event.until > 0;
    }

    fn released(&mut self, _: &Released) {
        self.frozen = false;
    }

    fn deposit(&self, amount: u64, note: u32) -> Result<Deposited, Refused> {
        ensure!(amount > 0 && !self.frozen, Refused);
        Ok(Deposited { amount, note })
    }

    fn withdraw(&self, amount: u64) -> Result<Withdrawn, Refused> {
        ensure!(!self.frozen && amount < self.balance, Refused);
        Ok(Withdrawn { amount, fee: 1 })
    }

    fn freeze(&self, until: u64) -> Result<Option<Frozen>, Refused> {
        Ok((!self.frozen).then_some(Frozen { until }))
    }

    fn release(&self) -> Result<Option<Released>, Refused> {
        Ok(self.frozen.then_some(Released))
    }
}

mod generated {
    use super::*;

    #[aggregate(
        name = "account",
        id = u64,
        error = Refused,
        events(Deposited, Withdrawn, Frozen, Released),
        commands(Deposit, Withdraw, Freeze, Release),
    )]
    #[derive(Default)]
    pub struct Account(pub State);

    #[apply]
    impl Account {
        fn deposited(&mut self, event: &Deposited) {
            self.0.deposited(event);
        }

        fn withdrawn(&mut self, event: &Withdrawn) {
            self.0.withdrawn(event);
        }

        fn frozen(&mut self, event: &Frozen) {
            self.0.frozen(event);
        }

        fn released(&mut self, event: &Released) {
            self.0.released(event);
        }
    }

    #[handle]
    impl Account {
        /// Puts money in.
        #[command]
        pub fn deposit(&self, amount: u64, note: u32) -> Result<Deposited, Refused> {
            self.0.deposit(amount, note)
        }

        /// Takes money out.
        #[command]
        pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, Refused> {
            self.0.withdraw(amount)
        }

        /// Stops all movement.
        #[command]
        pub fn freeze(&self, until: u64) -> Result<Option<Frozen>, Refused> {
            self.0.freeze(until)
        }

        /// Lets money move again.
        #[command]
        pub fn release(&self) -> Result<Option<Released>, Refused> {
            self.0.release()
        }
    }
}

mod by_hand {
    use super::*;

    pub enum Event {
        Deposited(Deposited),
        Withdrawn(Withdrawn),
        Frozen(Frozen),
        Released(Released),
    }

    #[derive(Clone)]
    pub enum Command {
        Deposit { amount: u64, note: u32 },
        Withdraw { amount: u64 },
        Freeze { until: u64 },
        Release,
    }

    pub fn handle(state: &State, command: Command, events: &mut Vec<Event>) -> Result<(), Refused> {
        match command {
            Command::Deposit { amount, note } => {
                events.push(Event::Deposited(state.deposit(amount, note)?));
            }
            Command::Withdraw { amount } => events.push(Event::Withdrawn(state.withdraw(amount)?)),
            Command::Freeze { until } => {
                if let Some(event) = state.freeze(until)? {
                    events.push(Event::Frozen(event));
                }
            }
            Command::Release => {
                if let Some(event) = state.release()? {
                    events.push(Event::Released(event));
                }
            }
        }
        Ok(())
    }

    pub fn apply(state: &mut State, event: &Event) {
        match event {
            Event::Deposited(event) => state.deposited(event),
            Event::Withdrawn(event) => state.withdrawn(event),
            Event::Frozen(event) => state.frozen(event),
            Event::Released(event) => state.released(event),
        }
    }
}

const COMMANDS: usize = 10_000;

/// The same sequence of commands for both sides: mostly movements, some freezes, some refusals.
fn kinds() -> impl Iterator<Item = (u64, u64)> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    (0..COMMANDS).map(move |_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((seed >> 33) % 16, (seed >> 40) % 100)
    })
}

/// Events of the same kinds, in the same order, for both sides.
fn generated_events() -> Vec<generated::AccountEvent> {
    let event = |(kind, amount): (u64, u64)| match kind {
        0..8 => Deposited {
            amount: amount + 200,
            note: 7,
        }
        .into(),
        8..14 => Withdrawn { amount, fee: 1 }.into(),
        14 => Frozen { until: amount }.into(),
        _ => Released.into(),
    };
    kinds().map(event).collect()
}

fn events_by_hand() -> Vec<by_hand::Event> {
    use by_hand::Event;
    let event = |(kind, amount): (u64, u64)| match kind {
        0..8 => Event::Deposited(Deposited {
            amount: amount + 200,
            note: 7,
        }),
        8..14 => Event::Withdrawn(Withdrawn { amount, fee: 1 }),
        14 => Event::Frozen(Frozen { until: amount }),
        _ => Event::Released(Released),
    };
    kinds().map(event).collect()
}

fn generated_commands() -> Vec<generated::AccountCommand> {
    use generated::{Deposit, Freeze, Release, Withdraw};
    let command = |(kind, amount): (u64, u64)| match kind {
        0..8 => Deposit { amount, note: 7 }.into(),
        8..14 => Withdraw { amount }.into(),
        14 => Freeze { until: amount }.into(),
        _ => Release.into(),
    };
    kinds().map(command).collect()
}

fn commands_by_hand() -> Vec<by_hand::Command> {
    use by_hand::Command;
    let command = |(kind, amount): (u64, u64)| match kind {
        0..8 => Command::Deposit { amount, note: 7 },
        8..14 => Command::Withdraw { amount },
        14 => Command::Freeze { until: amount },
        _ => Command::Release,
    };
    kinds().map(command).collect()
}

#[inline(never)]
fn dispatch_generated(commands: Vec<generated::AccountCommand>) -> (State, usize) {
    let (metadata, ids) = (Metadata::default(), SequentialIds::default());
    let context = Context::new(&1, Version::NONE, Timestamp::default(), &ids, &metadata);
    let mut account = Root::<generated::Account>::new();
    let mut events = Events::new();
    let mut count = 0;
    for command in commands {
        events.clear();
        if account.decide(command, &context, &mut events).is_ok() {
            for event in events.as_slice() {
                let _ = account.apply(event, &EventMeta::default());
                count += 1;
            }
        }
    }
    (account.into_state().unwrap_or_default().0, count)
}

#[inline(never)]
fn dispatch_by_hand(commands: Vec<by_hand::Command>) -> (State, usize) {
    let mut state = State::default();
    let mut events = Vec::new();
    let mut count = 0;
    for command in commands {
        events.clear();
        if by_hand::handle(&state, command, &mut events).is_ok() {
            for event in &events {
                by_hand::apply(&mut state, event);
                count += 1;
            }
        }
    }
    (state, count)
}

#[inline(never)]
fn fold_generated(events: &[generated::AccountEvent]) -> State {
    let account = generated::Account::fold(events).ok().flatten();
    account.unwrap_or_default().0
}

#[inline(never)]
fn fold_by_hand(events: &[by_hand::Event]) -> State {
    let mut state = State::default();
    for event in events {
        by_hand::apply(&mut state, event);
    }
    state
}

fn main() {
    let repetitions = 200;
    match std::env::args().nth(1).as_deref() {
        Some("generated") => {
            let (commands, events) = (generated_commands(), generated_events());
            for _ in 0..repetitions {
                black_box(dispatch_generated(black_box(commands.clone())));
                black_box(fold_generated(black_box(&events)));
            }
        }
        Some("by-hand") => {
            let (commands, events) = (commands_by_hand(), events_by_hand());
            for _ in 0..repetitions {
                black_box(dispatch_by_hand(black_box(commands.clone())));
                black_box(fold_by_hand(black_box(&events)));
            }
        }
        _ => compare(),
    }
}

fn compare() {
    let (commands, hand_commands) = (generated_commands(), commands_by_hand());
    let (events, hand_events) = (generated_events(), events_by_hand());
    let both = (
        dispatch_generated(commands.clone()),
        dispatch_by_hand(hand_commands.clone()),
    );
    assert_eq!(both.0, both.1, "both sides do the same");
    assert_eq!(
        fold_generated(&events),
        fold_by_hand(&hand_events),
        "both sides do the same"
    );

    let mut times = [const { Vec::new() }; 4];
    for _ in 0..1_001 {
        let (left, right) = (commands.clone(), hand_commands.clone());
        times[0].push(nanos(|| dispatch_generated(left)));
        times[1].push(nanos(|| dispatch_by_hand(right)));
        times[2].push(nanos(|| fold_generated(black_box(&events))));
        times[3].push(nanos(|| fold_by_hand(black_box(&hand_events))));
    }
    let [dispatch, dispatch_by_hand, fold, fold_by_hand] = times.map(median);
    println!(
        "{:<28} {:>12} {:>12} {:>8}",
        "ns each, medians", "generated", "by hand", "ratio"
    );
    let row = |what, left: f64, right: f64| {
        let ratio = left / right;
        println!("{what:<28} {left:>12.2} {right:>12.2} {ratio:>8.3}");
    };
    row("dispatch a command, apply", dispatch, dispatch_by_hand);
    row("fold an event", fold, fold_by_hand);
}

/// Nanoseconds for each message.
fn nanos<T>(run: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(run());
    start.elapsed().as_nanos() as f64 / COMMANDS as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
