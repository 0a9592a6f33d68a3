//! Course enrolment: rules that span a course and a student, kept without a saga and without an aggregate for either.
//!
//! A course has seats, a student takes at most five courses, and nobody takes one twice. 32 tasks enrol at once, while
//! another changes capacities; at the end everything is read back, and no rule was broken at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_core::{BoundaryStore, DecideError, Decided, LogScan};
use eventsource_sqlite::SqliteStore;

#[derive(Id)]
pub struct CourseId(u32);

#[derive(Id)]
pub struct StudentId(u32);

#[event(name = "course.defined")]
pub struct CourseDefined {
    #[tag]
    pub course: CourseId,
    pub capacity: usize,
}

#[event(name = "course.capacity-changed")]
pub struct CapacityChanged {
    #[tag]
    pub course: CourseId,
    pub capacity: usize,
}

#[event(name = "course.enrolled", stream = "enrolment/{course}-{student}")]
pub struct Enrolled {
    #[tag]
    pub course: CourseId,
    #[tag]
    pub student: StudentId,
}

/// What is known of a course: of the listed events, those with its tag.
#[decision_model(events(CourseDefined, CapacityChanged, Enrolled))]
pub struct Seats {
    #[tag]
    course: CourseId,
    capacity: Option<usize>,
    taken: usize,
}

#[apply]
impl Seats {
    fn defined(&mut self, event: &CourseDefined) {
        self.capacity = Some(event.capacity);
    }

    fn changed(&mut self, event: &CapacityChanged) {
        self.capacity = Some(event.capacity);
    }

    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
    }
}

/// What is known of a student.
#[decision_model(events(Enrolled))]
pub struct Load {
    #[tag]
    student: StudentId,
    courses: Vec<CourseId>,
}

