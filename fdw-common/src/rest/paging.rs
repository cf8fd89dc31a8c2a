//! Pagers, which choose the requests for the pages of a list and prove that all rows were read. Pure: no HTTP, no tokio.

mod cursor;
mod in_order;
mod key_set;
mod keys;
mod link;
mod log;
mod lookups;
mod numbered;
mod page_numbers;
mod page_size;
mod page_view;
mod pager;
mod proof;
mod reading;
mod sliced;
mod slices;
#[cfg(test)]
mod tests;
mod ties;
mod uncounted;
mod whole;

pub(crate) use cursor::CursorPager;
pub(crate) use in_order::InOrderPager;
pub(crate) use key_set::KeySet;
pub(crate) use keys::KeysPager;
pub(crate) use log::LogPager;
pub use lookups::KeyedTarget;
pub(crate) use lookups::LookupsPager;
pub(crate) use numbered::NumberedPager;
pub(crate) use page_view::PageView;
pub(crate) use pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
pub(crate) use proof::Proof;
pub(crate) use sliced::{Sliced, SlicedList};
pub(crate) use uncounted::UncountedPager;
pub(crate) use whole::WholePager;
