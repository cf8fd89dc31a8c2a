//! `q`: Auth0's user search v3, the documented part of Lucene's query syntax.
//!
//! What Auth0 does not document is refused, so that a client's mistakes show up: words without a
//! field, `~`, `^`, `?`, `+` and `-` in front, two clauses without an operator between them, ranges
//! of texts. `NOT` binds tightest, then `AND`, then `OR`.

mod field;
mod matching;
mod parse;
mod time;
mod token;

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::fields::root_members;
use field::Test;

/// A parsed `q` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Search(Node);

/// One part of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    /// All other users, also where it is the whole query.
    Not(Box<Node>),
    Test(Test),
}

impl Search {
    /// Reads the parameter; an error says what is not understood.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        parse::query(query).map(Self)
    }

    /// Whether a user is found; `user` is its JSON.
    pub(crate) fn finds(&self, user: &[u8]) -> bool {
        self.0.holds(&root_members(user).unwrap_or_default())
    }
}

impl Node {
    fn holds(&self, members: &[(Cow<'_, str>, &RawValue)]) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(members)),
            Self::All(nodes) => nodes.iter().all(|node| node.holds(members)),
            Self::Not(node) => !node.holds(members),
            Self::Test(test) => test.holds(members),
        }
    }
}
