//! How the pages of a list follow each other, and what proves that all rows have come. Pure: no HTTP, no tokio.

pub(crate) mod page_walk;
pub(crate) mod slices;
