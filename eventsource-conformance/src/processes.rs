//! Runs a test in two processes: the test binary starts itself once more, with the one test's name.
//!
//! Both run the same function, each with its own handle of the same store; they meet and exchange what they have recorded
//! through the second one's standard input and output. Their clock is a file, see [`Clock`].

use std::future::Future;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::sleep;

use crate::broken::{Broken, Kept, Problem};
use crate::clock::Clock;
use crate::seed::{SEED, seed};
use crate::suite::{runtime, verdict};

/// Tells the second process that it is one, and where the store is.
const SECOND: &str = "EVENTSOURCE_CONFORMANCE_SECOND";
/// Marks the lines that one process says to the other, among those of the test harness.
const SAYS: &str = "conformance:";

/// Where both processes find what they share.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    address: String,
    clock: PathBuf,
}

/// One side of a test in two processes.
pub struct Side<S> {
    /// This side's handle of the store.
    pub store: S,
    /// The clock of both sides.
    pub clock: Arc<Clock>,
    is_first: bool,
    says: Box<dyn Write + Send>,
    hears: UnboundedReceiver<String>,
}

impl<S> Side<S> {
    fn new(
        store: S,
        place: &Place,
        is_first: bool,
        says: impl Write + Send + 'static,
        hears: impl Read + Send + 'static,
    ) -> Self {
        let clock = Clock::shared(&place.clock);
        let clock = clock.unwrap_or_else(|error| panic!("the clock cannot be opened: {error}"));
        let (sender, lines) = unbounded_channel();
        // Ends with the other process. It reads on when nobody listens any more, so that the other one can speak.
        std::thread::spawn(move || {
            for line in BufReader::new(hears).lines().map_while(Result::ok) {
                if let Some(said) = line.strip_prefix(SAYS) {
                    let _ = sender.send(said.to_owned());
                }
            }
        });
        Self {
            store,
            clock: Arc::new(clock),
            is_first,
            says: Box::new(says),
            hears: lines,
        }
    }

    /// Whether this is the process that was there first.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// Says something to the other side.
    pub fn say(&mut self, what: &impl Serialize) -> Kept {
        let text = serde_json::to_string(what).map_err(|error| Problem(error.to_string()))?;
        // On a line of its own: the harness has perhaps begun one.
        let said = write!(self.says, "\n{SAYS}{text}\n").and_then(|()| self.says.flush());
        said.map_err(|error| Problem(format!("the other process does not listen: {error}")))
    }

    /// Waits for what the other side says.
    pub async fn hear<T: DeserializeOwned>(&mut self) -> Kept<T> {
        // The test as a whole has its time.
        let said = self.hears.recv().await;
        let said = said.ok_or_else(|| {
            Problem("the other process has ended; its own words are above".into())
        })?;
        serde_json::from_str(&said)
            .map_err(|error| Problem(format!("the other process says `{said}`: {error}")))
    }

    /// Waits until the other side is here too.
    pub async fn meet(&mut self) -> Kept {
        self.say(&())?;
        self.hear().await
    }

    /// What both sides have recorded, on the first side; nothing on the second one.
    pub async fn gather<T: Serialize + DeserializeOwned>(
        &mut self,
        mut own: Vec<T>,
    ) -> Kept<Option<Vec<T>>> {
        if !self.is_first {
            self.say(&own)?;
            // The first one may have more to do with the store.
            self.meet().await?;
            return Ok(None);
        }
        own.extend(self.hear::<Vec<T>>().await?);
        self.meet().await?;
        Ok(Some(own))
    }
}

/// Ends the process that was started here, however the test ends.
struct Second(Child);

