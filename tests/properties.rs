//! What must hold for every input: random commands through a repository against the same in memory, random ids and
//! metadata, and the order of times.

use std::collections::HashMap;

use eventsource_core::prelude::*;
use eventsource_core::{
    Events, ExecuteError, MemoryStore, Metadata, Rejection, Root, SequentialIds, StreamName,
    Timestamp, Version,
};
use proptest::prelude::*;

#[event(name = "stack.pushed")]
pub struct Pushed {
    pub items: Vec<u8>,
}

#[event(name = "stack.popped")]
pub struct Popped;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("it is empty")]
pub struct IsEmpty;

#[aggregate(name = "stack", id = String, error = IsEmpty, events(Pushed, Popped), commands(Push, Pop, Label))]
#[derive(Default, Clone, PartialEq)]
pub struct Stack {
    items: Vec<u8>,
}

#[apply]
impl Stack {
    fn pushed(&mut self, event: &Pushed) {
        self.items.extend(&event.items);
    }

    fn popped(&mut self, _: &Popped) {
        self.items.pop();
    }
}

#[handle]
impl Stack {
    /// Pushes each, as events of its own.
    #[command]
    pub fn push(&self, items: Vec<u8>) -> Vec<Pushed> {
        items
            .into_iter()
            .map(|item| Pushed { items: vec![item] })
            .collect()
    }

    #[command]
    pub fn pop(&self) -> Result<Popped, IsEmpty> {
        ensure!(!self.items.is_empty(), IsEmpty);
        Ok(Popped)
    }

    /// Its fields have no order of their own.
    #[command]
    pub fn label(&self, labels: HashMap<String, u8>, weight: u128, note: Option<String>) -> Pushed {
        let _ = (weight, note);
        Pushed {
            items: labels.into_values().collect(),
        }
    }
}

fn commands() -> impl Strategy<Value = Vec<StackCommand>> {
    let push = prop::collection::vec(any::<u8>(), 0..4).prop_map(|items| Push { items }.into());
    prop::collection::vec(prop_oneof![push, Just(Pop.into())], 0..40)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}

proptest! {
    #[test]
    fn a_repository_does_what_memory_does(commands in commands()) {
        let stacks = Repository::<Stack, _>::new(MemoryStore::new());
        let (id, ids, metadata) = ("s".to_owned(), SequentialIds::default(), Metadata::default());
        let mut root = Root::<Stack>::new();
        let mut states = vec![root.state().cloned()];
        for command in commands {
            let context = Context::new(&id, root.version(), Timestamp::default(), &ids, &metadata);
            let mut events = Events::new();
            let decided = root.decide(command.clone(), &context, &mut events);
            match (run(async { stacks.execute(&id, command).await }), decided) {
                (Ok(executed), Ok(())) => {
                    for event in events.as_slice() {
                        root.apply(event, &EventMeta::default()).unwrap();
                        states.push(root.state().cloned());
                    }
                    prop_assert_eq!(executed.version, root.version());
                    let recorded: Vec<_> = executed.events.into_iter().map(|event| event.event).collect();
                    prop_assert_eq!(recorded, events.into_vec());
                }
                (Err(ExecuteError::Refused(left)), Err(Rejection::Refused(right))) => prop_assert_eq!(left, right),
                (left, right) => prop_assert!(false, "{left:?} and {right:?}"),
            }
        }
        for (version, state) in (0_u64..).zip(&states).skip(1) {
            let then = run(stacks.load_at(&id, AsOf::Version(Version(version)))).unwrap();
            prop_assert_eq!(Some(then.state()), state.as_ref());
        }
        let history = run(stacks.history(&id)).unwrap();
        let events: Vec<_> = history.into_iter().map(|recorded| recorded.event).collect();
        prop_assert_eq!(&Stack::fold(&events).unwrap(), states.last().unwrap());
    }

    #[test]
    fn a_command_is_the_same_in_whatever_order_its_fields_come(labels in prop::collection::hash_map(".*", any::<u8>(), 0..12)) {
        let stacks = Repository::<Stack, _>::new(MemoryStore::new());
        let id = "s".to_owned();
        let again: HashMap<_, _> = labels.clone().into_iter().collect();
        run(async { stacks.execute(&id, Label { labels, weight: u128::MAX, note: None }).idempotency_key("k").await }).unwrap();
        let repeated = run(async { stacks.execute(&id, Label { labels: again, weight: u128::MAX, note: None }).idempotency_key("k").await }).unwrap();
        prop_assert!(repeated.repeated);
    }

    #[test]
    fn a_stream_name_is_refused_or_comes_back(category in ".{0,20}", id in ".{0,20}") {
        if let Ok(name) = StreamName::new(&category, &id) {
            prop_assert_eq!(name.as_str(), format!("{category}/{id}"));
            prop_assert_eq!(format!("{}/{}", name.category(), name.id()), name.as_str());
            prop_assert_eq!(StreamName::parse(name.as_str()).unwrap(), name);
        }
    }

    #[test]
    fn metadata_comes_back(correlation in prop::option::of(".*"), actor in prop::option::of(".*"), own in prop::collection::btree_map(".*", ".*", 0..4)) {
        let metadata = Metadata { correlation, actor, own, ..Metadata::default() };
        prop_assert_eq!(Metadata::from_stored(&metadata.to_stored()).unwrap(), metadata);
    }

    #[test]
    fn times_sort_as_text(left in 0_i64..253_402_300_800_000_000, right in 0_i64..253_402_300_800_000_000) {
        let (left, right) = (Timestamp::from_micros(left), Timestamp::from_micros(right));
        prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
    }

    #[test]
    fn no_json_makes_dispatch_panic(command in ".*") {
        let dispatcher = eventsource_core::Dispatcher::discover(MemoryStore::new()).unwrap();
        let options = eventsource_core::CommandOptions::default();
        let _ = run(dispatcher.dispatch("stack", "s", command.as_bytes(), options));
    }
}
