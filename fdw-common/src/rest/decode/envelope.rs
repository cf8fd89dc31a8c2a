//! The objects of an answer around its rows, and what they say about the list.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::claim;
use super::page::{Claims, ListMember};
use super::row::{List, Name, RowReader, refuse_scalars};
use crate::model::{MemberPath, NextPage, Paging};

/// The members that a paging declares, each by the names that lead to it.
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
    pub(super) rows: &'e mut RowReader<'de>,
    /// The names of the members that lead to the array of rows.
    pub(super) place: &'e [&'static str],
    pub(super) declared: DeclaredClaims,
    pub(super) claims: Claims,
}

/// The place of the rows, for messages.
pub(super) fn quoted(place: &[&str]) -> String {
    if place.is_empty() { "it".to_owned() } else { format!("\"{}\"", place.join(".")) }
}

impl EnvelopeReader<'_, '_> {
    /// The paths to everything that is looked for.
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
                Ok(next) => self.claims.next = next,
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

/// An object around the rows, or a value in its place: the answer itself or a member on the way to one that is
/// wanted.
pub(super) struct Object<'p, 'e, 'de> {
    pub(super) envelope: &'p mut EnvelopeReader<'e, 'de>,
    /// The names of the members that lead here.
    pub(super) at: &'p mut Vec<&'static str>,
}

impl Object<'_, '_, '_> {
    fn leads_to_the_rows(&self) -> bool {
        self.envelope.place.starts_with(self.at)
    }

    /// A value that is no object. Where a claim is missing because of it, there is no claim.
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
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            at.push(step);
            if envelope.place == at.as_slice() {
                let place = quoted(at);
                let list = map.next_value_seed(List { reader: &mut *envelope.rows, place: &place })?;
                envelope.set_list(list)?;
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
