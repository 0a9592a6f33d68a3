//! The states that stored examples make: changed code under an unchanged fingerprint, and snapshots that lose something.
#![allow(missing_docs, reason = "a program that is read as a whole")]

use std::fs;
use std::path::PathBuf;

use eventsource_core::prelude::*;
use eventsource_core::{Registered, Registry};
use eventsource_schema::{Held, Lock, LockError, What};

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub struct Never;

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
}

#[event(name = "account.noted")]
pub struct Noted {
    pub text: String,
}

/// An account whose `#[apply]` methods call what stands beside them; with notes, if it is said.
macro_rules! program {
    (noted $name:ident, snapshot($($snapshot:tt)*), { $($items:item)* }) => {
        pub mod $name {
            #![allow(unused_imports)]
            use std::collections::HashSet;

            use super::*;

            #[aggregate(
                name = "account", id = u64, error = Never, events(Deposited, Noted), commands(), snapshot($($snapshot)*)
            )]
            #[derive(Default)]
            pub struct Account {
                balance: u64,
                seen: Seen,
            }

            #[apply]
            impl Account {
                fn deposited(&mut self, event: &Deposited) {
                    self.balance += worth(event.amount);
                    see(&mut self.seen, event.amount);
                }
            }

            #[apply]
            impl Account {
                fn noted(&mut self, _: &Noted) {
                    self.balance += 1;
                }
            }

            $($items)*
        }
    };
    ($name:ident, snapshot($($snapshot:tt)*), { $($items:item)* }) => {
        pub mod $name {
            #![allow(unused_imports)]
            use std::collections::HashSet;

            use super::*;

            #[aggregate(
                name = "account", id = u64, error = Never, events(Deposited), commands(), snapshot($($snapshot)*)
            )]
            #[derive(Default)]
            pub struct Account {
                balance: u64,
                seen: Seen,
            }

            #[apply]
            impl Account {
                fn deposited(&mut self, event: &Deposited) {
                    self.balance += worth(event.amount);
                    see(&mut self.seen, event.amount);
                }
            }

            $($items)*
        }
    };
}

program!(before, snapshot(every = 10), {
    pub type Seen = Vec<u64>;

    fn worth(amount: u64) -> u64 {
        amount + 1
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.push(amount);
    }
});

// The same, of which one function was changed.
program!(changed, snapshot(every = 10), {
    pub type Seen = Vec<u64>;

    fn worth(amount: u64) -> u64 {
        amount + 3
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.push(amount);
    }
});

// And the version raised, as it should be.
program!(raised, snapshot(every = 10, version = 2), {
    pub type Seen = Vec<u64>;

    fn worth(amount: u64) -> u64 {
        amount + 3
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.push(amount);
    }
});

// The same code, written otherwise where no fingerprint looks.
program!(tidied, snapshot(every = 10), {
    pub type Seen = Vec<u64>;

    fn worth(amount: u64) -> u64 {
        1 + amount
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.extend([amount]);
    }
});

// One more event, which changes what all examples together make.
program!(noted grown, snapshot(every = 10), {
    pub type Seen = Vec<u64>;

    fn worth(amount: u64) -> u64 {
        amount + 1
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.push(amount);
    }

});

// The elements of a set without an order stand in another one each time.
program!(unordered, snapshot(every = 10), {
    pub type Seen = HashSet<u64>;

    fn worth(amount: u64) -> u64 {
        amount + 1
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.extend(amount..amount + 9);
    }
});

// One more of them.
program!(unordered_changed, snapshot(every = 10), {
    pub type Seen = HashSet<u64>;

    fn worth(amount: u64) -> u64 {
        amount + 1
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.extend(amount..amount + 10);
    }
});

// Something that no event says.
program!(clock, snapshot(every = 10), {
    pub type Seen = Vec<u128>;

    fn worth(amount: u64) -> u64 {
        amount + 1
    }

    fn see(seen: &mut Seen, _: u64) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        seen.push(now.unwrap().as_nanos());
    }
});

/// A state with a type of its own in it, which no fingerprint looks into, and an `Apply` by hand.
macro_rules! by_hand {
    ($name:ident, $worth:expr) => {
        pub mod $name {
            use super::*;

            #[value]
            #[derive(Default)]
            pub struct Balance {
                amount: u64,
            }

            impl Balance {
                fn add(&mut self, amount: u64) {
                    self.amount += amount * $worth;
                }
            }

            #[aggregate(name = "account", id = u64, error = Never, events(Deposited), commands(), snapshot)]
            #[derive(Default)]
            pub struct Account {
                balance: Balance,
            }

            impl Apply<Deposited> for Account {
                fn apply(&mut self, event: &Deposited, _: &EventMeta) {
                    self.balance.add(event.amount);
                }
            }
        }
    };
}

by_hand!(nested, 1);
by_hand!(nested_changed, 2);

