//! Converts a slice of JSON to a datum in the current memory context.
//!
//! Frequent types have a fast path from the slice. All others use their input function, with a string's text or the
//! JSON of any other value, as `->>` returns it.

use std::borrow::Cow;
use std::ffi::c_char;

use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::PgSqlErrorCode;
use serde_json::value::RawValue;

use super::super::backend::{database_encoding, element_type};
use super::super::time_type::TimeType;
use super::text::from_server;
use crate::options::TimeFormat;
use crate::rest::decode::plain_text;
use crate::unix_time;

/// Reason why a value cannot be converted, found before Postgres itself raises an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pg) enum Misfit {
    /// A string with an escape sequence that is not a character.
    BrokenEscape,
    /// The character U+0000, which Postgres's text cannot hold.
    NulCharacter,
    /// A number in a time column without the option `time_format`.
    NumberForTime,
    /// A number in a column with a time of day.
    NumberForTimeOfDay,
    /// A number outside the range of times.
    TimeOutOfRange,
    /// An array that does not fit the column's array type.
    BrokenArray,
}

impl Misfit {
    pub(in crate::pg) fn code(self) -> PgSqlErrorCode {
        match self {
            Misfit::NulCharacter => PgSqlErrorCode::ERRCODE_UNTRANSLATABLE_CHARACTER,
            Misfit::NumberForTime | Misfit::NumberForTimeOfDay => PgSqlErrorCode::ERRCODE_INVALID_DATETIME_FORMAT,
            Misfit::TimeOutOfRange => PgSqlErrorCode::ERRCODE_DATETIME_FIELD_OVERFLOW,
            Misfit::BrokenEscape | Misfit::BrokenArray => PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
        }
    }

    /// Detail of the error; `None` if the value's JSON type already explains it.
    pub(in crate::pg) fn detail(self) -> Option<&'static str> {
        Some(match self {
            Misfit::NumberForTime | Misfit::NumberForTimeOfDay => return None,
            Misfit::TimeOutOfRange => "The value is a number outside the range of times.",
            Misfit::NulCharacter => "The value holds the character U+0000, which Postgres cannot store in text.",
            Misfit::BrokenEscape => "The value holds an escape sequence that is not a character.",
            Misfit::BrokenArray => "The value is not an array of such elements.",
        })
    }
}

/// Converts the values of one column to datums.
pub(in crate::pg) struct Converter {
    kind: Kind,
    input: Input,
    /// Set for date and time types, and for domains over them.
    time: Option<TimeType>,
    /// Unit of a number in a column with such a type.
    time_format: Option<TimeFormat>,
}

enum Kind {
    Text,
    Bool,
    Int4,
    Int8,
    Timestamptz,
    /// The JSON unchanged.
    Json,
    /// The JSON unchanged, through the type's input function.
    Jsonb,
    Array(Box<ArrayElement>),
    Other,
}

struct ArrayElement {
    converter: Converter,
    ty: Oid,
    length: i16,
    by_value: bool,
    align: c_char,
}

/// A type's input function.
struct Input {
    function: pg_sys::FmgrInfo,
    parameter: Oid,
    modifier: i32,
}

impl Converter {
    /// The converter for a column of type `ty`.
    ///
    /// # Safety
    /// `context` is a live memory context that outlives the converter.
    pub(in crate::pg) unsafe fn new(ty: Oid, modifier: i32, context: pg_sys::MemoryContext) -> Self {
        let mut input = Input { function: pg_sys::FmgrInfo::default(), parameter: Oid::INVALID, modifier };
        let mut function = Oid::INVALID;
        // SAFETY: both raise an error for an unknown type; the function's info is allocated in `context`.
        unsafe {
            pg_sys::getTypeInputInfo(ty, &mut function, &mut input.parameter);
            pg_sys::fmgr_info_cxt(function, &mut input.function, context);
        }
        let plain = modifier < 0;
        let kind = match ty {
            pg_sys::TEXTOID => Kind::Text,
            pg_sys::VARCHAROID if plain => Kind::Text,
            pg_sys::BOOLOID => Kind::Bool,
            pg_sys::INT4OID => Kind::Int4,
            pg_sys::INT8OID => Kind::Int8,
            pg_sys::TIMESTAMPTZOID if plain => Kind::Timestamptz,
            pg_sys::JSONOID => Kind::Json,
            pg_sys::JSONBOID => Kind::Jsonb,
            _ => match element_type(ty) {
                None => Kind::Other,
                // SAFETY: the memory context outlives the converter, and so its element converter.
                Some(element) => Kind::Array(Box::new(unsafe { ArrayElement::new(element, modifier, context) })),
            },
        };
        Converter { kind, input, time: TimeType::of(ty), time_format: None }
    }

