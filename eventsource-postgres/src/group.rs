//! Which of the appends that wait are sent in one call, and how long the next ones are waited for.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::open::Shared;
use crate::request::Request;
use crate::sharing::Footprint;

/// The most appends that share a call.
const GROUP: usize = 1024;
/// How long those whom a call has answered are waited for: a part of the call's own time, as one call for all is
/// cheaper than two; but no longer than this.
const GATHER_PART: u32 = 8;
const GATHER_LONGEST: Duration = Duration::from_micros(500);

/// Those that wait for longest and may be judged together; those that may not stay in the backlog, in their order.
pub(crate) fn take(shared: &Shared, backlog: &mut VecDeque<Request>) -> Vec<Request> {
    let before = backlog.len();
    // Nobody listens any more.
    backlog.retain(|request| !request.reply.is_closed());
    let mut together = vec![false; backlog.len()];
    {
        let (mut taken, mut left) = (Footprint::default(), Footprint::default());
        let (mut count, mut bytes, mut any_left) = (0, 0, false);
        for (request, together) in backlog.iter().zip(&mut together) {
            let append = &*request.append;
            // Who may not go before one that stays, stays too.
            if taken.meets(append) || (any_left && left.meets(append)) {
                left.add(append);
                any_left = true;
                continue;
            }
            bytes += request.bytes;
            if count > 0 && (count >= GROUP || bytes > shared.options.call_bytes) {
                break;
            }
            count += 1;
            *together = true;
            taken.add(append);
        }
    }
    let mut group = Vec::new();
    let mut stays = VecDeque::new();
    for (request, together) in backlog.drain(..).zip(together) {
        if together {
            group.push(request);
        } else {
            stays.push_back(request);
        }
    }
    *backlog = stays;
    shared.appends.done(before - backlog.len());
    group
}

/// Lets those whom the last call has answered send their next appends.
pub(crate) async fn gather(shared: &Shared, expected: usize, call: Duration) {
    let limit = (call / GATHER_PART).min(GATHER_LONGEST);
    let begin = Instant::now();
    while shared.appends.len() < expected && begin.elapsed() < limit {
        tokio::task::yield_now().await;
    }
}
