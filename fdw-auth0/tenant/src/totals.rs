//! The total in the envelopes of lists.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of all rows in the envelopes of lists with numbered pages. Which of these Auth0 sends is not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Totals {
    /// The number of rows; for users at most the page cap.
    #[default]
    Capped,
    /// The number of rows, even beyond the page cap.
    True,
    /// As [`Totals::Capped`] on the first page, and 0 on the others (auth0/node-auth0 625).
    FirstPage,
}

impl Totals {
    /// The total of a page that begins at row `start` of `found` rows, of which paging reaches `reachable`.
    pub(crate) fn stated(self, start: usize, found: usize, reachable: usize) -> u64 {
        let total = match self {
            Self::True => found,
            Self::FirstPage if start > 0 => 0,
            Self::Capped | Self::FirstPage => reachable,
        };
        total as u64
    }
}

impl FromStr for Totals {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "capped" => Ok(Self::Capped),
            "true" => Ok(Self::True),
            "first-page" => Ok(Self::FirstPage),
            _ => Err("it must be capped, true or first-page".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_capped_true_or_on_the_first_page_only() {
        let stated = |totals: Totals| [0, 100].map(|start| totals.stated(start, 2_500, 1_000));
        assert_eq!(stated(Totals::Capped), [1_000, 1_000]);
        assert_eq!(stated(Totals::True), [2_500, 2_500]);
        assert_eq!(stated(Totals::FirstPage), [1_000, 0]);
    }
}
