//! Reading of JSON from other systems.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses a body as an object. `None` for an array: serde would accept an array of the members' values for a struct.
pub fn read_object<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let body = without_byte_order_mark(body);
    body.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(body).ok())?
}

/// The text without a UTF-8 byte order mark at its start (RFC 8259, 8.1: a reader may ignore it).
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// True for an empty value: null, false, zero, an empty text, and an array or object of only empty values.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.iter().all(is_nothing),
        Value::Object(object) => object.values().all(is_nothing),
    }
}

/// The encoding of a JSON text in UTF-16 or UTF-32, found by its byte order mark or by the position of zeros in its
/// first characters, which are ASCII (RFC 4627, 3).
pub fn other_encoding(body: &[u8]) -> Option<&'static str> {
    match body {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encoding_detects_utf_16_and_utf_32() {
        let encoded = |units: &[u16], big: bool| -> Vec<u8> {
            units.iter().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let units: Vec<u16> = "[1]".encode_utf16().collect();
        let marked: Vec<u16> = "\u{feff}[1]".encode_utf16().collect();
        for big in [false, true] {
            assert_eq!(other_encoding(&encoded(&units, big)), Some("UTF-16"));
            assert_eq!(other_encoding(&encoded(&marked, big)), Some("UTF-16"));
        }
        for wide in [&b"[\0\0\0"[..], b"\0\0\0[", b"\xff\xfe\0\0[\0\0\0", b"\0\0\xfe\xff\0\0\0["] {
            assert_eq!(other_encoding(wide), Some("UTF-32"), "{wide:?}");
        }
        for plain in [&b"[1]"[..], b"", b"7", "\u{feff}[]".as_bytes(), "\u{e9}".as_bytes()] {
            assert_eq!(other_encoding(plain), None, "{plain:?}");
        }
        assert_eq!(without_byte_order_mark("\u{feff}[]".as_bytes()), b"[]");
    }
}
