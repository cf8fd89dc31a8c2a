//! The random choices behind a synthetic user.

use std::fmt::Write as _;

/// One user's random choices.
pub(crate) struct Dice(pub(crate) fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64, n: u64) -> Self {
        // Odd factor: neighbouring numbers get seeds far apart.
        let mixed = seed ^ n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(fastrand::Rng::with_seed(mixed))
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.0.u64(..n) == 0
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.0.usize(..from.len())]
    }

    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut hex = String::with_capacity(digits + 16);
        while hex.len() < digits {
            let _ = write!(hex, "{:016x}", self.0.u64(..));
        }
        hex.truncate(digits);
        hex
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|place| char::from(b'0' + self.0.u8(u8::from(place == 0)..10))).collect()
    }
}
