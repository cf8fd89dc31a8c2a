//! What the fuzz targets need of the tenant's private parts.

use crate::search::Search;

/// A search that has been read.
#[derive(Debug)]
pub struct ParsedSearch(Search);

impl ParsedSearch {
    /// Reads the parameter `q`.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(query: &str) -> Result<Self, String> {
        Search::parse(query).map(ParsedSearch)
    }

    /// Whether a user is found; `user` is its JSON.
    pub fn finds(&self, user: &str) -> bool {
        self.0.finds(user.as_bytes())
    }
}
