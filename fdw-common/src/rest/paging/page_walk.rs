//! Which pages make up a list, and when they are proven to be all of it. Pure.
//!
//! The proof: every page stated the same total, that total is not the wall, where the API caps it,
//! and as many distinct keys came as it says. Rows may move between pages while a list is read (users
//! change, ties have no stable order); then a row comes twice or not at all, the count is off, and the
//! list is read again. Rows already handed on are not handed on twice. As many rows may come as go, so that
//! the total stays; where rows say when they were made, the row source looks for newcomers.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, NumberedPages};
use crate::rest::decode::Envelope;

/// How often a list is read before it is given up as changing too fast.
const MAX_PASSES: u32 = 5;

/// The state of reading one list.
#[derive(Debug)]
pub(crate) struct PageWalk {
    entity: &'static Entity,
    pages: NumberedPages,
    size: u64,
    pass: u32,
    next_page: u64,
    /// Known once page 0 has come.
    pages_in_pass: Option<u64>,
    total: u64,
    /// Every page of the pass stated the same total, and none was empty before the end.
    agreed: bool,
    /// A page before the last had fewer rows than were asked for.
    has_short_pages: bool,
    /// The total is capped: what has come may be used, but nothing proves where the list ends.
    capped: bool,
    keys_in_pass: HashSet<u64>,
    keys_of_earlier_passes: HashSet<u64>,
    hasher: RandomState,
}

/// What follows after a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// More pages of this pass are open.
    Continue,
    /// The pass is complete but unproven: read again from page 0.
    Repeat,
    /// All rows have come, and it is proven.
    Complete,
}

