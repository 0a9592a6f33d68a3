//! Keys: a request is stored once, however often it is sent.

use std::sync::Arc;

use eventsource_core::{Append, AppendError, Key, MultiStreamStore, Outcome, Store, Version};

use crate::broken::{Kept, conflict, ensure, ensure_eq};
use crate::sample::{event, fill, some, stream, version};

fn key(name: &str, asked: &str) -> Key {
    Key::given("sample", name, asked.as_bytes())
}

/// The same request twice: the second answer is the first one, and nothing is stored again.
pub async fn g5_the_same_request_is_stored_once<S: Store>(store: S) -> Kept {
    fill(&store, stream(2), 3).await?;
    let key = key("a", "one");
    ensure_eq(
        &store.outcome(key).await?,
        &None,
        "the outcome of a key that nobody used",
    )?;
    let request = Arc::new(some(stream(1), 3).if_new().key(key));
    let first = store.append(Arc::clone(&request)).await?;
    ensure(!first.repeated, || {
        "a first append is called a repetition".into()
    })?;
    fill(&store, stream(1), 2).await?;
    let second = store.append(request).await?;
    ensure(second.repeated, || {
        "a second append with the same key is not called a repetition".into()
    })?;
    ensure_eq(
        &second.placed,
        &first.placed,
        "the places in the second answer",
    )?;
    let outcome = Outcome {
        digest: key.digest,
        placed: first.placed,
    };
    ensure_eq(
        &store.outcome(key).await?,
        &Some(outcome),
        "the outcome of the key",
    )?;
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(5),
        "the version in the end",
    )
}

/// Another request under a key that was used is an error.
pub async fn g5_another_request_under_a_key<S: Store>(store: S) -> Kept {
    store
        .append(Arc::new(some(stream(1), 1).key(key("a", "one"))))
        .await?;
    let answer = store
        .append(Arc::new(some(stream(1), 1).key(key("a", "two"))))
        .await;
    ensure(matches!(answer, Err(AppendError::KeyReused)), || {
        format!("a key was reused: {answer:?}")
    })?;
    store
        .append(Arc::new(some(stream(1), 1).key(key("b", "two"))))
        .await?;
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(2),
        "the version in the end",
    )
}

/// The same request from many tasks at once: one is stored, and all have the same answer.
pub async fn g5_the_same_key_from_many_tasks<S: Store>(store: S) -> Kept {
    for round in 0..50 {
        let request = Arc::new(some(stream(round), 2).key(key(&round.to_string(), "one")));
        let send = |_| {
            let (store, request) = (store.clone(), Arc::clone(&request));
            tokio::spawn(async move { store.append(request).await })
        };
        let tasks: Vec<_> = (0..8).map(send).collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await??);
        }
        let first = answers.iter().filter(|answer| !answer.repeated).count();
        ensure(first == 1, || {
            format!("{first} of 8 identical requests were stored")
        })?;
        ensure(
            answers
                .iter()
                .all(|answer| answer.placed == answers[0].placed),
            || format!("identical requests have different answers: {answers:?}"),
        )?;
        ensure_eq(
            &version(&store, stream(round)).await?,
            &Version(2),
            "the version in the end",
        )?;
    }
    Ok(())
}

/// A refusal is not remembered: the same request may succeed later.
pub async fn g5_a_refused_append_does_not_use_its_key<S: Store>(store: S) -> Kept {
    let key = key("a", "one");
    let request = Arc::new(some(stream(1), 1).at(Version(1)).key(key));
    conflict(
        store.append(Arc::clone(&request)).await,
        "an append at a version that is not there yet",
    )?;
    ensure_eq(
        &store.outcome(key).await?,
        &None,
        "the outcome of a refused append",
    )?;
    fill(&store, stream(1), 1).await?;
    let answer = store.append(request).await?;
    ensure(!answer.repeated, || {
        "a refused append was remembered as made".into()
    })?;
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(2),
        "the version in the end",
    )
}

/// A repeated request is answered as the first one was, although its check does not hold any more.
pub async fn g5_a_key_answers_before_the_checks<S: Store>(store: S) -> Kept {
    let request = Arc::new(some(stream(1), 1).if_new().key(key("a", "one")));
    store.append(Arc::clone(&request)).await?;
    let answer = store.append(request).await;
    ensure(answer.as_ref().is_ok_and(|answer| answer.repeated), || {
        format!("the repetition of an append that was made is answered with {answer:?}")
    })?;
    let other = store
        .append(Arc::new(some(stream(1), 1).if_new().key(key("a", "two"))))
        .await;
    ensure(matches!(other, Err(AppendError::KeyReused)), || {
        format!("another request under the key, whose check fails too, is answered with {other:?}")
    })
}

/// A key remembers the places of all records, whichever streams they went to.
pub async fn g5_a_key_across_streams<S: MultiStreamStore>(store: S) -> Kept {
    fill(&store, stream(2), 4).await?;
    let records = Append::across()
        .record(stream(1), event("sample.made", 1))
        .record(stream(2), event("sample.made", 2))
        .record(stream(1), event("sample.made", 3));
    let key = key("a", "one");
    let request = Arc::new(records.key(key));
    let first = store.append_across(Arc::clone(&request)).await?;
    let versions: Vec<_> = first.placed.iter().map(|placed| placed.version.0).collect();
    ensure_eq(&versions, &vec![1, 5, 2], "the versions of the records")?;
    ensure_eq(
        &store.append_across(request).await?.placed,
        &first.placed,
        "the places in the second answer",
    )?;
    let outcome = store.outcome(key).await?.map(|outcome| outcome.placed);
    ensure_eq(&outcome, &Some(first.placed), "the places in the outcome")
}