impl Drop for Second {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Second {
    fn start(test: &str, place: &Place) -> std::io::Result<Self> {
        // The harness knows the test by its path without the crate's name.
        let test = test.split_once("::").map_or(test, |(_, path)| path);
        let child = Command::new(std::env::current_exe()?)
            .args([test, "--exact", "--nocapture", "--include-ignored"])
            .env(SECOND, serde_json::to_string(place)?)
            .env(SEED, seed().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    async fn ends_well(&mut self) -> Kept {
        for _ in 0..3_000 {
            match self.0.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    return Err(Problem(format!(
                        "the second process has ended with {status}"
                    )));
                }
                Ok(None) => sleep(Duration::from_millis(10)).await,
                Err(error) => return Err(Problem(format!("the second process is lost: {error}"))),
            }
        }
        Err(Problem("the second process does not end".into()))
    }
}

/// Whether this is the second process of a test.
#[must_use]
pub fn is_second_process() -> bool {
    std::env::var_os(SECOND).is_some()
}

/// Runs `test` in this process and in a second one, and says what is broken. `name` is the path of the calling `#[test]`,
/// `open` opens the store at an address, `fresh` makes a new one and gives its address, with a guard that keeps it.
///
/// In the second process it runs the test's other side, and what it returns is of no interest.
pub fn check_in_two_processes<S, G, T>(
    promise: &'static str,
    name: &str,
    open: impl AsyncFn(&str) -> S,
    fresh: impl AsyncFn() -> (String, G),
    test: impl FnOnce(Side<S>) -> T,
) -> Result<(), Broken>
where
    T: Future<Output = Kept> + Send + 'static,
{
    let broken = |how: String| Broken::new(promise, Problem(how));
    runtime().block_on(async {
        if let Ok(place) = std::env::var(SECOND) {
            let place: Place = serde_json::from_str(&place)
                .map_err(|error| broken(format!("{SECOND}: {error}")))?;
            let store = open(&place.address).await;
            let side = Side::new(store, &place, false, std::io::stdout(), std::io::stdin());
            return verdict(promise, test(side)).await;
        }
        let folder = tempfile::tempdir()
            .map_err(|error| broken(format!("no folder for the clock: {error}")))?;
        let (address, _guard) = fresh().await;
        let place = Place {
            address,
            clock: folder.path().join("clock"),
        };
        let store = open(&place.address).await;
        let started = Second::start(name, &place);
        let mut second = started
            .map_err(|error| broken(format!("the second process cannot be started: {error}")))?;
        let (Some(says), Some(hears)) = (second.0.stdin.take(), second.0.stdout.take()) else {
            return Err(broken(
                "the second process has no standard input or output".into(),
            ));
        };
        let first = verdict(promise, test(Side::new(store, &place, true, says, hears))).await;
        let ended = second
            .ends_well()
            .await
            .map_err(|problem| Broken::new(promise, problem));
        first.and(ended)
    })
}

/// The same, and panics if the promise is broken, as a `#[test]` does.
///
/// # Panics
///
/// If the promise is broken.
pub fn hold_in_two_processes<S, G, T>(
    promise: &'static str,
    name: &str,
    open: impl AsyncFn(&str) -> S,
    fresh: impl AsyncFn() -> (String, G),
    test: impl FnOnce(Side<S>) -> T,
) where
    T: Future<Output = Kept> + Send + 'static,
{
    if let Err(broken) = check_in_two_processes(promise, name, open, fresh, test) {
        panic!("{broken}");
    }
}

/// Makes the tests in two processes of a [`BoundaryStore`](eventsource_core::BoundaryStore), and those that open a store
/// again. For a store that can do less, its trait comes first: `two_process_tests!(MultiStreamStore, open: …, fresh: …)`.
///
/// `open` opens the store at an address, and `fresh` makes a new one and gives its address, with a guard that is dropped
/// after the test:
///
/// ```no_run
/// # mod some_store {
/// #     pub type Store = eventsource_core::MemoryStore;
/// #     pub async fn open(_: &str) -> Store { Store::new() }
/// # }
/// async fn open(address: &str) -> some_store::Store {
///     some_store::open(address).await
/// }
///
/// async fn fresh() -> (String, impl Drop) {
///     let folder = tempfile::tempdir().expect("a folder");
///     (folder.path().join("events").display().to_string(), folder)
/// }
///
/// eventsource_conformance::two_process_tests!(open: open, fresh: fresh);
/// # fn main() {}
/// ```
///
/// It starts the test binary once more, with the name of the one test; so it needs the usual test harness.
#[macro_export]
macro_rules! two_process_tests {
    (open: $open:path, fresh: $fresh:path $(,)?) => {
        $crate::two_process_tests!(BoundaryStore, open: $open, fresh: $fresh);
    };
    (BoundaryStore, open: $open:path, fresh: $fresh:path $(,)?) => {
        $crate::two_process_tests!(MultiStreamStore, open: $open, fresh: $fresh);
        $crate::__in_two_processes! { $open, $fresh,
            g3_two_processes_make_one_history_within_boundaries
            g3_of_two_processes_in_one_boundary_one_wins
        }
    };
    (MultiStreamStore, open: $open:path, fresh: $fresh:path $(,)?) => {
        $crate::two_process_tests!(Store, open: $open, fresh: $fresh);
        $crate::__in_two_processes! { $open, $fresh,
            g3_two_processes_make_one_history_across_streams
        }
    };
    (Store, open: $open:path, fresh: $fresh:path $(,)?) => {
        $crate::__in_two_processes! { $open, $fresh,
            g3_two_processes_make_one_history
            g3_two_processes_make_one_history_of_a_repository
            g3_two_processes_make_one_history_of_a_repository_with_a_cache
            g3_of_two_processes_at_one_version_one_wins
            g4_a_subscription_follows_another_process
            g5_a_key_is_known_to_another_process
            g9_two_processes_see_one_identity
        }
        #[test]
        fn g5_keys_and_events_outlive_every_handle() {
            if let Err(broken) = $crate::check_reopening($open, $fresh) {
                panic!("{broken}");
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __in_two_processes {
    ($open:path, $fresh:path, $($test:ident)*) => {$(
        #[test]
        fn $test() {
            let name = concat!(module_path!(), "::", stringify!($test));
            $crate::hold_in_two_processes(stringify!($test), name, $open, $fresh, $crate::two::$test);
        }
    )*};
}
