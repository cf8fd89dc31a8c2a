//! JSON that other sides answer with.

use serde::de::DeserializeOwned;

/// The object that a body is, or nothing: serde takes an array of the members' values for a struct, too.
pub fn read_object<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    body.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(body).ok())?
}
