//! The envelope of an answer: the objects around its rows, and their claims about the list.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::page::{Claims, ListMember};
use super::row::{Json, List, Name, RowReader, refuse_scalars};
use super::{claim, continuation};
use crate::api_error;
use crate::model::{MemberPath, NextPage, Paging};

/// The paths of the claims that a paging declares.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DeclaredClaims {
    total: Option<MemberPath>,
    start: Option<MemberPath>,
    limit: Option<MemberPath>,
    next: Option<MemberPath>,
}

impl DeclaredClaims {
    pub(super) fn of(paging: &Paging) -> Self {
        match paging {
            Paging::Page(pages) => DeclaredClaims {
                total: Some(pages.total),
                start: pages.start,
                limit: pages.limit,
                ..DeclaredClaims::default()
            },
            Paging::Checkpoint(pages) => {
                let next = match pages.next {
                    NextPage::Cursor { at, .. } | NextPage::Address(at) => Some(at),
                    NextPage::LastKey { .. } | NextPage::Header => None,
                };
                DeclaredClaims { next, ..DeclaredClaims::default() }
            }
            Paging::Whole | Paging::Uncounted(_) | Paging::Log(_) => DeclaredClaims::default(),
        }
    }
}

/// Reads the objects around the rows.
pub(super) struct EnvelopeReader<'e, 'de> {
    rows: &'e mut RowReader<'de>,
    /// The names of the members on the path to the array of rows, or to the one row.
    place: &'e [&'static str],
    declared: DeclaredClaims,
    /// The list is read as one answer, which may say that more pages follow.
    looks_for_more: bool,
    claims: Claims,
    /// Undeclared members that may say that more pages follow, with their paths.
    noted: Vec<(String, &'de str)>,
    /// A description of the member that makes the answer an error.
    error: Option<String>,
}

/// The contents of the objects around the rows.
pub(super) struct Envelope {
    pub(super) claims: Claims,
    /// A description of the member that makes the answer an error, if there is one.
    pub(super) error: Option<String>,
}

/// The separator between the names of a path: no wanted name contains it.
const SEPARATOR: &str = "\u{1f}";

/// The path of the rows, for messages.
pub(super) fn quoted(place: &[&str]) -> String {
    if place.is_empty() { "it".to_owned() } else { format!("\"{}\"", place.join(".")) }
}

