//! Cache of pages that have been read, with a memory limit, so that the same rows need no second request.

use std::collections::HashMap;

use crate::plan::BoundValues;
use crate::rest::Batch;

/// Memory limit in bytes, for the pages of the current run and for those of earlier runs each.
const KEEP_BYTES: usize = 4 << 20;

/// All inputs that determine the rows of one run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RequestKey {
    /// The bound values of each lookup or list.
    pub(super) bound: Vec<BoundValues>,
    pub(super) searches: Vec<String>,
    pub(super) parameters: Vec<(String, String)>,
    /// Set if the list is requested in an order, for this number of rows, which is all that the query reads.
    pub(super) first: Option<u64>,
    /// True if no row can fulfil the conditions.
    pub(super) is_empty: bool,
}

impl RequestKey {
    /// The same key with these names of the bound values' columns; a prefetch node does not know them.
    pub(super) fn with_columns(mut self, columns: &[String]) -> Self {
        for (value, column) in self.bound.iter_mut().flat_map(|bound| bound.iter_mut().zip(columns)) {
            value.0.clone_from(column);
        }
        self
    }

    /// The memory in bytes that it takes, with its entry in `Answers`.
    fn memory(&self) -> usize {
        let pair = |(name, value): &(String, String)| size_of::<(String, String)>() + name.len() + value.len();
        let bound = |values: &BoundValues| size_of::<BoundValues>() + values.iter().map(pair).sum::<usize>();
        let search = |search: &String| size_of::<String>() + search.len();
        // A hash table that has just grown has twice the size of its entries.
        2 * size_of::<(RequestKey, Vec<Batch>)>()
            + self.bound.iter().map(bound).sum::<usize>()
            + self.searches.iter().map(search).sum::<usize>()
            + self.parameters.iter().map(pair).sum::<usize>()
    }
}

/// The memory in bytes that a page takes.
fn memory_of(batch: &Batch) -> usize {
    size_of::<Batch>() + batch.memory()
}

/// The page being read, and earlier pages within the memory limit, so that a rescan without new parameters (a nested
/// loop, a correlated subquery) needs no request.
#[derive(Default)]
pub(super) struct Pages {
    kept: Vec<Batch>,
    bytes: usize,
    /// True if pages have been dropped: a rescan has to fetch again.
    dropped: bool,
    /// True if the API has no more rows.
    pub(super) is_complete: bool,
    page: usize,
    /// Number of rows read from the page.
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

    /// Starts over if all pages are cached. Returns false if they have to be fetched again.
    pub(super) fn rewind(&mut self) -> bool {
        let replays = self.is_complete && !self.dropped;
        if replays {
            (self.page, self.read) = (0, 0);
        } else {
            *self = Pages::default();
        }
        replays
    }

    /// Moves to the next cached row. Returns false if there is none.
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

    /// The current row: its page, and its number there.
    pub(super) fn current(&self) -> Option<(&Batch, usize)> {
        Some((self.kept.get(self.page)?, self.read.checked_sub(1)?))
    }
}

/// Rows of earlier runs by request key, so that a repeated key (a join with repeated keys) needs no request.
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
