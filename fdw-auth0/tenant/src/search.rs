//! `q`: Auth0's user search v3, the documented part of Lucene's query syntax.
//!
//! Undocumented syntax is refused, so that a client's mistakes show up: words without a field, `~`, `^`, `?`, `+` and
//! `-` in front, two clauses without an operator between them, ranges of texts. `NOT` binds tightest, then `AND`, then
//! `OR`.

mod field;
mod matching;
mod node;
mod parse;
mod time;
mod token;

use crate::fields::root_members;
use node::Node;
pub(crate) use time::instant;

/// A parsed `q` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Search(Node);

impl Search {
    /// Parses the parameter; the error is the reason why it is not valid.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        parse::query(query).map(Self)
    }

    /// True if the search finds the user; `user` is its JSON.
    pub(crate) fn finds(&self, user: &[u8]) -> bool {
        self.0.holds(&root_members(user).unwrap_or_default())
    }

    /// The first and the last `created_at`, in milliseconds, of the users that the search can find, so that the other
    /// users are not compared; `None` if the search does not bound it.
    pub(crate) fn created_within(&self) -> Option<(i64, i64)> {
        let (first, last) = self.0.created_within()?;
        let clamp = |bound: i128| i64::try_from(bound).unwrap_or(if bound < 0 { i64::MIN } else { i64::MAX });
        Some((clamp(first), clamp(last)))
    }

    /// True if the search finds exactly the users with `created_at` in [`Search::created_within`].
    pub(crate) fn is_window(&self) -> bool {
        match &self.0 {
            Node::All(nodes) => {
                nodes.iter().all(|node| matches!(node, Node::Test(test) if test.created_between().is_some()))
            }
            Node::Test(test) => test.created_between().is_some(),
            _ => false,
        }
    }
}
