//! The tree of a parsed query.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::field::Test;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    /// All other users, even as the whole query.
    Not(Box<Node>),
    Test(Test),
}

impl Node {
    pub(super) fn holds(&self, members: &[(Cow<'_, str>, &RawValue)]) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(members)),
            Self::All(nodes) => nodes.iter().all(|node| node.holds(members)),
            Self::Not(node) => !node.holds(members),
            Self::Test(test) => test.holds(members),
        }
    }

    pub(super) fn created_within(&self) -> Option<(i128, i128)> {
        match self {
            Self::Any(nodes) => {
                let bounds: Option<Vec<_>> = nodes.iter().map(Self::created_within).collect();
                bounds?.into_iter().reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
            }
            Self::All(nodes) => {
                let bounds = nodes.iter().filter_map(Self::created_within);
                bounds.reduce(|(a, b), (c, d)| (a.max(c), b.min(d)))
            }
            Self::Not(_) => None,
            Self::Test(test) => test.created_between(),
        }
    }
}
