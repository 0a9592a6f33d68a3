//! Boundary checks: an append is made only if nothing that its decision has not seen matches its query.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, BoundaryStore, Conflict, Position, Query, StoreError,
    StreamCheck, Tag, Version,
};
use tokio::sync::Barrier;

use crate::broken::{Kept, Problem, conflict, ensure, ensure_eq};
use crate::sample::{Positions, event, stream, tagged};
use crate::scan::Model;

fn course(id: u64) -> Tag {
    Tag::new("course", id)
}

async fn given<S: BoundaryStore>(store: &S) -> Result<Appended, AppendError> {
    let records = Append::within()
        .record(
            stream(1),
            tagged("enrolled", 1, &[course(1), Tag::new("student", 1)]),
        )
        .record(stream(2), tagged("cancelled", 2, &[course(1)]))
        .record(stream(3), tagged("enrolled", 3, &[course(2)]));
    store.append_within(Arc::new(records)).await
}

/// Appends under a check that nothing matches `query` after the event with the number `after`; `expected` are the numbers
/// of those that match.
async fn judged<S: BoundaryStore>(store: &S, query: Query, after: u64, expected: &[u64]) -> Kept {
    let positions = Positions::of(store).await?;
    let what = format!("a check that nothing matches {query:?} after event {after}");
    let append = Append::within()
        .record(stream(9), event("other", 1))
        .nothing_matches(query, positions.at(after));
    let answer = store.append_within(Arc::new(append)).await;
    if expected.is_empty() {
        return answer
            .map(|_| ())
            .map_err(|error| Problem(format!("{what} holds, but is answered with: {error}")));
    }
    let Conflict::Boundary { position, .. } = conflict(answer, &what)? else {
        return Err(Problem("the conflict is about a stream".into()));
    };
    ensure(
        positions
            .all(expected.iter().copied())
            .contains(&position.0),
        || format!("{what} is answered with {position}, which does not match"),
    )
}

/// Types alone.
pub async fn g3_nothing_matches_by_type<S: BoundaryStore>(store: S) -> Kept {
    given(&store).await?;
    judged(&store, Query::types(["enrolled"]), 0, &[1, 3]).await?;
    judged(&store, Query::types(["nobody", "cancelled"]), 0, &[2]).await?;
    judged(&store, Query::types(["nobody"]), 0, &[]).await?;
    judged(&store, Query::all(), 0, &[1, 2, 3, 4]).await
}

/// Tags alone; several must all be there.
pub async fn g3_nothing_matches_by_tag<S: BoundaryStore>(store: S) -> Kept {
    given(&store).await?;
    judged(&store, Query::tag(course(1)), 0, &[1, 2]).await?;
    judged(
        &store,
        Query::tag(course(1)).tagged(Tag::new("student", 1)),
        0,
        &[1],
    )
    .await?;
    judged(
        &store,
        Query::tag(course(2)).tagged(Tag::new("student", 1)),
        0,
        &[],
    )
    .await?;
    judged(&store, Query::tag(course(3)), 0, &[]).await
}

/// Types and tags together, and alternatives of them.
pub async fn g3_nothing_matches_by_type_and_tag<S: BoundaryStore>(store: S) -> Kept {
    given(&store).await?;
    judged(
        &store,
        Query::types(["cancelled"]).tagged(course(1)),
        0,
        &[2],
    )
    .await?;
    judged(
        &store,
        Query::types(["enrolled", "cancelled"]).tagged(course(2)),
        0,
        &[3],
    )
    .await?;
    judged(
        &store,
        Query::types(["nobody"]).or(Query::tag(course(2))),
        0,
        &[3],
    )
    .await?;
    judged(
        &store,
        Query::types(["cancelled"]).tagged(course(2)),
        0,
        &[],
    )
    .await
}

/// What the decision has seen does not count.
pub async fn g3_only_what_is_after_the_position<S: BoundaryStore>(store: S) -> Kept {
    given(&store).await?;
    judged(&store, Query::types(["enrolled"]), 2, &[3]).await?;
    judged(&store, Query::tag(course(1)), 1, &[2]).await?;
    judged(&store, Query::types(["enrolled"]), 3, &[]).await?;
    judged(&store, Query::tag(course(1)), 2, &[]).await
}

/// Two decisions that each rest on the absence of what the other writes: one is made.
pub async fn g3_write_skew_within_a_boundary<S: BoundaryStore>(store: S) -> Kept {
    for round in 0..200 {
        let on_call = Tag::new("ward", round);
        let queries = [
            [Query::types(["off.left"]), Query::types(["off.right"])],
            [
                Query::types(["off"]).tagged(on_call.clone()),
                Query::types(["off"]).tagged(on_call.clone()),
            ],
            [Query::tag(on_call.clone()), Query::tag(on_call.clone())],
        ];
        let [left, right] = queries[usize::try_from(round % 3).unwrap_or(0)].clone();
        let names = if round % 3 == 0 {
            ["off.right", "off.left"]
        } else {
            ["off", "off"]
        };
        let after = store.head().await?;
        let winners = race(
            &store,
            after,
            [(left, names[0]), (right, names[1])],
            &on_call,
            10 * round,
        )
        .await?;
        ensure(winners == 1, || {
            format!("in round {round}, {winners} of 2 decisions that exclude each other were made")
        })?;
    }
    Ok(())
}

