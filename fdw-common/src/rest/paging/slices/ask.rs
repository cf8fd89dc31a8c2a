//! A request of the walk over slices.

use super::windows::Millisecond;
use crate::slice::{Direction, Slice};

/// A request of the walk. Answers are processed in the order of their requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) slice: Slice,
    /// The order by time, or `None` for the list's own order.
    pub(super) order: Option<Direction>,
    /// The number of the page, from 0.
    pub(super) page: u64,
    pub(super) part: Part,
}

/// The part of the walk that an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Window {
        id: u64,
        from: Millisecond,
        to: Millisecond,
    },
    /// The latest rows, in the window without an end.
    Top,
    Instant {
        id: u64,
    },
}
