//! x
pub mod catalogue;
mod check;
mod code;
mod compare;
mod contract;
mod file;
mod help;
mod layout;
mod learn;
mod lock;
mod path;
mod problem;

pub use catalogue::Catalogue;
pub use compare::Change;
pub use layout::{Kind, Layout, Node, Tagging};
pub use lock::{Held, Lock, LockError};
pub use path::{Path, Step};
pub use problem::{Problem, What};

/// Checks the lock on the layouts of stored events.
#[macro_export]
macro_rules! lock {
    ($path:literal $(, $sample:expr)* $(,)?) => {
        $crate::Lock::new(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))
            $(.sample($sample))*
            .assert()
    };
}