impl PageWalk {
    pub(crate) fn new(entity: &'static Entity, pages: NumberedPages, size: u32) -> Self {
        PageWalk {
            entity,
            pages,
            size: u64::from(size),
            pass: 1,
            next_page: 0,
            pages_in_pass: None,
            total: 0,
            agreed: true,
            has_short_pages: false,
            capped: false,
            keys_in_pass: HashSet::new(),
            keys_of_earlier_passes: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// The walk of the next list, whose rows are not handed on if this one has handed them on.
    pub(crate) fn next_list(mut self) -> Self {
        self.keys_of_earlier_passes.extend(self.keys_in_pass);
        PageWalk {
            keys_of_earlier_passes: self.keys_of_earlier_passes,
            hasher: self.hasher,
            ..PageWalk::new(self.entity, self.pages, u32::try_from(self.size).unwrap_or(u32::MAX))
        }
    }

    /// The next page to ask for, if one is known to exist. Page 0 comes alone: only its answer tells
    /// how many there are.
    ///
    /// # Errors
    /// `Incomplete` when the list reaches the wall: a reader who stops within page 0 has what he asked
    /// for, but one who goes on would ask for pages that cannot add up to the whole.
    pub(crate) fn next_page(&mut self) -> Result<Option<u64>> {
        if self.capped {
            return Err(self.behind_the_wall());
        }
        let page = self.next_page;
        if page < self.pages_in_pass.unwrap_or(1) {
            self.next_page += 1;
            Ok(Some(page))
        } else {
            Ok(None)
        }
    }

    #[cold]
    fn behind_the_wall(&self) -> Error {
        let total = self.total;
        Error::new(
            ErrorKind::Incomplete,
            format!(
                "\"{}\" has {total} rows or more, and the API gives no more than {total} by paging",
                self.entity.name
            ),
        )
        .with_detail(format!(
            "A total of {total} means \"{total} or more\", so it cannot be known whether rows are missing."
        ))
        .with_hint("Rows past the first page are not returned, rather than some of them. Ask for fewer rows.")
    }

    /// Checks a page's envelope against what was asked for, before its rows are used.
    ///
    /// # Errors
    /// `Protocol` when the page is not the one asked for.
    pub(crate) fn open(&mut self, page: u64, envelope: Envelope, rows: u64) -> Result<()> {
        if envelope.start != page * self.size || envelope.limit != self.size {
            return Err(Error::new(
                ErrorKind::Protocol,
                format!(
                    "the answer for \"{}\" is not the page asked for: {} {} and {} {} instead of {} and {}",
                    self.entity.name,
                    self.pages.start.unwrap_or_default().join("."),
                    envelope.start,
                    self.pages.limit.unwrap_or_default().join("."),
                    envelope.limit,
                    page * self.size,
                    self.size
                ),
            ));
        }
        if rows > self.size {
            return Err(Error::new(
                ErrorKind::Protocol,
                format!("a page of \"{}\" holds {rows} rows instead of at most {}", self.entity.name, self.size),
            ));
        }
        if page == 0 {
            self.total = envelope.total;
            self.agreed = true;
            self.pages_in_pass = Some(envelope.total.div_ceil(self.size).max(1));
            // A capped total says the wall itself. One above it is not capped: it proves as much as one
            // below, and pages the API then refuses end the scan.
            self.capped = self.entity.is_capped(envelope.total);
        } else if envelope.total != self.total {
            self.agreed = false;
        }
        self.has_short_pages |= (1..self.size).contains(&rows) && envelope.start + rows < self.total;
        if rows == 0 && envelope.start < self.total {
            // The list ends before its total: do not ask for the rest of an arbitrarily large number.
            self.agreed = false;
            self.pages_in_pass = Some(page + 1);
        }
        Ok(())
    }

    /// True when the list reaches the wall, so that no further page of it is of use.
    pub(crate) fn is_capped(&self) -> bool {
        self.capped
    }

    /// ParameterType note of a row's key: true when the row is to be handed on, false when it was before.
    ///
    /// Keys are kept as 64-bit hashes under a random key. Should two keys ever share one, a row is
    /// held back, the count is off, and the scan ends in an error, not in fewer rows.
    pub(crate) fn is_new(&mut self, key: &str) -> bool {
        let hash = self.hasher.hash_one(key);
        self.keys_in_pass.insert(hash) && !self.keys_of_earlier_passes.contains(&hash)
    }

    /// True for a row that no page has held so far. It is remembered, unless it is `the_last` time that this
    /// is asked of it.
    pub(crate) fn is_unknown(&mut self, key: &str, the_last: bool) -> bool {
        let hash = self.hasher.hash_one(key);
        let known = self.keys_in_pass.contains(&hash) || self.keys_of_earlier_passes.contains(&hash);
        if !known && !the_last {
            self.keys_in_pass.insert(hash);
        }
        !known
    }

    /// Closes a page whose rows have been noted. Pages are closed in order.
    ///
    /// # Errors
    /// `Incomplete` when the list kept changing through every pass.
    pub(crate) fn close(&mut self, page: u64) -> Result<Step> {
        if self.capped || page + 1 < self.pages_in_pass.unwrap_or(1) {
            return Ok(Step::Continue);
        }
        let distinct = self.keys_in_pass.len() as u64;
        if self.agreed && distinct == self.total {
            return Ok(Step::Complete);
        }
        if self.pass == MAX_PASSES {
            return Err(Error::new(
                ErrorKind::Incomplete,
                format!("\"{}\" changed faster than it could be read", self.entity.name),
            )
            .with_detail(format!(
                "It was read {MAX_PASSES} times; the last time it stated {} rows and gave {distinct} different ones.",
                self.total
            ))
            .with_hint(if self.has_short_pages {
                "Run the query again. A page had fewer rows than were asked for: the API may give no more than that."
            } else {
                "Run the query again."
            }));
        }
        self.pass += 1;
        self.next_page = 0;
        self.pages_in_pass = None;
        self.keys_of_earlier_passes.extend(self.keys_in_pass.drain());
        Ok(Step::Repeat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ENTITY, PAGES};

    fn walk() -> PageWalk {
        PageWalk::new(&ENTITY, PAGES, 2)
    }

    /// Feeds one page and gives what follows and which of its rows are new.
    fn feed(walk: &mut PageWalk, page: u64, total: u64, keys: &[&str]) -> Result<(Step, Vec<String>)> {
        walk.open(page, Envelope { start: page * 2, limit: 2, total }, keys.len() as u64)?;
        let new = keys.iter().filter(|key| walk.is_new(key)).map(|key| (*key).to_owned()).collect();
        Ok((walk.close(page)?, new))
    }

    fn asked(walk: &mut PageWalk, times: usize) -> Vec<Option<u64>> {
        (0..times).map(|_| walk.next_page().unwrap()).collect()
    }

    #[test]
    fn page_0_comes_alone_and_tells_the_others() {
        let mut walk = walk();
        assert_eq!(asked(&mut walk, 2), [Some(0), None]);
        assert_eq!(feed(&mut walk, 0, 5, &["a", "b"]).unwrap().0, Step::Continue);
        assert_eq!(asked(&mut walk, 3), [Some(1), Some(2), None]);
        feed(&mut walk, 1, 5, &["c", "d"]).unwrap();
        assert_eq!(feed(&mut walk, 2, 5, &["e"]).unwrap(), (Step::Complete, vec!["e".to_owned()]));
    }

    #[test]
    fn an_empty_list_is_one_page() {
        assert_eq!(feed(&mut walk(), 0, 0, &[]).unwrap().0, Step::Complete);
    }

    #[test]
    fn a_doubled_row_is_dropped_and_the_missed_one_found_in_the_next_pass() {
        let mut walk = walk();
        feed(&mut walk, 0, 4, &["a", "b"]).unwrap();
        let (step, new) = feed(&mut walk, 1, 4, &["b", "c"]).unwrap();
        assert_eq!((step, new), (Step::Repeat, vec!["c".to_owned()]));
        assert_eq!(asked(&mut walk, 1), [Some(0)]);
        assert!(feed(&mut walk, 0, 4, &["a", "b"]).unwrap().1.is_empty());
        assert_eq!(feed(&mut walk, 1, 4, &["c", "d"]).unwrap(), (Step::Complete, vec!["d".to_owned()]));
    }

    #[test]
    fn nothing_unproven_is_complete() {
        // A total that changes, a row too few, an empty page before the end, a total that is a lie.
        let unproven: &[&[(u64, &[&str])]] = &[
            &[(3, &["a", "b"]), (4, &["c"])],
            &[(4, &["a", "b"]), (4, &["c"])],
            &[(6, &["a", "b"]), (6, &[])],
            &[(3, &[])],
            &[(9, &["a"]), (9, &[])],
        ];
        for pages in unproven {
            let mut walk = walk();
            let mut last = Step::Continue;
            for (page, (total, keys)) in pages.iter().enumerate() {
                last = feed(&mut walk, page as u64, *total, keys).unwrap().0;
            }
            assert_eq!(last, Step::Repeat, "{pages:?}");
        }
    }

    #[test]
    fn a_list_that_never_agrees_ends_in_an_error() {
        let mut walk = walk();
        let error = (0..100).find_map(|_| feed(&mut walk, 0, 2, &["a"]).err()).unwrap();
        assert_eq!(error.kind(), ErrorKind::Incomplete);
        assert!(error.detail().unwrap().contains("stated 2 rows and gave 1"), "{error}");
    }

    #[test]
    fn an_api_that_gives_smaller_pages_than_asked_for_is_told_of() {
        let mut walk = walk();
        let error = (0..100).find_map(|page| feed(&mut walk, page % 2, 4, &[["a"], ["b"]][page as usize % 2]).err());
        assert!(error.unwrap().hint().unwrap().contains("fewer rows than were asked for"));
    }

    #[test]
    fn a_total_above_the_wall_is_not_capped_by_it() {
        let mut walk = walk();
        assert_eq!(feed(&mut walk, 0, 11, &["a", "b"]).unwrap().0, Step::Continue);
    }

    #[test]
    fn page_0_of_a_capped_list_may_be_used_and_no_more_be_asked_for() {
        let mut walk = walk();
        let (step, new) = feed(&mut walk, 0, 10, &["a", "b"]).unwrap();
        assert_eq!((step, new.len()), (Step::Continue, 2));
        assert_eq!(walk.next_page().unwrap_err().kind(), ErrorKind::Incomplete);
    }

    #[test]
    fn a_wrong_page_is_an_error() {
        let kind = |envelope, rows| walk().open(1, envelope, rows).unwrap_err().kind();
        assert_eq!(kind(Envelope { start: 0, limit: 2, total: 4 }, 2), ErrorKind::Protocol);
        assert_eq!(kind(Envelope { start: 2, limit: 1, total: 4 }, 1), ErrorKind::Protocol);
        assert_eq!(kind(Envelope { start: 2, limit: 2, total: 4 }, 3), ErrorKind::Protocol);
    }
}
