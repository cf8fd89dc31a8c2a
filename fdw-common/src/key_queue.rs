//! Keys of rows read ahead that are not requested yet, and the batches in which they are requested together.
//!
//! A batch is one request of the list for the rows of several keys. It finds the rows that the list has; a key without
//! a row is looked up. One key alone is looked up too: that costs one request as well.

use std::collections::{HashSet, VecDeque};

use crate::error::ErrorKind;

/// The query parameters of a request.
pub type Query = Vec<(String, String)>;

/// One request for the rows of several keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBatch {
    /// The keys, each once.
    pub keys: Vec<String>,
    /// The parameters that request them from the list.
    pub query: Query,
}

/// The consequence of a batch's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Fewer keys are requested together.
    Split,
    /// Every key is looked up.
    LookUp,
    /// The query ends with the error, since lookups would have the same.
    Raise,
}

impl Recovery {
    /// The consequence of an error of this kind, after its retries.
    pub fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Remote | ErrorKind::Protocol | ErrorKind::TooLarge => Recovery::Split,
            ErrorKind::Broken | ErrorKind::Denied => Recovery::LookUp,
            _ => Recovery::Raise,
        }
    }
}

/// The keys that wait for their request, in the order of their rows.
#[derive(Debug)]
pub struct KeyQueue {
    waiting: VecDeque<String>,
    /// The keys in `waiting`.
    known: HashSet<String>,
    /// The most keys of a batch at first.
    full: usize,
    /// The most keys of a batch now; 0 after batches have failed.
    most: usize,
}

impl KeyQueue {
    /// An empty queue for batches of at most this many keys.
    pub fn new(most: usize) -> Self {
        KeyQueue { waiting: VecDeque::new(), known: HashSet::new(), full: most, most }
    }

    /// True if keys are requested in batches.
    pub fn is_on(&self) -> bool {
        self.most > 1
    }

    /// Adds a key behind the others, unless it waits already.
    pub fn add(&mut self, key: String) {
        if self.known.insert(key.clone()) {
            self.waiting.push_back(key);
        }
    }

    /// Removes a key whose row has been reached.
    pub fn remove(&mut self, key: &str) {
        if self.known.remove(key) {
            // It is the first one, unless a row was skipped.
            self.waiting.retain(|waiting| waiting != key);
        }
    }

    /// Drops the first keys until at most `most` are left: the rows of the others have been reached.
    pub fn keep_last(&mut self, most: usize) {
        while self.waiting.len() > most {
            self.pop();
        }
    }

    /// The first key, which leaves the queue.
    pub fn pop(&mut self) -> Option<String> {
        let key = self.waiting.pop_front()?;
        self.known.remove(&key);
        Some(key)
    }

    /// The next batch, whose keys leave the queue; `write` gives the query for some keys, or `None` if one request
    /// cannot take them.
    ///
    /// With `now`, the key that the current row needs, the batch begins with it, and has those that wait behind it.
    /// Without, there is a batch only if it is full, or if no further rows come.
    pub fn next(
        &mut self,
        now: Option<&str>,
        is_last: bool,
        write: impl Fn(&[String]) -> Option<Query>,
    ) -> Option<KeyBatch> {
        let waiting = self.most.saturating_sub(usize::from(now.is_some())).min(self.waiting.len());
        if !self.is_on() || (now.is_none() && waiting < self.most && !is_last) {
            return None;
        }
        let mut keys: Vec<String> = now.map(str::to_owned).into_iter().collect();
        keys.extend(self.waiting.iter().take(waiting).cloned());
        while keys.len() > 1 {
            if let Some(query) = write(&keys) {
                for _ in usize::from(now.is_some())..keys.len() {
                    self.pop();
                }
                return Some(KeyBatch { keys, query });
            }
            // The request is too long: a few keys less, because the next batch takes those.
            keys.truncate(keys.len() - keys.len().div_ceil(20));
        }
        None
    }