#[apply]
impl Load {
    fn enrolled(&mut self, event: &Enrolled) {
        self.courses.push(event.course.clone());
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum EnrolError {
    #[error("there is no such course")]
    NoSuchCourse,
    #[error("the course is defined already")]
    DefinedAlready,
    #[error("more students are enrolled than that")]
    TooSmall,
    #[error("the course is full")]
    Full,
    #[error("the student takes five courses already")]
    TooManyCourses,
    #[error("the student takes the course already")]
    EnrolledAlready,
}

type Outcome = Result<Decided, DecideError<EnrolError>>;

pub async fn define(store: &impl BoundaryStore, course: &CourseId, capacity: usize) -> Outcome {
    let decision = store.decide(Seats::of(course), |seats| {
        ensure!(seats.capacity.is_none(), EnrolError::DefinedAlready);
        Ok(CourseDefined {
            course: course.clone(),
            capacity,
        })
    });
    decision.await
}

pub async fn change(store: &impl BoundaryStore, course: &CourseId, capacity: usize) -> Outcome {
    let decision = store.decide(Seats::of(course), |seats| {
        let before = seats.capacity.ok_or(EnrolError::NoSuchCourse)?;
        ensure!(seats.taken <= capacity, EnrolError::TooSmall);
        // `None`: there is nothing to record, and that is no error.
        Ok((before != capacity).then(|| CapacityChanged {
            course: course.clone(),
            capacity,
        }))
    });
    decision.await
}

/// Reads the course and the student by their tags, decides, and stores only if neither has changed since.
pub async fn enrol(store: &impl BoundaryStore, course: &CourseId, student: &StudentId) -> Outcome {
    let decision = store.decide((Seats::of(course), Load::of(student)), |(seats, load)| {
        let capacity = seats.capacity.ok_or(EnrolError::NoSuchCourse)?;
        ensure!(!load.courses.contains(course), EnrolError::EnrolledAlready);
        ensure!(load.courses.len() < 5, EnrolError::TooManyCourses);
        ensure!(seats.taken < capacity, EnrolError::Full);
        Ok(Enrolled {
            course: course.clone(),
            student: student.clone(),
        })
    });
    decision.await
}

const COURSES: u32 = 12;
const STUDENTS: u32 = 32;
const TASKS: u32 = 32;
const TRIES: u32 = 40;

/// How often each answer was given; `None` is an enrolment.
pub type Answers = BTreeMap<Option<EnrolError>, usize>;

/// Everybody enrols at once.
pub async fn rush(
    store: &(impl BoundaryStore + Clone),
) -> Result<Answers, DecideError<EnrolError>> {
    for course in 0..COURSES {
        define(store, &CourseId(course), 14).await?;
    }
    let office = tokio::spawn(office(store.clone()));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(visitor(store.clone(), task)))
        .collect();
    let mut answers = Answers::new();
    for task in tasks {
        for (answer, count) in task.await.expect("no task panics")? {
            *answers.entry(answer).or_default() += count;
        }
    }
    office.await.expect("no task panics")?;
    Ok(answers)
}

/// Tries to enrol one student after the other.
async fn visitor(store: impl BoundaryStore, task: u32) -> Result<Answers, DecideError<EnrolError>> {
    let mut answers = Answers::new();
    for number in 0..TRIES {
        // Every pair comes, in no particular order, and more than once.
        let pair = (task * TRIES + number) * 577 % (COURSES * STUDENTS);
        let (course, student) = (CourseId(pair % COURSES), StudentId(pair / COURSES));
        let answer = loop {
            match enrol(&store, &course, &student).await {
                Ok(_) => break None,
                Err(DecideError::Refused(refusal)) => break Some(refusal),
                // Others were faster at every attempt: so they have got on.
                Err(DecideError::Contended { .. }) => {}
                Err(failed) => return Err(failed),
            }
        };
        *answers.entry(answer).or_default() += 1;
    }
    Ok(answers)
}

/// Changes capacities, up and down.
async fn office(store: impl BoundaryStore) -> Result<(), DecideError<EnrolError>> {
    for number in 0..TRIES as usize {
        let course = CourseId(u32::try_from(number).unwrap_or_default() % COURSES);
        match change(&store, &course, 12 + number % 5).await {
            Ok(_) | Err(DecideError::Refused(_) | DecideError::Contended { .. }) => {}
            Err(failed) => return Err(failed),
        }
    }
    Ok(())
}

/// Reads everything that happened, by no model, and counts how many are enrolled; the error is the first broken rule.
pub async fn check(store: &impl BoundaryStore) -> Result<usize, Box<dyn std::error::Error>> {
    let (mut capacities, mut enrolled) = (BTreeMap::new(), BTreeSet::new());
    for event in store.read_all(LogScan::default()).await? {
        let position = event.position;
        if let Ok(CourseDefined { course, capacity }) = event.decode_as() {
            capacities.insert(course, capacity);
        } else if let Ok(CapacityChanged { course, capacity }) = event.decode_as() {
            capacities.insert(course, capacity);
        } else {
            let Enrolled { course, student } = event.decode_as()?;
            if !enrolled.insert((course, student)) {
                return Err(format!("somebody is enrolled twice at {position}").into());
            }
        }
        for (course, capacity) in &capacities {
            let taken = enrolled.iter().filter(|(other, _)| other == course).count();
            if taken > *capacity {
                return Err(format!(
                    "course {course} has {taken} on {capacity} seats at {position}"
                )
                .into());
            }
        }
        for student in 0..STUDENTS {
            let courses = enrolled
                .iter()
                .filter(|(_, other)| *other == StudentId(student))
                .count();
            if courses > 5 {
                return Err(
                    format!("student {student} takes {courses} courses at {position}").into(),
                );
            }
        }
    }
    Ok(enrolled.len())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("courses.db")).await?;
    let start = Instant::now();
    let answers = rush(&store).await?;
    println!(
        "{TASKS} tasks tried {} enrolments in {:.1?}:",
        TASKS * TRIES,
        start.elapsed()
    );
    for (answer, count) in answers {
        let answer = answer.map_or("enrolled".to_owned(), |refusal| {
            format!("refused: {refusal}")
        });
        println!("{count:6}  {answer}");
    }
    println!(
        "read back: {} enrolments, and no rule was ever broken",
        check(&store).await?
    );
    store.close().await;
    Ok(())
}
