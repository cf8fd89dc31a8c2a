//! An activity in a file of activities of equal size: one is read and written without the others.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::state::checksum;
use super::statistics::{Activity, LONGEST_ACTIVITY};

/// The size of a slot in bytes. No slot is on two pages of memory, so that a killed process leaves no half of one.
pub(super) const SLOT: usize = 512;
/// A checksum and a number come before the activity.
const HEADER: usize = 16;

const _: () = assert!(HEADER + LONGEST_ACTIVITY <= SLOT);

/// The content of a slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    /// The session record that was added last; 0 if there is none.
    pub(super) added: u64,
    pub(super) activity: Activity,
}

impl Slot {
    /// Writes the slot with this number.
    pub(super) fn write(&self, file: &File, number: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(SLOT);
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&self.added.to_le_bytes());
        bytes.extend_from_slice(&self.activity.to_bytes());
        bytes.resize(SLOT, 0);
        let sum = checksum(&bytes[8..]).to_le_bytes();
        bytes[..8].copy_from_slice(&sum);
        file.write_all_at(&bytes, number * SLOT as u64)
    }

    /// The slot in these bytes; `None` if it is empty, or being written.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (sum, rest) = bytes.get(..SLOT)?.split_first_chunk()?;
        let (added, activity) = rest.split_first_chunk()?;
        // Most slots have never been written.
        if *sum == [0; 8] || u64::from_le_bytes(*sum) != checksum(rest) {
            return None;
        }
        Some(Slot { added: u64::from_le_bytes(*added), activity: Activity::from_bytes(activity)? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::read_at;
    use super::*;

    #[test]
    fn a_slot_is_read_as_written_and_a_damaged_one_is_empty() {
        let file = tempfile::tempfile().unwrap();
        let slot = |added, scans| Slot { added, activity: Activity { scans, ..Activity::new("https://t", "users") } };
        slot(1, 10).write(&file, 0).unwrap();
        slot(u64::MAX, 7).write(&file, 2).unwrap();
        let mut bytes = vec![0; 3 * SLOT];
        assert_eq!(read_at(&file, &mut bytes, 0).unwrap(), 3 * SLOT);
        let slots: Vec<_> = bytes.chunks(SLOT).map(Slot::read).collect();
        assert_eq!(slots, [Some(slot(1, 10)), None, Some(slot(u64::MAX, 7))]);
        for at in 0..SLOT {
            let mut damaged = bytes[..SLOT].to_vec();
            damaged[at] ^= 1;
            assert_eq!(Slot::read(&damaged), None, "{at}");
        }
        assert_eq!(Slot::read(&bytes[..SLOT - 1]), None);
    }
}
