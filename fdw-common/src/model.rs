//! Tables of a source: constant data, checked when the crate is compiled.

mod check;
mod column;
mod entity;
mod export;
mod lookup;
mod paging;
mod search;

pub use check::{check, contradiction};
pub use column::{At, Column, ColumnType, MemberPath, WHOLE_ROW_COLUMN, join_columns};
pub use entity::{Changes, Consistency, Entity, Example, Family, KeyValues, Parents, Stage, WHOLE_API, count, join};
pub use export::{Export, Job, JobState};
pub use lookup::{BatchBy, Lookup, LookupAnswer, placeholders};
pub use paging::{
    Checkpoint, Counts, LogPages, NextPage, NumberedPages, PageParameter, Paging, Position, Rows, UncountedPages,
};
pub use search::{
    FieldsParameter, Parameter, ParameterType, SearchField, SearchKind, SearchParameter, SliceKeys, SortParameter,
};
