//! The only conversion between Rust's text, which is UTF-8, and Postgres's, which is in the database's encoding.
//!
//! [`from_server`] converts text from C, [`to_server`] text for C, and [`for_message`] text that a user reads
//! (errors, notices, EXPLAIN). The last never fails: an error about the conversion would hide the original one.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys::{self, pg_enc};

use super::super::backend::{client_encoding, database_encoding};
use crate::error::{Error, ErrorKind, Result};

/// The text of a C string in the database's encoding. Invalid bytes, which a database with the encoding SQL_ASCII may
/// contain, are replaced.
///
/// # Safety
/// `text` is null or a valid C string in the database's encoding.
pub(in crate::pg) unsafe fn from_server(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and therefore a valid C string.
    let text = unsafe { CStr::from_ptr(text) };
    String::from_utf8_lossy(&to_utf8(text.to_bytes())).into_owned()
}

/// The text of a SQL function's argument in the database's encoding.
///
/// # Errors
/// `OptionValue` for invalid bytes, which a database with the encoding SQL_ASCII may contain.
pub(in crate::pg) fn from_argument(text: &[u8]) -> Result<String> {
    String::from_utf8(to_utf8(text).into_owned())
        .map_err(|_| Error::new(ErrorKind::OptionValue, "a text is not valid UTF-8"))
}

/// Bytes in the database's encoding, as UTF-8. Postgres raises an error for bytes that the encoding does not allow.
fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    if is_bytes_as_they_are() || bytes.is_ascii() {
        return Cow::Borrowed(bytes);
    }
    // SAFETY: the conversion reads exactly this slice. It returns the slice itself if there is nothing to convert, or
    // a C string in the current memory context; the result is copied.
    unsafe {
        let converted = pg_sys::pg_server_to_any(bytes.as_ptr().cast(), bytes.len() as i32, pg_enc::PG_UTF8 as i32);
        match converted.cast_const() == bytes.as_ptr().cast() {
            true => Cow::Borrowed(bytes),
            false => Cow::Owned(CStr::from_ptr(converted).to_bytes().to_vec()),
        }
    }
}

/// The text as a C string in the database's encoding, in the current memory context. Postgres raises an error for a
/// character that the encoding lacks.
///
/// # Errors
/// `OptionValue` for a text with U+0000, which a C string cannot hold.
pub(in crate::pg) fn to_server(text: &str) -> Result<*mut c_char> {
    let text =
        CString::new(text).map_err(|_| Error::new(ErrorKind::OptionValue, "a text holds the character U+0000"))?;
    // SAFETY: the conversion reads a C string of this length and returns it or a palloc'd copy; the result is copied
    // again, because the text lives only in this function.
    unsafe {
        let converted = pg_sys::pg_any_to_server(text.as_ptr(), text.as_bytes().len() as i32, pg_enc::PG_UTF8 as i32);
        Ok(pg_sys::pstrdup(converted))
    }
}

/// The text in a form that can be sent to the client and written to the log: a character that the database's or the
/// client's encoding lacks becomes its number, `\u00e9`; a dash and an ellipsis, which our own texts contain, become
/// ASCII.
pub(in crate::pg) fn for_message(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let client = client_encoding() as u32;
    if is_bytes_as_they_are() && matches!(client, pg_enc::PG_UTF8 | pg_enc::PG_SQL_ASCII) {
        return text.to_owned();
    }
    // A message is a C string in the database's encoding, and pgrx passes UTF-8 unchanged.
    let can_be_sent = |c: char| is_bytes_as_they_are() && converts(c, client);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            _ if c.is_ascii() || can_be_sent(c) => shown.push(c),
            _ if c == '\u{2013}' => shown.push('-'),
            _ if c == '\u{2026}' => shown.push_str("..."),
            number if number > 0xFFFF => shown.push_str(&format!("\\U{number:08x}")),
            number => shown.push_str(&format!("\\u{number:04x}")),
        }
    }
    shown
}

/// True if Postgres takes UTF-8 unchanged: the database's encoding is UTF-8, or SQL_ASCII.
fn is_bytes_as_they_are() -> bool {
    matches!(database_encoding() as u32, pg_enc::PG_UTF8 | pg_enc::PG_SQL_ASCII)
}

/// True if the encoding has this character.
fn converts(c: char, encoding: u32) -> bool {
    /// No encoding has longer characters (pg_wchar.h, `MAX_CONVERSION_GROWTH`).
    const LONGEST: usize = 4 * 4 + 1;
    let mut source = [0u8; 5];
    let length = c.encode_utf8(&mut source).len();
    let mut converted = [0u8; LONGEST];
    // SAFETY: the procedure is looked up in the catalog; both lengths match their buffers, and the conversion is set
    // to report characters it cannot convert by its result instead of an error.
    unsafe {
        let procedure = pg_sys::FindDefaultConversionProc(pg_enc::PG_UTF8 as i32, encoding as i32);
        procedure != pg_sys::Oid::INVALID
            && pg_sys::pg_do_encoding_conversion_buf(
                procedure,
                pg_enc::PG_UTF8 as i32,
                encoding as i32,
                source.as_mut_ptr(),
                length as i32,
                converted.as_mut_ptr(),
                LONGEST as i32,
                true,
            ) == length as i32
    }
}