    /// Takes the keys of a failed batch back, in front of the others. Batches become smaller or end: a half that fails
    /// is not halved again, since each attempt takes its retries.
    pub fn fail(&mut self, keys: Vec<String>, recovery: Recovery) {
        let is_split = self.most < self.full && keys.len() <= self.most;
        let most = if recovery == Recovery::Split && !is_split { self.most.min(keys.len() / 2) } else { 0 };
        // One key is looked up.
        self.most = if most > 1 { most } else { 0 };
        for key in keys.into_iter().rev() {
            if self.known.insert(key.clone()) {
                self.waiting.push_front(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Queries of at most this many characters.
    fn within(length: usize) -> impl Fn(&[String]) -> Option<Query> {
        move |keys| {
            let ids = keys.join(",");
            (ids.len() <= length).then(|| vec![("ids".to_owned(), ids)])
        }
    }

    fn queue(most: usize, keys: std::ops::Range<usize>) -> KeyQueue {
        let mut queue = KeyQueue::new(most);
        keys.for_each(|key| queue.add(format!("{key:02}")));
        queue
    }

    fn texts(batch: Option<KeyBatch>) -> String {
        let Some(KeyBatch { keys, query }) = batch else { return "none".to_owned() };
        assert_eq!(query, [("ids".to_owned(), keys.join(","))]);
        keys.join(",")
    }

    #[test]
    fn the_current_key_is_requested_with_those_behind_it() {
        let mut all = queue(4, 1..8);
        let write = within(100);
        assert_eq!(texts(all.next(Some("00"), false, &write)), "00,01,02,03");
        assert_eq!(texts(all.next(None, false, &write)), "04,05,06,07");
        assert_eq!(texts(all.next(None, true, &write)), "none");
        assert_eq!(texts(all.next(Some("09"), true, &write)), "none", "one key alone is looked up");
    }

    #[test]
    fn a_batch_ahead_is_full_or_the_last() {
        for (keys, is_last, expected) in [
            (0..3, false, "none"),
            (0..4, false, "00,01,02,03"),
            (0..3, true, "00,01,02"),
            (0..1, true, "none"),
            (0..0, true, "none"),
        ] {
            assert_eq!(texts(queue(4, keys.clone()).next(None, is_last, within(100))), expected, "{keys:?}");
        }
    }

    #[test]
    fn keys_that_a_request_cannot_take_stay_for_the_next() {
        let mut all = queue(6, 1..8);
        let write = within("00,01,02".len());
        assert_eq!(texts(all.next(Some("00"), false, &write)), "00,01,02");
        assert_eq!(texts(all.next(None, true, &write)), "03,04,05");
        assert_eq!(texts(all.next(None, true, &write)), "06,07");
        assert_eq!(texts(queue(6, 0..8).next(None, true, within(2))), "none");
    }

    #[test]
    fn a_key_waits_once() {
        let mut all = queue(9, 0..4);
        all.add("02".to_owned());
        all.remove("01");
        all.remove("05");
        assert!(all.known.contains("02") && !all.known.contains("01"));
        all.keep_last(2);
        assert_eq!(texts(all.next(Some("09"), true, within(100))), "09,02,03");
    }

    #[test]
    fn a_failed_batch_is_halved_once() {
        use Recovery::{LookUp, Split};
        let texts = |keys: std::ops::Range<usize>| keys.map(|key| format!("{key:02}")).collect::<Vec<_>>();
        for (failed, recovery, most) in [
            (&[8][..], Split, 4),
            (&[8, 4], Split, 0),
            // Batches in flight when the first one failed.
            (&[8, 8], Split, 4),
            (&[8, 7, 8], Split, 3),
            (&[5], Split, 2),
            (&[4], Split, 2),
            (&[4, 2], Split, 0),
            (&[3], Split, 0),
            (&[8], LookUp, 0),
        ] {
            let mut all = queue(8, 8..20);
            for keys in failed {
                all.fail(texts(0..*keys), recovery);
            }
            assert_eq!((all.most, all.is_on()), (most, most > 0), "{failed:?}");
            assert_eq!(all.pop().as_deref(), Some("00"), "their keys come first");
            assert_eq!(all.waiting.len(), 12 + failed[0] - 1, "each once");
        }
    }

    #[test]
    fn errors_that_lookups_would_have_too_are_raised() {
        for (kind, expected) in [
            (ErrorKind::Remote, Recovery::Split),
            (ErrorKind::Protocol, Recovery::Split),
            (ErrorKind::TooLarge, Recovery::Split),
            (ErrorKind::Broken, Recovery::LookUp),
            (ErrorKind::Denied, Recovery::LookUp),
            (ErrorKind::Unauthenticated, Recovery::Raise),
            (ErrorKind::RateLimited, Recovery::Raise),
            (ErrorKind::TooManyRequests, Recovery::Raise),
            (ErrorKind::Connect, Recovery::Raise),
            (ErrorKind::Internal, Recovery::Raise),
        ] {
            assert_eq!(Recovery::of(kind), expected, "{kind:?}");
        }
    }
}