async fn race<S: BoundaryStore, const N: usize>(
    store: &S,
    after: Position,
    sides: [(Query, &'static str); N],
    tag: &Tag,
    id: u64,
) -> Kept<usize> {
    let barrier = Arc::new(Barrier::new(N));
    let mut tasks = Vec::new();
    for (id, (query, name)) in (id..).zip(sides) {
        let (store, barrier) = (store.clone(), Arc::clone(&barrier));
        let record = tagged(name, id, std::slice::from_ref(tag));
        let append = Append::within()
            .record(stream(id), record)
            .nothing_matches(query, after);
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            store.append_within(Arc::new(append)).await
        }));
    }
    let mut winners = 0;
    for task in tasks {
        match task.await? {
            Ok(_) => winners += 1,
            Err(AppendError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(winners)
}

/// Of many appends to different streams within one boundary, one is made.
pub async fn g3_of_two_in_one_boundary_one_wins<S: BoundaryStore>(store: S) -> Kept {
    for round in 0..200 {
        let tag = course(round);
        let side = || {
            (
                Query::types(["seat.taken"]).tagged(course(round)),
                "seat.taken",
            )
        };
        let winners = race(
            &store,
            Position::START,
            [side(), side(), side(), side()],
            &tag,
            10 * round,
        )
        .await?;
        ensure(winners == 1, || {
            format!("in round {round}, {winners} of 4 appends in one boundary were made")
        })?;
    }
    Ok(())
}

/// Appends in different boundaries do not hinder each other, also if they are sent together.
pub async fn g3_disjoint_boundaries_do_not_conflict<S: BoundaryStore>(store: S) -> Kept {
    let barrier = Arc::new(Barrier::new(32));
    let mut tasks = Vec::new();
    for id in 0..32 {
        let (store, barrier) = (store.clone(), Arc::clone(&barrier));
        let append = Append::within()
            .record(stream(id), tagged("enrolled", id, &[course(id)]))
            .if_stream(StreamCheck::At(stream(id), Version::NONE))
            .nothing_matches(
                Query::types(["enrolled"]).tagged(course(id)),
                Position::START,
            );
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            store.append_within(Arc::new(append)).await
        }));
    }
    for task in tasks {
        task.await??;
    }
    ensure_eq(
        &store.head().await?,
        &Positions::of(&store).await?.at(32),
        "the head after 32 appends",
    )
}

/// Checks of types and tags say what the model says.
pub async fn g3_boundary_checks_agree_with_the_model<S: BoundaryStore>(store: S) -> Kept {
    let mut model = Model::new(7);
    for id in 0..20 {
        let append = (0..6).fold(Append::within(), |append, _| {
            append.record(stream(id), model.event())
        });
        store.append_within(Arc::new(append)).await?;
    }
    let positions = Positions::of(&store).await?;
    for _ in 0..400 {
        let (query, after) = (model.query(), model.below(120));
        let expected = model.matching(&query, after);
        // Without a record, an append is only judged.
        let answer = store
            .append_within(Arc::new(
                Append::within().nothing_matches(query.clone(), positions.at(after)),
            ))
            .await;
        let right = match &answer {
            Ok(_) => expected.is_empty(),
            Err(AppendError::Conflict(conflict)) => {
                matches!(&**conflict, Conflict::Boundary { position, .. }
                    if positions.number(*position).is_some_and(|number| expected.contains(&number)))
            }
            Err(_) => false,
        };
        ensure(right, || {
            format!(
                "a check of {query:?} after event {after} is answered with {answer:?}; model: {expected:?}"
            )
        })?;
    }
    Ok(())
}

/// A decision that has seen more than the store has was made on another life of it.
pub async fn g9_a_boundary_beyond_the_head_is_an_error<S: BoundaryStore>(store: S) -> Kept {
    given(&store).await?;
    let last = store.head().await?;
    let append = Append::within()
        .record(stream(1), event("other", 1))
        .nothing_matches(Query::all(), Position(last.0 + 1));
    let answer = store.append_within(Arc::new(append)).await;
    let right = matches!(
        answer,
        Err(AppendError::Store(StoreError::BeyondHead { asked, head }))
            if (asked, head) == (Position(last.0 + 1), last)
    );
    ensure(right, || {
        format!("a check beyond the head {last} is answered with {answer:?}")
    })
}
