//! Answers: from the bytes of a page to its rows and to what it claims about the list.

/// The part of a visitor of JSON that looks into objects and arrays only.
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

pub(crate) mod decoder;
pub(crate) mod redaction;

pub(crate) use decoder::Envelope;
pub use decoder::{Batch, KEY_SEPARATOR, Projection, plain_text};
pub use redaction::REDACTED;