impl<'e, 'de> EnvelopeReader<'e, 'de> {
    pub(super) fn new(
        rows: &'e mut RowReader<'de>,
        place: &'e [&'static str],
        declared: DeclaredClaims,
        looks_for_more: bool,
    ) -> Self {
        let claims = Claims::default();
        EnvelopeReader { rows, place, declared, looks_for_more, claims, noted: Vec::new(), error: None }
    }

    /// Reads the whole answer.
    pub(super) fn read(mut self, json: &mut Json<'de>) -> serde_json::Result<Envelope> {
        json.deserialize_any(Object { envelope: &mut self, at: &mut Vec::new() })?;
        let rows = self.rows.rows;
        let more = |(path, raw): &(String, &str)| {
            let name = path.rsplit_once(SEPARATOR).map_or(path.as_str(), |(_, name)| name);
            let value: Value = serde_json::from_str(raw).ok()?;
            continuation::says_more(&path.replace(SEPARATOR, "."), name, &value, rows)
        };
        self.claims.continues = self.noted.iter().find_map(more);
        Ok(Envelope { claims: self.claims, error: self.error })
    }

    /// Records an undeclared member, if it may say that the answer is an error or that more pages follow.
    fn note<A: MapAccess<'de>>(&mut self, at: &[&'static str], name: &str, map: &mut A) -> Result<(), A::Error> {
        let may_be_error = at.is_empty() && api_error::may_say_error(name);
        let may_be_more = self.looks_for_more && continuation::may_say_more(name);
        if !may_be_error && !may_be_more {
            return map.next_value::<IgnoredAny>().map(drop);
        }
        let raw = map.next_value::<&'de RawValue>()?.get();
        if may_be_error
            && let Ok(value) = serde_json::from_str::<Value>(raw)
            && api_error::says_error(name, &value)
        {
            self.error = Some(if value.is_boolean() {
                format!("\"{name}\" is {value}")
            } else {
                format!("\"{name}\" is filled")
            });
        }
        if may_be_more {
            let path: Vec<&str> = at.iter().copied().chain([name]).collect();
            self.noted.push((path.join(SEPARATOR), raw));
        }
        Ok(())
    }

    /// Reads the value at the path of the rows.
    fn rows_from<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let place = quoted(self.place);
        let list = if self.rows.is_one_row() {
            let raw = map.next_value::<&'de RawValue>()?.get();
            self.rows.one_row(raw).map_err(A::Error::custom)?
        } else {
            map.next_value_seed(List { reader: &mut *self.rows, place: &place })?
        };
        self.set_list(list)
    }

    /// The paths of the rows and of all declared claims.
    fn wanted(&self) -> impl Iterator<Item = &[&'static str]> {
        let DeclaredClaims { total, start, limit, next } = self.declared;
        std::iter::once(self.place).chain([total, start, limit, next].into_iter().flatten())
    }

    fn set_list<E: serde::de::Error>(&mut self, list: ListMember) -> Result<(), E> {
        if self.claims.list != ListMember::Absent {
            let what = format!("it has {} twice", quoted(self.place));
            return Err(self.rows.fail(what));
        }
        self.claims.list = list;
        Ok(())
    }

    /// Reads one of the declared claims.
    fn claim<E: serde::de::Error>(&mut self, at: &[&'static str], raw: &str) -> Result<(), E> {
        let is_here = |path: Option<MemberPath>| path.is_some_and(|path| path == at);
        let declared = self.declared;
        if is_here(declared.next) {
            match claim::next(raw) {
                Ok(next) => {
                    self.claims.states_end = next.is_none();
                    self.claims.next = next;
                }
                Err(()) => return Err(self.rows.fail(format!("{} is neither a text nor a number", quoted(at)))),
            }
        }
        for (path, found) in [
            (declared.total, &mut self.claims.total),
            (declared.start, &mut self.claims.start),
            (declared.limit, &mut self.claims.limit),
        ] {
            if is_here(path) {
                match claim::whole_number(raw) {
                    Ok(number) => *found = number,
                    Err(()) => return Err(self.rows.fail(format!("{} is not a whole number", quoted(at)))),
                }
            }
        }
        Ok(())
    }
}

/// An object around the rows, or a value in its place: the answer itself, or a member on the path to a wanted
/// one.
struct Object<'p, 'e, 'de> {
    envelope: &'p mut EnvelopeReader<'e, 'de>,
    /// The names of the members on the path to this object.
    at: &'p mut Vec<&'static str>,
}

impl Object<'_, '_, '_> {
    fn leads_to_the_rows(&self) -> bool {
        self.envelope.place.starts_with(self.at)
    }

    /// Handles a value that is not an object: an error on the path to the rows, else a missing claim.
    fn refuse<E: serde::de::Error>(self, what: &str) -> Result<(), E> {
        if !self.leads_to_the_rows() {
            return Ok(());
        }
        let below = quoted(&self.envelope.place[self.at.len()..]);
        let what = format!("{} is {what} instead of an object with {below}", quoted(self.at));
        Err(self.envelope.rows.fail(what))
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Object { envelope, at } = self;
        while let Some(Name(name)) = map.next_key()? {
            let leads_on = |path: &[&'static str]| match path.strip_prefix(at.as_slice()) {
                Some([step, ..]) if *step == name => Some(*step),
                _ => None,
            };
            let Some(step) = envelope.wanted().find_map(leads_on) else {
                envelope.note(at, &name, &mut map)?;
                continue;
            };
            at.push(step);
            if envelope.place == at.as_slice() {
                envelope.rows_from(&mut map)?;
            } else if envelope.wanted().any(|path| path == at.as_slice()) {
                let raw: &RawValue = map.next_value()?;
                envelope.claim(at, raw.get())?;
            } else {
                map.next_value_seed(Object { envelope: &mut *envelope, at: &mut *at })?;
            }
            at.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.refuse("an array")?;
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.leads_to_the_rows() { self.envelope.set_list(ListMember::Null) } else { Ok(()) }
    }

    refuse_scalars!(Object::refuse);
}
