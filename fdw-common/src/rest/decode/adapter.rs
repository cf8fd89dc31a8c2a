//! Pages as the paging loops take them that demand what their entity declares.

use super::decoder::Decoder;
use super::page::ListMember;
use super::{Batch, Page};
use crate::error::Result;
use crate::model::{Checkpoint, MemberPath, NumberedPages, Position, Rows};

/// What a page's envelope says; what it leaves open is as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) start: u64,
    pub(crate) limit: u64,
    pub(crate) total: u64,
}

impl Decoder<'_> {
    fn present(&self, page: Page) -> Result<Page> {
        let place = match self.entity.rows {
            Rows::Member(name) => format!("no \"{name}\""),
            Rows::Path(path) => format!("no \"{}\"", path.join(".")),
            Rows::Array | Rows::Document => "no rows".to_owned(),
        };
        match page.claims.list {
            ListMember::Absent => Err(self.protocol(format!("it has {place}"))),
            ListMember::Present | ListMember::Null => Ok(page),
        }
    }

    /// A numbered page, whose envelope says where it stands, or else that it is as it was asked for.
    ///
    /// # Errors
    /// As [`Decoder::page`], and for a claim that is missing.
    pub(crate) fn numbered(
        &self,
        pages: &NumberedPages,
        asked_for: Envelope,
        body: Vec<u8>,
    ) -> Result<(Envelope, Batch)> {
        let Page { rows, claims } = self.present(self.page(self.entity.rows, body)?)?;
        let number = |member: MemberPath, found: Option<u64>| match (found, pages.position) {
            (Some(number), _) => Ok(number),
            (None, Position::Pages) => Ok(0),
            (None, Position::Rows) => Err(self.protocol(format!("it has no \"{}\"", member.join(".")))),
        };
        let start = pages.start.map(|member| number(member, claims.start)).transpose()?;
        let limit = pages.limit.map(|member| number(member, claims.limit)).transpose()?.unwrap_or(asked_for.limit);
        let start = match pages.position {
            Position::Pages => start.map(|page| page.saturating_mul(limit)),
            Position::Rows => start,
        };
        let total = number(pages.total, claims.total)?;
        Ok((Envelope { start: start.unwrap_or(asked_for.start), limit, total }, rows))
    }

    /// A page that leads to the next one, and the cursor or the address of that if a member has it.
    ///
    /// # Errors
    /// As [`Decoder::page`].
    pub(crate) fn checkpoint(&self, _: &Checkpoint, body: Vec<u8>) -> Result<(Option<String>, Batch)> {
        let page = self.present(self.page(self.entity.rows, body)?)?;
        Ok((page.claims.next, page.rows))
    }

    /// A page of which nothing but its rows matters.
    ///
    /// # Errors
    /// As [`Decoder::page`].
    pub(crate) fn list(&self, rows: Rows, body: Vec<u8>) -> Result<Batch> {
        Ok(self.present(self.page(rows, body)?)?.rows)
    }
}
