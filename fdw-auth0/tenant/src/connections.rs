//! Ids of the connections that users come from.

use sha2::{Digest as _, Sha256};

/// The id of the connection with this name: `con_` and 16 letters or digits, always the same for a name.
pub(crate) fn connection_id(name: &str) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let digest = Sha256::digest(name.as_bytes());
    let letters = digest.iter().take(16).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
    format!("con_{}", letters.collect::<String>())
}
