//! Support for filters in the API, in three grades.

use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::parameters::is_expressible;
use crate::source::Source;

/// Degree to which the API applies filters. Postgres applies each of them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilterPushdown {
    /// The API does not apply them.
    Unsupported,
    /// The API may return rows that do not pass.
    Inexact,
    /// The API returns exactly the rows that pass.
    Exact,
}

/// The grade of all these filters together.
pub(super) fn pushdown<S: Source>(entity: &Entity, filters: &[Filter]) -> FilterPushdown {
    let by_search = match entity.search {
        Some(parameter) if S::search(&parameter, filters) == Search::Whole => FilterPushdown::Unsupported,
        Some(parameter) if S::is_exact(&parameter, filters) => FilterPushdown::Exact,
        Some(_) => FilterPushdown::Inexact,
        None => FilterPushdown::Unsupported,
    };
    match by_search {
        FilterPushdown::Unsupported if filters.iter().any(|filter| is_expressible(entity, filter)) => {
            FilterPushdown::Inexact
        }
        grade => grade,
    }
}
