//! The course example: its rules, one by one; any sequence against a model in memory; and a rush, which breaks none.

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/courses.rs"]
mod courses;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use courses::{CourseId, EnrolError, StudentId, change, check, define, enrol, rush};
use eventsource_core::{BoundaryStore, DecideError, Decided, MemoryStore};
use eventsource_sqlite::{Durability, SqliteStore};
use proptest::prelude::*;

/// The refusal, if it was refused.
async fn refusal(
    answer: impl Future<Output = Result<Decided, DecideError<EnrolError>>>,
) -> Option<EnrolError> {
    match answer.await {
        Ok(_) => None,
        Err(DecideError::Refused(refusal)) => Some(refusal),
        Err(failed) => panic!("{failed}"),
    }
}

#[tokio::test]
async fn each_rule_is_kept() {
    let store = MemoryStore::new();
    let [small, other] = [1, 2].map(CourseId::from);
    let [one, two, three] = [1, 2, 3].map(StudentId::from);
    assert_eq!(
        refusal(enrol(&store, &small, &one)).await,
        Some(EnrolError::NoSuchCourse)
    );
    assert_eq!(
        refusal(change(&store, &small, 2)).await,
        Some(EnrolError::NoSuchCourse)
    );
    assert_eq!(refusal(define(&store, &small, 2)).await, None);
    assert_eq!(
        refusal(define(&store, &small, 3)).await,
        Some(EnrolError::DefinedAlready)
    );
    assert_eq!(refusal(enrol(&store, &small, &one)).await, None);
    assert_eq!(
        refusal(enrol(&store, &small, &one)).await,
        Some(EnrolError::EnrolledAlready)
    );
    assert_eq!(refusal(enrol(&store, &small, &two)).await, None);
    assert_eq!(
        refusal(enrol(&store, &small, &three)).await,
        Some(EnrolError::Full)
    );
    assert_eq!(
        refusal(change(&store, &small, 1)).await,
        Some(EnrolError::TooSmall)
    );
    assert!(change(&store, &small, 2).await.unwrap().events.is_empty());
    assert_eq!(refusal(change(&store, &small, 3)).await, None);
    let decided = enrol(&store, &small, &three).await.unwrap();
    assert_eq!(decided.events[0].stream.as_str(), "enrolment/1-3");
    for course in 2..=6 {
        define(&store, &CourseId::from(course), 9).await.unwrap();
    }
    for course in 2..=5 {
        assert_eq!(
            refusal(enrol(&store, &CourseId::from(course), &one)).await,
            None
        );
    }
    let sixth = CourseId::from(6);
    assert_eq!(
        refusal(enrol(&store, &sixth, &one)).await,
        Some(EnrolError::TooManyCourses)
    );
    assert_eq!(refusal(enrol(&store, &other, &two)).await, None);
    assert_eq!(check(&store).await.unwrap(), 8);
}

/// One thing that somebody wants.
#[derive(Debug, Clone)]
enum Wish {
    Define(u32, usize),
    Change(u32, usize),
    Enrol(u32, u32),
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish = prop_oneof![
        1 => (0..7_u32, 0..4_usize).prop_map(|(course, capacity)| Wish::Define(course, capacity)),
        1 => (0..7_u32, 0..4_usize).prop_map(|(course, capacity)| Wish::Change(course, capacity)),
        4 => (0..7_u32, 0..4_u32).prop_map(|(course, student)| Wish::Enrol(course, student)),
    ];
    prop::collection::vec(wish, 0..80)
}

/// The same rules on plain sets.
#[derive(Default)]
struct School {
    capacities: BTreeMap<u32, usize>,
    enrolled: BTreeSet<(u32, u32)>,
}

impl School {
    fn grant(&mut self, wish: &Wish) -> Option<EnrolError> {
        let taken = |course: u32| {
            self.enrolled
                .iter()
                .filter(|(other, _)| *other == course)
                .count()
        };
        match *wish {
            Wish::Define(course, _) if self.capacities.contains_key(&course) => {
                return Some(EnrolError::DefinedAlready);
            }
            Wish::Change(course, _) | Wish::Enrol(course, _)
                if !self.capacities.contains_key(&course) =>
            {
                return Some(EnrolError::NoSuchCourse);
            }
            Wish::Change(course, capacity) if taken(course) > capacity => {
                return Some(EnrolError::TooSmall);
            }
            Wish::Define(course, capacity) | Wish::Change(course, capacity) => {
                self.capacities.insert(course, capacity);
            }
            Wish::Enrol(course, student) => {
                let courses = self
                    .enrolled
                    .iter()
                    .filter(|(_, other)| *other == student)
                    .count();
                if self.enrolled.contains(&(course, student)) {
                    return Some(EnrolError::EnrolledAlready);
                } else if courses >= 5 {
                    return Some(EnrolError::TooManyCourses);
                } else if taken(course) >= self.capacities[&course] {
                    return Some(EnrolError::Full);
                }
                self.enrolled.insert((course, student));
            }
        }
        None
    }
}

proptest! {
    #[test]
    fn any_sequence_is_answered_as_by_plain_sets(wishes in wishes()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, mut school) = (MemoryStore::new(), School::default());
            for wish in &wishes {
                let answer = match *wish {
                    Wish::Define(course, capacity) => refusal(define(&store, &course.into(), capacity)).await,
                    Wish::Change(course, capacity) => refusal(change(&store, &course.into(), capacity)).await,
                    Wish::Enrol(course, student) => refusal(enrol(&store, &course.into(), &student.into())).await,
                };
                assert_eq!(answer, school.grant(wish), "{wish:?}");
            }
            assert_eq!(check(&store).await.unwrap(), school.enrolled.len());
        });
    }
}

async fn rushed(store: impl BoundaryStore) {
    let answers = rush(&store).await.unwrap();
    let enrolled = check(&store).await.unwrap();
    assert_eq!(answers[&None], enrolled);
    assert!(
        answers.contains_key(&Some(EnrolError::EnrolledAlready)),
        "{answers:?}"
    );
    assert!(enrolled > 100, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rush_breaks_no_rule_in_memory() {
    rushed(MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rush_breaks_no_rule_in_sqlite() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let options = SqliteStore::options().durability(Durability::Process);
    let store = options
        .open(folder.path().join("courses.db"))
        .await
        .unwrap();
    rushed(store.clone()).await;
    store.close().await;
}
