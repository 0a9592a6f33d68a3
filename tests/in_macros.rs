//! Domains that a `macro_rules!` of the user's writes, with the names and types handed to it: they compile as if they had
//! been written out.
#![allow(missing_docs, reason = "a program that is read as a whole")]

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{MemoryStore, ReactionKey};

/// Everything by names: of types, of fields, of methods.
macro_rules! counter {
    (
        $name:ident called $stored:literal by $id:ty, $invariant:path;
        $begun:ident by $begin:ident in $apply_begun:ident and $handle_begin:ident;
        $($event:ident ($field:ident) by $command:ident in $apply:ident and $handle:ident),*
    ) => {
        #[event]
        pub struct $begun;

        $(
            #[event]
            pub struct $event {
                #[tag]
                pub $field: u64,
            }
        )*

        #[aggregate(
            name = $stored,
            id = $id,
            error = Infallible,
            events($begun, $($event),*),
            commands($begin, $($command),*),
            invariant = $invariant,
            snapshot,
        )]
        pub struct $name {
            pub count: u64,
        }

        #[apply]
        impl $name {
            fn $apply_begun(_: &$begun) -> Self {
                Self { count: 0 }
            }

            $(
                fn $apply(&mut self, event: &$event, _: &EventMeta<'_>) {
                    self.count += event.$field;
                }
            )*
        }

        #[handle]
        impl $name {
            #[command]
            pub fn $handle_begin() -> $begun {
                $begun
            }

            $(
                #[command]
                pub fn $handle(&self, $field: u64) -> Result<Option<$event>, Infallible> {
                    Ok(($field > 0).then_some($event { $field }))
                }
            )*
        }
    };
}

fn is_small(counter: &Counter) -> bool {
    counter.count < 100
}

counter! {
    Counter called "counter" by u64, is_small;
    Begun by Begin in begun and begin;
    Added(by) by Add in added and add,
    AddedTwice(r#twice) by AddTwice in added_twice and add_twice
}

/// Versions, split events, enums of one's own.
macro_rules! chain {
    ($old:ident, $new:ident($stored:literal), $split:ident into $left:ident $right:ident, $upcast:path, $all:ident) => {
        #[event(version = 2, of = $new, upcast(1 = $upcast))]
        pub struct $old {
            pub text: String,
        }

        #[event(name = $stored, version = 3, from = $old, down = $old)]
        pub struct $new {
            pub number: u64,
        }

        impl From<$old> for $new {
            fn from(old: $old) -> Self {
                Self {
                    number: old.text.len() as u64,
                }
            }
        }

        impl From<&$new> for $old {
            fn from(new: &$new) -> Self {
                Self {
                    text: "x".repeat(usize::try_from(new.number).unwrap_or(0)),
                }
            }
        }

        #[event(into($left, $right))]
        pub struct $split;

        #[event(from = $split)]
        pub struct $left;

        #[event(from = $split)]
        pub struct $right;

        impl From<$split> for $left {
            fn from(_: $split) -> Self {
                Self
            }
        }

        impl From<$split> for $right {
            fn from(_: $split) -> Self {
                Self
            }
        }

        #[event]
        pub enum $all {
            $new($new),
            $left($left),
            $right($right),
        }
    };
}

fn older(mut old: eventsource_core::Value) -> eventsource_core::Value {
    old["text"] = "four".into();
    old
}

chain!(Older, Newer("newer"), Parted into Left Right, older, Everything);

/// Readers of events.
macro_rules! readers {
    ($event:ty, $field:ident, $model:ident($tag:ident), $view:ident, $index:ident, $letters:ident, $apply:ident) => {
        #[decision_model(events(Added))]
        #[derive(Default)]
        pub struct $model {
            #[tag = "by"]
            $tag: u64,
            seen: u64,
        }

        #[apply]
        impl $model {
            fn $apply(&mut self, _: &$event) {
                self.seen += 1;
            }
        }

        #[derive(Default)]
        pub struct $view(u64);

        #[projection(name = "sums")]
        impl $view {
            fn $apply(&mut self, it: &Recorded<$event>) {
                self.0 += it.event.$field;
            }
        }

        pub struct $index;

        #[projection(name = "index")]
        impl $index {
            async fn $apply(&self, _: &Recorded<$event>) -> Result<(), Infallible> {
                ready(Ok(())).await
            }
        }

        #[reactor(name = "letters")]
        impl $letters {
            async fn $apply(
                &self,
                _: &Recorded<$event>,
                _: &ReactionKey,
            ) -> Result<(), Infallible> {
                ready(Ok(())).await
            }
        }

        pub struct $letters;
    };
}

readers!(Added, by, ByAmount(amount), Sums, Index, Letters, added);

/// A process.
macro_rules! follower {
    ($process:ident by $id:ty, $event:ident by $key:expr, $command:ident of $aggregate:ident, $timer:ident, $step:ident) => {
        #[event]
        pub struct $step;

        #[timer]
        pub struct $timer;

        #[aggregate(name = "follower", id = $id, error = Infallible, events($step), commands())]
        #[derive(Default)]
        pub struct $process;

        #[apply]
        impl $process {
            fn step(&mut self, _: &$step) {}
        }

        #[process]
        impl $process {
            #[key($key)]
            fn seen(&self, _: &Recorded<$event>) -> Next<Self> {
                Next::record($step)
                    .command::<$aggregate>(7, $command { r#twice: 1 })
                    .timer_after(Duration::from_secs(1), $timer)
            }

            fn refused(&self, _: &Refused<$command>) -> Next<Self> {
                Next::nothing()
            }

            fn late(&self, _: &$timer) -> Next<Self> {
                Next::nothing().end()
            }
        }
    };
}

follower!(Follower by u64, Added by 1, AddTwice of Counter, Late, Step);

#[tokio::test]
async fn they_work_as_any_other() {
    let store = MemoryStore::new();
    let counters = Repository::<Counter, _>::new(store.clone());
    counters.execute(&1, Begin).await.unwrap();
    counters.execute(&1, Add { by: 3 }).await.unwrap();
    counters.execute(&1, AddTwice { twice: 0 }).await.unwrap();
    let sums = store.view(Sums::default);
    assert_eq!(sums.read(|sums| sums.0).await.unwrap(), 3);
    Counter::given((Begun, Added { by: 98 }))
        .when(Add { by: 1 })
        .then(Added { by: 1 });
    assert_eq!(ByAmount::of(3).given(Added { by: 3 }).seen, 1);
}

#[test]
fn their_chains_are_whole() {
    assert_eq!(Newer::SHAPE.stored_names(), ["newer"]);
    assert_eq!(Left::SHAPE.stored_names(), ["Left", "Parted"]);
}
