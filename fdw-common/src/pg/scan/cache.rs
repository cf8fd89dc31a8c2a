//! Pages that have been read, kept while they are few, so that the same rows cost no second request.

use std::collections::HashMap;

use crate::plan::BoundValues;
use crate::rest::Batch;

/// The memory that the pages of a run, and those of the runs before it, may each take.
const KEEP_BYTES: usize = 4 << 20;

/// What one run is asked with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RequestKey {
    /// The values for each lookup or list.
    pub(super) bound: Vec<BoundValues>,
    pub(super) searches: Vec<String>,
    pub(super) parameters: Vec<(String, String)>,
    /// Set where the list is asked for in an order, for so many rows, which is all that the query reads.
    pub(super) first: Option<u64>,
    /// No row can fulfil the conditions.
    pub(super) is_empty: bool,
}

impl RequestKey {
    /// The memory it takes, with its entry among the answers.
    fn memory(&self) -> usize {
        let pair = |(name, value): &(String, String)| size_of::<(String, String)>() + name.len() + value.len();
        let bound = |values: &BoundValues| size_of::<BoundValues>() + values.iter().map(pair).sum::<usize>();
        let search = |search: &String| size_of::<String>() + search.len();
        // A table of entries is twice as large as they are where it has just grown.
        2 * size_of::<(RequestKey, Vec<Batch>)>()
            + self.bound.iter().map(bound).sum::<usize>()
            + self.searches.iter().map(search).sum::<usize>()
            + self.parameters.iter().map(pair).sum::<usize>()
    }
}

/// The memory a page takes.
fn memory_of(batch: &Batch) -> usize {
    size_of::<Batch>() + batch.memory()
}

/// The page being read, and while they are few the ones before it, so that a rescan without new
/// parameters (a nested loop, a correlated subquery) costs no request.
#[derive(Default)]
pub(super) struct Pages {
    kept: Vec<Batch>,
    bytes: usize,
    /// Pages have been dropped: a rescan has to fetch again.
    dropped: bool,
    /// The API has no more.
    pub(super) is_complete: bool,
    page: usize,
    /// The rows of the page that have been read.
    read: usize,
}

impl Pages {
    pub(super) fn add(&mut self, batch: Batch) {
        self.bytes += memory_of(&batch);
        if self.bytes > KEEP_BYTES && !self.kept.is_empty() {
            self.kept.clear();
            self.dropped = true;
        }
        self.kept.push(batch);
        self.page = self.kept.len() - 1;
        self.read = 0;
    }

    /// Starts over where all pages are at hand. False where they have to be fetched again.
    pub(super) fn rewind(&mut self) -> bool {
        let replays = self.is_complete && !self.dropped;
        if replays {
            (self.page, self.read) = (0, 0);
        } else {
            *self = Pages::default();
        }
        replays
    }

    /// Moves to the next row of those at hand. False when there is none.
    pub(super) fn advance(&mut self) -> bool {
        while let Some(batch) = self.kept.get(self.page) {
            if self.read < batch.len() {
                self.read += 1;
                return true;
            }
            if self.page + 1 == self.kept.len() {
                return false;
            }
            (self.page, self.read) = (self.page + 1, 0);
        }
        false
    }

    /// True before the first page.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The page of the row that was moved to, and its number there.
    pub(super) fn current(&self) -> Option<(&Batch, usize)> {
        Some((self.kept.get(self.page)?, self.read.checked_sub(1)?))
    }
}

/// Rows of earlier runs by what they were asked with, so that a key that comes again (a join
/// with repeated keys) costs no request.
#[derive(Default)]
pub(super) struct Answers {
    pages: HashMap<RequestKey, Vec<Batch>>,
    bytes: usize,
}

impl Answers {
    pub(super) fn keep(&mut self, key: RequestKey, pages: Pages) {
        if !pages.is_complete || pages.dropped {
            return;
        }
        self.bytes += pages.bytes + key.memory();
        if self.bytes > KEEP_BYTES {
            *self = Answers::default();
        } else {
            self.pages.insert(key, pages.kept);
        }
    }

    pub(super) fn take(&mut self, key: &RequestKey) -> Option<Pages> {
        let kept = self.pages.remove(key)?;
        let bytes = kept.iter().map(memory_of).sum::<usize>();
        self.bytes = self.bytes.saturating_sub(bytes + key.memory());
        Some(Pages { kept, bytes, is_complete: true, ..Pages::default() })
    }

    pub(super) fn has(&self, key: &RequestKey) -> bool {
        self.pages.contains_key(key)
    }
}