    /// The same converter for a column with the option `time_format`.
    pub(in crate::pg) fn with_time_format(mut self, format: Option<TimeFormat>) -> Self {
        self.time_format = format;
        if let Kind::Array(element) = &mut self.kind {
            element.converter.time_format = format;
        }
        self
    }

    /// The text of the time that a number denotes; with the option `time_format` also for a text that is a number.
    fn counted(&self, time: TimeType, raw: &str) -> Result<Option<String>, Misfit> {
        let is_number = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let Some(format) = self.time_format else {
            return match time {
                _ if !is_number => Ok(None),
                TimeType::Time => Err(Misfit::NumberForTimeOfDay),
                TimeType::Date | TimeType::Timestamp => Err(Misfit::NumberForTime),
            };
        };
        let number = text(raw)?;
        let counted = match time {
            TimeType::Date => unix_time::date_text(&number, format),
            TimeType::Timestamp => unix_time::timestamp_text(&number, format),
            // The option is refused on such a column.
            TimeType::Time => None,
        };
        counted.transpose().map_err(|unix_time::OutOfRange| Misfit::TimeOutOfRange)
    }

    /// The datum of one value, allocated in the current memory context.
    ///
    /// # Errors
    /// A [`Misfit`] for faults found here; input functions raise Postgres's own errors.
    #[inline]
    pub(in crate::pg) fn convert(&mut self, raw: &str) -> Result<pg_sys::Datum, Misfit> {
        if let Some(time) = self.time
            && let Some(text) = self.counted(time, raw)?
        {
            return self.input.call(&text);
        }
        match &mut self.kind {
            Kind::Text => text_datum(&text(raw)?),
            Kind::Bool => match raw {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => self.input.call(&text(raw)?),
            },
            Kind::Int4 => match raw.parse::<i32>() {
                Ok(number) => Ok(number.into()),
                Err(_) => self.input.call(&text(raw)?),
            },
            Kind::Int8 => match raw.parse::<i64>() {
                Ok(number) => Ok(number.into()),
                Err(_) => self.input.call(&text(raw)?),
            },
            Kind::Timestamptz => {
                let text = text(raw)?;
                match timestamptz(&text) {
                    Some(microseconds) => Ok(microseconds.into()),
                    None => self.input.call(&text),
                }
            }
            Kind::Json => text_datum(raw),
            Kind::Jsonb => self.input.call(raw),
            Kind::Array(element) if raw.starts_with('[') => element.convert(raw),
            Kind::Array(_) | Kind::Other => self.input.call(&text(raw)?),
        }
    }
}

impl Input {
    fn call(&mut self, text: &str) -> Result<pg_sys::Datum, Misfit> {
        if text.contains('\0') {
            return Err(Misfit::NulCharacter);
        }
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        // SAFETY: the function's info was filled for this type; the text is a C string in UTF-8, or its copy in the
        // server's encoding.
        let datum = unsafe {
            let text = to_server_encoding(bytes.as_ptr().cast(), text.len());
            pg_sys::InputFunctionCall(&mut self.function, text.cast_mut(), self.parameter, self.modifier)
        };
        Ok(datum)
    }
}

impl ArrayElement {
    /// # Safety
    /// As for [`Converter::new`].
    unsafe fn new(ty: Oid, modifier: i32, context: pg_sys::MemoryContext) -> Self {
        let (mut length, mut by_value, mut align) = (0, false, 0);
        // SAFETY: the lookup raises an error for an unknown type; the memory context outlives the converter.
        let converter = unsafe {
            pg_sys::get_typlenbyvalalign(ty, &mut length, &mut by_value, &mut align);
            Converter::new(ty, modifier, context)
        };
        ArrayElement { converter, ty, length, by_value, align }
    }

