//! Decoding of answers: from the bytes of a page to its rows and its claims about the list.

/// The scalar methods of a JSON visitor that reads only objects and arrays.
macro_rules! ignore_scalars {
    () => {
        fn visit_bool<E>(self, _: bool) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_str<E>(self, _: &str) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> std::result::Result<(), E> {
            Ok(())
        }
    };
}

mod batch;
mod claim;
mod continuation;
mod decoder;
mod envelope;
mod lookup;
mod missing;
mod page;
mod projection;
pub(crate) mod redaction;
mod row;
mod unshown;

pub use batch::{Batch, KEY_SEPARATOR, plain_text};
pub use decoder::Decoder;
pub(crate) use decoder::{missing_list, not_as_declared};
pub use missing::MissingColumns;
pub use page::{Claims, ListMember, Page};
pub use projection::Projection;
pub use redaction::REDACTED;
pub(crate) use unshown::UnshownConditions;
