//! Number of outer rows that a nested loop reads ahead, so that several of its keys are requested at once.

/// The most outer rows that are read at once for lookups: they are kept in memory.
const MOST: u64 = 50;

/// The most batches of keys whose outer rows are kept in memory.
const BATCHES: u64 = 4;

/// The number of outer rows to read next, after `read` of them, when the query needs at least `needed` rows of the
/// join and each key is a lookup.
///
/// The first row is read alone: the query may need no more, whatever it says. Up to `needed` rows, no lookup is
/// wasted if each key has one row. After that any lookup may be wasted, so there are never more of these than rows
/// already read.
pub fn rows_ahead(read: u64, needed: u64) -> usize {
    let next = match needed.saturating_sub(read) {
        _ if read == 0 => 1,
        0 => read,
        missing => missing,
    };
    next.min(MOST) as usize
}

/// The same when one request takes up to `keys` keys: the number of rows to hold ahead. Further keys in a request cost
/// no further request, so as many rows as are needed are read at first; then their number doubles.
pub fn rows_ahead_in_batches(read: u64, needed: u64, keys: u64) -> usize {
    let ahead = match needed.saturating_sub(read) {
        _ if read == 0 => needed.clamp(1, keys),
        0 => read,
        missing => missing.min(read.saturating_mul(2)),
    };
    ahead.min(BATCHES * keys) as usize
}

/// True if more outer rows are read before the `left` ones have been emitted: when they are for several batches, so
/// that the next batches are under way before the last one is used up.
pub fn is_low(left: usize, ahead: usize, keys: u64) -> bool {
    left == 0 || (ahead as u64 > keys && left <= ahead / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(next: impl Fn(u64) -> usize) -> Vec<usize> {
        let mut read = 0;
        (0..8)
            .map(|_| {
                let next = next(read);
                read += next as u64;
                next
            })
            .collect()
    }

    #[test]
    fn rows_ahead_is_limited_by_needed_and_by_read_rows() {
        let batches = |needed| numbers(|read| rows_ahead(read, needed));
        assert_eq!(batches(u64::MAX), [1, 50, 50, 50, 50, 50, 50, 50]);
        // EXISTS.
        assert_eq!(batches(1), [1, 1, 2, 4, 8, 16, 32, 50]);
        // LIMIT.
        assert_eq!(batches(2), [1, 1, 2, 4, 8, 16, 32, 50]);
        assert_eq!(batches(5), [1, 4, 5, 10, 20, 40, 50, 50]);
        assert_eq!(batches(120), [1, 50, 50, 19, 50, 50, 50, 50]);
        // LIMIT 0 reads no row.
        assert_eq!(batches(0), [1, 1, 2, 4, 8, 16, 32, 50]);
    }

    #[test]
    fn rows_for_batches_grow_from_what_is_needed() {
        let batches = |needed| numbers(|read| rows_ahead_in_batches(read, needed, 100));
        assert_eq!(batches(u64::MAX), [100, 200, 400, 400, 400, 400, 400, 400]);
        // EXISTS, and a cursor.
        assert_eq!(batches(1), [1, 1, 2, 4, 8, 16, 32, 64]);
        // LIMIT.
        assert_eq!(batches(5), [5, 5, 10, 20, 40, 80, 160, 320]);
        assert_eq!(batches(120), [100, 20, 120, 240, 400, 400, 400, 400]);
        assert_eq!(batches(0), [1, 1, 2, 4, 8, 16, 32, 64]);
    }

    #[test]
    fn rows_for_one_batch_are_used_up_first() {
        for (left, ahead, expected) in
            [(0, 1, true), (1, 100, false), (50, 100, false), (101, 200, false), (100, 200, true), (0, 400, true)]
        {
            assert_eq!(is_low(left, ahead, 100), expected, "{left} of {ahead}");
        }
    }
}