    fn convert(&mut self, raw: &str) -> Result<pg_sys::Datum, Misfit> {
        let elements: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| Misfit::BrokenArray)?;
        let mut values = Vec::with_capacity(elements.len());
        let mut nulls = Vec::with_capacity(elements.len());
        for element in elements {
            let raw = element.get();
            nulls.push(raw == "null");
            values.push(if raw == "null" { pg_sys::Datum::null() } else { self.converter.convert(raw)? });
        }
        let count = i32::try_from(values.len()).map_err(|_| Misfit::BrokenArray)?;
        // SAFETY: values and nulls have `count` entries of the element's type, with the type's own length, passing
        // and alignment; an array without elements has no dimension.
        let array = unsafe {
            if count == 0 {
                pg_sys::construct_empty_array(self.ty)
            } else {
                let (mut dimensions, mut lower_bounds) = ([count], [1]);
                pg_sys::construct_md_array(
                    values.as_mut_ptr(),
                    nulls.as_mut_ptr(),
                    1,
                    dimensions.as_mut_ptr(),
                    lower_bounds.as_mut_ptr(),
                    self.ty,
                    i32::from(self.length),
                    self.by_value,
                    self.align,
                )
            }
        };
        Ok(array.into())
    }
}

/// A string's text, or the JSON of any other value.
#[inline]
fn text(raw: &str) -> Result<Cow<'_, str>, Misfit> {
    if raw.starts_with('"') { plain_text(raw).ok_or(Misfit::BrokenEscape) } else { Ok(Cow::Borrowed(raw)) }
}

#[inline]
fn text_datum(text: &str) -> Result<pg_sys::Datum, Misfit> {
    if text.as_bytes().contains(&0) {
        return Err(Misfit::NulCharacter);
    }
    // SAFETY: the pointer and length describe the text, or its copy in the server's encoding.
    let datum = unsafe {
        if database_encoding() == pg_sys::pg_enc::PG_UTF8 as i32 {
            pg_sys::cstring_to_text_with_len(text.as_ptr().cast(), text.len() as i32)
        } else {
            let bytes = std::ffi::CString::new(text).map_err(|_| Misfit::NulCharacter)?;
            pg_sys::cstring_to_text(to_server_encoding(bytes.as_ptr(), text.len()))
        }
    };
    Ok(datum.into())
}

/// The text in the database's encoding: itself for UTF-8, else a copy. Postgres raises an error for a character that
/// the encoding lacks.
///
/// # Safety
/// `text` is a C string of `length` bytes in UTF-8.
unsafe fn to_server_encoding(text: *const c_char, length: usize) -> *const c_char {
    // SAFETY: a C string of this length.
    unsafe { pg_sys::pg_any_to_server(text, length as i32, pg_sys::pg_enc::PG_UTF8 as i32) }
}

/// Microseconds since 2000-01-01 UTC for the API's own form, `2026-04-22T17:49:56.235Z`. `None` for other forms,
/// which the type's input function reads.
fn timestamptz(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (last, bytes) = bytes.split_last()?;
    let number = |at: usize, length: usize| -> Option<i64> {
        bytes
            .get(at..at + length)?
            .iter()
            .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if *last != b'Z' || separators.iter().any(|(at, byte)| bytes.get(*at) != Some(byte)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let fraction = match bytes.len() {
        19 => 0,
        21..=26 if bytes[19] == b'.' => {
            let digits = bytes.len() - 20;
            number(20, digits)? * 10i64.pow(6 - digits as u32)
        }
        _ => return None,
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if year == 0 || !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 2000-03-01 in a calendar with years from March to February (Howard Hinnant, "chrono-Compatible
    // Low-Level Date Algorithms"), shifted to 2000-01-01.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1;
    let days = days - (2000 * 365 + 500 - 20 + 5) + 60;
    Some(((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction)
}

/// The JSON type of a value, for error texts; these never contain the value itself.
pub(in crate::pg) fn json_type(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        _ => "a number",
    }
}

/// The type's name in SQL.
pub(in crate::pg) fn type_name(ty: Oid) -> String {
    // SAFETY: returns a palloc'd C string for every OID.
    unsafe { from_server(pg_sys::format_type_be(ty)) }
}
