//! How far a nested loop reads its outer side ahead, so that several of its keys are looked up at once.

/// The most outer rows that are read at once: they are kept.
const MOST: u64 = 50;

/// How many outer rows to read next, after `read` of them, when the query is sure to need `needed` rows of
/// the join.
///
/// The first is read alone: it may be all the query takes, whatever it says. Up to `needed` no look-up is in
/// vain where a key has one row. Past it any may be, and there are never more of those than of the others.
pub fn rows_ahead(read: u64, needed: u64) -> usize {
    let next = match needed.saturating_sub(read) {
        _ if read == 0 => 1,
        0 => read,
        missing => missing,
    };
    next.min(MOST) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(needed: u64) -> Vec<usize> {
        let mut read = 0;
        (0..8)
            .map(|_| {
                let next = rows_ahead(read, needed);
                read += next as u64;
                next
            })
            .collect()
    }

    #[test]
    fn no_more_is_read_than_is_needed_or_has_been_read() {
        assert_eq!(batches(u64::MAX), [1, 50, 50, 50, 50, 50, 50, 50]);
        // EXISTS.
        assert_eq!(batches(1), [1, 1, 2, 4, 8, 16, 32, 50]);
        // LIMIT.
        assert_eq!(batches(2), [1, 1, 2, 4, 8, 16, 32, 50]);
        assert_eq!(batches(5), [1, 4, 5, 10, 20, 40, 50, 50]);
        assert_eq!(batches(120), [1, 50, 50, 19, 50, 50, 50, 50]);
        // LIMIT 0 is not asked for a row.
        assert_eq!(batches(0), [1, 1, 2, 4, 8, 16, 32, 50]);
    }
}
