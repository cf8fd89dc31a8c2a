//! Why a list is known to be complete.

/// The proof that every row has come that was there from the first request to the last. EXPLAIN ANALYZE shows it.
///
/// Each has two halves: the list has ended, and no row slipped from a page that was still to be read to one that had
/// been read while rows came and went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub(crate) enum Proof {
    /// One answer is the whole list.
    #[strum(to_string = "one answer")]
    OneAnswer,
    /// As many rows came as every page states, and none was created since the first answer.
    #[strum(to_string = "count and times")]
    Times,
    /// Two readings in a row gave the same rows.
    #[strum(to_string = "two equal readings")]
    EqualReadings,
    /// The API kept the place in the list up to its end.
    #[strum(to_string = "cursor")]
    Cursor,
    /// The oldest entry of a log, from which new entries move none, is the same after the last page as on the first.
    #[strum(to_string = "oldest entry")]
    OldestEntry,
    /// Every slice was read past its end in answers that prove themselves.
    #[strum(to_string = "slices")]
    Slices,
    /// Every key was looked up.
    #[strum(to_string = "lookups")]
    Lookups,
    /// The API exported the list as one file.
    #[strum(to_string = "export")]
    Export,
    /// None: the table's option `consistency` is 'declared', and one reading agrees with what the API states.
    #[strum(to_string = "declared")]
    Declared,
}
