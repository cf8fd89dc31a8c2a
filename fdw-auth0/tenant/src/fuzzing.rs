//! The private parts of the tenant that the fuzz targets use.

use crate::search::Search;

/// A parsed search.
#[derive(Debug)]
pub struct ParsedSearch(Search);

impl ParsedSearch {
    /// Parses the parameter `q`.
    ///
    /// # Errors
    /// The reason why the search is not valid.
    pub fn parse(query: &str) -> Result<Self, String> {
        Search::parse(query).map(ParsedSearch)
    }

    /// True if the search finds the user; `user` is its JSON.
    pub fn finds(&self, user: &str) -> bool {
        self.0.finds(user.as_bytes())
    }
}
