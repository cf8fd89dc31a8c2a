//! Proofs that a list is complete.

/// The proof that the scan has every row that existed from the first request to the last. EXPLAIN ANALYZE shows it.
///
/// Each proof has two halves: the list has ended, and while rows were created and deleted, no row moved from an unread
/// page to one that had already been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub(crate) enum Proof {
    /// One answer is the whole list.
    #[strum(to_string = "one answer")]
    OneAnswer,
    /// The number of rows is the total that every page states, and no row was created since the first answer.
    #[strum(to_string = "count and times")]
    Times,
    /// Two consecutive readings gave the same rows.
    #[strum(to_string = "two equal readings")]
    EqualReadings,
    /// The API kept the position in the list until the end.
    #[strum(to_string = "cursor")]
    Cursor,
    /// The oldest entry of a log is the same after the last page as on the first. New entries move no others.
    #[strum(to_string = "oldest entry")]
    OldestEntry,
    /// Every slice was read past its end, in answers that are complete in themselves.
    #[strum(to_string = "slices")]
    Slices,
    /// Every key was looked up.
    #[strum(to_string = "lookups")]
    Lookups,
    /// A request for several keys was answered; keys without a row are looked up.
    #[strum(to_string = "keys")]
    Keys,
    /// The API exported the list as one file.
    #[strum(to_string = "export")]
    Export,
    /// No proof: the table's option `consistency` is 'declared', and one reading agrees with the total that the API states.
    #[strum(to_string = "declared")]
    Declared,
}