// A count that is not kept.
program!(forgetful, snapshot(every = 10), {
    #[value]
    #[derive(Default)]
    pub struct Seen {
        last: u64,
        #[serde(skip)]
        count: u64,
    }

    fn worth(amount: u64) -> u64 {
        amount + 1
    }

    fn see(seen: &mut Seen, amount: u64) {
        seen.count += 1;
        seen.last = amount * seen.count + seen.count;
    }
});

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("eventsource-states-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn lock<A: Registered>(&self) -> Lock {
        Lock::new(self.path()).registry(Registry::new().with::<A>())
    }

    fn path(&self) -> PathBuf {
        self.0.join("schema.lock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is wrong, as one text.
fn broken(checked: Result<Held, LockError>) -> (Vec<What>, String) {
    match checked {
        Err(error @ LockError::Broken { .. }) => {
            let text = error.to_string();
            let LockError::Broken { problems, .. } = error else {
                unreachable!()
            };
            (problems.into_iter().map(|it| it.what).collect(), text)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn changed_code_under_the_same_fingerprint_is_found() {
    let folder = Folder::new("changed");
    folder.lock::<before::Account>().update().unwrap();
    let text = fs::read_to_string(folder.path()).unwrap();
    assert!(text.contains(r#""balance":"#), "{text}");
    assert!(
        folder
            .lock::<before::Account>()
            .check()
            .unwrap()
            .unrecorded
            .is_empty()
    );
    assert!(
        folder
            .lock::<tidied::Account>()
            .check()
            .unwrap()
            .unrecorded
            .is_empty()
    );

    let (found, text) = broken(folder.lock::<changed::Account>().check());
    assert!(
        matches!(&*found, [What::OtherState { path, .. }] if path == "balance"),
        "{text}"
    );
    for part in [
        "`account`: the stored examples make another state",
        "states.rs",
        "raise `version` in the `snapshot(…)` of `Account`",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // It is not recorded in silence, and it is once the version is raised.
    assert!(matches!(
        folder.lock::<changed::Account>().update(),
        Err(LockError::Broken { .. })
    ));
    assert_eq!(
        folder.lock::<raised::Account>().check().unwrap().unrecorded,
        ["the state of `account` that the examples make"]
    );
    folder.lock::<raised::Account>().update().unwrap();
    assert!(
        folder
            .lock::<raised::Account>()
            .check()
            .unwrap()
            .unrecorded
            .is_empty()
    );
}

#[test]
fn what_is_no_other_state_of_the_same_events_is_no_problem() {
    let folder = Folder::new("grown");
    folder.lock::<before::Account>().update().unwrap();
    let unrecorded = folder.lock::<grown::Account>().check().unwrap().unrecorded;
    assert!(
        unrecorded.iter().any(|line| line.contains("account.noted")),
        "{unrecorded:?}"
    );
}

#[test]
fn the_order_of_what_has_none_does_not_matter_and_what_is_in_it_does() {
    for _ in 0..5 {
        let folder = Folder::new("unordered");
        folder.lock::<unordered::Account>().update().unwrap();
        assert!(
            folder
                .lock::<unordered::Account>()
                .check()
                .unwrap()
                .unrecorded
                .is_empty()
        );
        let text = fs::read_to_string(folder.path()).unwrap();
        assert!(
            text.contains(r#""seen":{"in any order":[1,2,3,4,5,6,7,8,9]}"#),
            "{text}"
        );
        let (found, text) = broken(folder.lock::<unordered_changed::Account>().check());
        assert!(
            matches!(&*found, [What::OtherState { path, .. }] if path == "seen"),
            "{text}"
        );
    }
}

#[test]
fn a_state_that_is_another_each_time_is_found() {
    let folder = Folder::new("clock");
    let updated = folder.lock::<clock::Account>().update();
    let (found, text) = broken(updated.map(|_| Held::default()));
    assert!(
        matches!(&*found, [What::Unsteady { path, .. }] if path == "seen[0]"),
        "{text}"
    );
    for part in [
        "`account`: the same events make another state each time: `seen[0]` is",
        "take in the `#[apply]` methods of `Account` what the event says",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn changes_in_nested_types_and_by_hand_are_found() {
    let folder = Folder::new("by-hand");
    folder.lock::<nested::Account>().update().unwrap();
    let (found, text) = broken(folder.lock::<nested_changed::Account>().check());
    assert!(
        matches!(&*found, [What::OtherState { path, .. }] if path == "balance.amount"),
        "{text}"
    );
}

#[test]
fn a_lock_without_states_is_one_that_does_not_know_them_yet() {
    let folder = Folder::new("old");
    folder.lock::<before::Account>().update().unwrap();
    let text = fs::read_to_string(folder.path()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("  state "));
    let lines: Vec<_> = lines.collect();
    fs::write(folder.path(), lines.join("\n")).unwrap();
    let unrecorded = folder
        .lock::<changed::Account>()
        .check()
        .unwrap()
        .unrecorded;
    assert_eq!(
        unrecorded,
        ["the state of `account` that the examples make"]
    );
}

#[test]
fn a_snapshot_that_loses_something_is_found_with_the_shortest_history() {
    let folder = Folder::new("forgetful");
    let (found, text) = broken(
        folder
            .lock::<forgetful::Account>()
            .update()
            .map(|_| Held::default()),
    );
    let [
        What::NotKept {
            history,
            after,
            path,
            ..
        },
    ] = &*found
    else {
        panic!("{text}");
    };
    assert_eq!((history.len(), *after, path.as_str()), (2, 1, "seen.last"));
    for part in [
        "a snapshot loses something: after account.deposited, account.deposited, `seen.last` is",
        "take `#[serde(skip)]`",
    ] {
        assert!(text.contains(part), "{text}");
    }
}
