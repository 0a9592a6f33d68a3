//! What must hold of a chain of versions: checked by the compiler, at the word of the event where it does not.

use crate::event::Event;
use crate::private::listed::holds;
use crate::private::{fail, same};
use crate::versions::upcast::Follows;

/// For use in a `const`, which fails to compile unless the event `former` says that it became `event`, and its version,
/// if it has the same name, is one before.
#[track_caller]
pub const fn follows<E: Follows<F>, F>(event: &str, former: &str) {
    let shape = E::FORMER;
    let lost = shape.name.is_empty();
    if (lost || same(shape.name, E::NAME)) && shape.version >= E::VERSION {
        let (own, other) = (Digits::of(E::VERSION), Digits::of(shape.version));
        fail(&[
            "`",
            former,
            "` is version ",
            other.text(),
            ", which does not come before version ",
            own.text(),
            " of `",
            event,
            "`: versions go up by one from the oldest to the newest, so mend `version = …` on one of them",
        ]);
    }
    let mut index = 0;
    while index < shape.into.len() {
        if same(shape.into[index].name, E::NAME) {
            return;
        }
        index += 1;
    }
    fail(&[
        "`",
        former,
        "` does not say that it became `",
        event,
        "`: write `of = ",
        event,
        "` and its version in its `#[event(…)]`; or, if it was split, name `",
        event,
        "` in its `into(…)`",
    ]);
}

/// For use in a `const`, which fails to compile unless the event `successor` says that it comes of `event`.
#[track_caller]
pub const fn precedes<S: Event, F: Event>(event: &str, successor: &str) {
    // Where versions do not go up, names may be lost, and the other one says what is wrong.
    let lost = F::CHAINED && F::VERSION >= S::VERSION;
    if (lost && holds(S::SHAPE, "", F::VERSION)) || (!lost && holds(S::SHAPE, F::NAME, F::VERSION))
    {
        return;
    }
    fail(&[
        "`",
        successor,
        "` does not say that it follows `",
        event,
        "`: write `from = ",
        event,
        "` in the `#[event(…)]` of `",
        successor,
        "`, or of the version that comes next",
    ]);
}

/// For use in a `const`, which fails to compile unless one of what the event follows is not given twice, and the last
/// version before its own is given.
#[track_caller]
pub const fn unbroken<E: Event>(event: &str) {
    let shape = E::SHAPE;
    let mut version = shape.since;
    while version < shape.version {
        let (mut times, mut index) = (0, 0);
        while index < shape.upcasts.len() {
            if shape.upcasts[index].version == version {
                times += 1;
            }
            index += 1;
        }
        index = 0;
        while index < shape.before.len() {
            if holds(shape.before[index], shape.name, version) {
                times += 1;
            }
            index += 1;
        }
        let number = Digits::of(version);
        if times > 1 {
            fail(&[
                "version ",
                number.text(),
                " becomes `",
                event,
                "` in two ways: leave one of them out",
            ]);
        }
        // A version further back is for the one that follows it to give.
        if times == 0 && version + 1 == shape.version {
            fail(&[
                "nothing becomes `",
                event,
                "` of version ",
                number.text(),
                ", the one before its own: add it to `from`, as a struct with `#[event(version = ",
                number.text(),
                ", of = ",
                event,
                ")]`, or write `upcast(",
                number.text(),
                " = …)`, or `since = …` if it was never stored",
            ]);
        }
        version += 1;
    }
}

/// A number as text, in a constant.
struct Digits {
    bytes: [u8; 10],
    start: usize,
}

impl Digits {
    const fn of(mut number: u32) -> Self {
        let (mut bytes, mut start) = ([b'0'; 10], 10);
        loop {
            start -= 1;
            bytes[start] = b"0123456789"[(number % 10) as usize];
            number /= 10;
            if number == 0 {
                return Self { bytes, start };
            }
        }
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.start).1) {
            Ok(text) => text,
            Err(_) => "?",
        }
    }
}
