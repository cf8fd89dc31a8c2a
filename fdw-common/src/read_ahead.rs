//! Number of outer rows that a nested loop reads ahead, so that several of its keys are requested at once.

/// The most outer rows that are read at once: they are kept in memory.
const MOST: u64 = 50;

/// The number of outer rows to read next, after `read` of them, when the query needs at least `needed` rows of the
/// join.
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
    fn rows_ahead_is_limited_by_needed_and_by_read_rows() {
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
}
