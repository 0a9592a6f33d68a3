//! What can be wrong with a store.

/// One fault of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// None.
    None,
    /// Checks are not judged.
    IgnoresChecks,
    /// Checks are judged, but not together with the append.
    ChecksEarlier,
    /// Of a boundary check only the position counts.
    IgnoresQueries,
    /// Keys are not kept.
    ForgetsKeys,
    /// An append under a key that nobody else has takes whatever stands in its place for its own.
    TakesOthersForItself,
    /// Keys are kept, but not what was asked under them.
    ForgetsDigests,
    /// The records of an append become visible one after the other.
    SplitsAppends,
    /// Nothing is refused.
    TakesEverything,
    /// Readers of the log do not see each event.
    SkipsEvents,
    /// Readers of the log see some events twice.
    RepeatsEvents,
    /// A page ends where the whole log ends.
    LooksTooFar,
    /// A position beyond the head is taken for the head.
    AcceptsAnyPosition,
    /// Waiting ends at once.
    DoesNotWait,
    /// Waiting never ends.
    DoesNotWake,
    /// Each handle has its own identity.
    ChangesIdentity,
    /// A load shows what there was at the load before.
    StaleLoads,
    /// The head is what it was when somebody asked before.
    StaleHead,
    /// An append that may be made is refused, now and then, since the stream is believed to be where it was.
    StaleRefusals,
    /// A key is known a moment after its append was acknowledged.
    LateKeys,
    /// Some events can be read a moment after others that have later positions.
    LateEvents,
    /// Some appends are acknowledged and never made.
    LosesAppends,
    /// A key is looked up, and written after the append.
    DoublesResends,
    /// A conflict does not bring all that was missed.
    BringsTooLittle,
    /// Appends that wait together are judged on what there was before any of them.
    JudgesGroupsAtOnce,
    /// The same, but for those that have a tag or a stream in common: that a query may ask for types alone is forgotten.
    SharesByTags,
}
