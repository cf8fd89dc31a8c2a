//! The page of a list that a query asks for.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hyper::StatusCode;

use crate::answer::Answer;
use crate::api::collection::{CollectionPath, Rows};
use crate::api::description::{Endpoint, Kind, Paging};
use crate::api::filter::Filter;
use crate::api::key;
use crate::fields::{Fields, boolean};
use crate::lag::View;
use crate::list::integer;
use crate::page::{Envelope, Page};
use crate::sort::Sort;
use crate::state::State;
use crate::store::text_member;

/// The list of the members of an organization.
const MEMBERS: &str = "/organizations/{}/members";

/// The further scope that a request for the members of an organization needs if it names `roles`.
pub(crate) fn scope_of_roles(template: &str, pairs: &[(String, String)]) -> Option<&'static str> {
    let names = template == MEMBERS && names_roles(Fields::from_pairs(pairs).ok().flatten().as_ref());
    names.then_some("read:organization_member_roles")
}

fn names_roles(fields: Option<&Fields>) -> bool {
    fields.is_some_and(|fields| fields.names("roles"))
}

/// The paging part of a query.
#[derive(Debug, Default)]
struct PageRequest {
    page: usize,
    per_page: Option<usize>,
    include_totals: bool,
    from: Option<String>,
    take: Option<usize>,
    sort: Option<Sort>,
}

impl PageRequest {
    fn from_pairs(endpoint: &Endpoint, pairs: &[(String, String)]) -> Result<Self, Answer> {
        let mut asked = Self::default();
        let most = match endpoint.template.as_str() {
            "/connection-profiles" => 10,
            "/connections/{}/clients" => 1_000,
            _ => 100,
        };
        for (name, value) in pairs {
            match name.as_str() {
                "page" => {
                    asked.page = integer(value, i64::MAX, name, "Page index of the results to return. First page is 0")?
                }
                "per_page" => asked.per_page = Some(integer(value, 100, name, "Number of results per page")?),
                "include_totals" => {
                    asked.include_totals =
                        boolean(value, name, "Return results inside an object that contains the total result count")?;
                }
                "from" => asked.from = Some(value.clone()),
                "take" => asked.take = Some(integer(value, most, name, "Number of results per page. Defaults to 50")?),
                // A search's order is a name alone.
                "sort" if endpoint.parameters.iter().any(|known| known.name == "sort" && known.kind == Kind::Text) => {
                    asked.sort = Some(Sort::parse(value)?);
                }
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// A request for a page of a list.
pub(crate) struct Listing<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) place: &'a CollectionPath,
    pub(crate) row: &'a Kind,
    pub(crate) paging: &'a Paging,
    pub(crate) pairs: &'a [(String, String)],
    /// Host and port of the request, for `Link`.
    pub(crate) authority: &'a str,
}

/// The rows of a list that the request selects.
enum Selected {
    All(Rows),
    /// The rows that pass the filters, in the requested order.
    Some(Vec<Bytes>),
}

impl Selected {
    fn len(&self) -> usize {
        match self {
            Self::All(rows) => rows.len(),
            Self::Some(rows) => rows.len(),
        }
    }

    fn slice(&self, view: &View<'_>, start: usize, count: usize) -> Vec<Bytes> {
        let positions = start..start.saturating_add(count).min(self.len());
        match self {
            Self::All(rows) => positions.filter_map(|position| rows.get(view, position)).collect(),
            Self::Some(rows) => rows.get(positions).unwrap_or_default().to_vec(),
        }
    }
}

impl Listing<'_> {
    /// The page, or Auth0's 400.
    pub(crate) fn page(&self, state: &State) -> Result<Page, Answer> {
        let fields = Fields::from_pairs(self.pairs)?;
        let asked = PageRequest::from_pairs(self.endpoint, self.pairs)?;
        if matches!(self.paging, Paging::Logs(_)) && asked.from.is_some() {
            let mut page = self.newer_logs(state, &asked);
            if let Some(fields) = fields {
                page.rows = page.rows.iter().map(|row| fields.project(row)).collect();
            }
            return Ok(page);
        }
        let filters = Filter::from_pairs(self.endpoint, self.row, self.pairs)?;
        let view = state.view();
        let rows = view.collections.rows(&view, self.place, self.row);
        let found = if filters.is_empty() && asked.sort.is_none() {
            Selected::All(rows)
        } else {
            let all = (0..rows.len()).filter_map(|index| rows.get(&view, index));
            let kept: Vec<Bytes> = all.filter(|row| filters.iter().all(|filter| filter.holds(row))).collect();
            Selected::Some(match &asked.sort {
                None => kept,
                Some(sort) => {
                    let order = sort.order(kept.iter().map(Bytes::as_ref));
                    let turn = state.next_turn();
                    (0..kept.len())
                        .filter_map(|position| kept.get(order.place(position, turn)? as usize).cloned())
                        .collect()
                }
            })
        };
        let mut page = self.of(state, &view, &asked, &found)?;
        if self.endpoint.template == MEMBERS {
            // Only answers to requests that name `roles` have the roles of members.
            let is_given = view.collections.given(self.place).is_some();
            let organization = self.place.parents.first().map(String::as_str).unwrap_or_default();
            let with_roles = |row: &Bytes| view.collections.with_roles(&view, organization, row);
            page.rows = match names_roles(fields.as_ref()) {
                true if is_given => page.rows,
                true => page.rows.iter().map(with_roles).collect(),
                false => page.rows.iter().map(|row| Fields::without("roles").project(row)).collect(),
            };
        }
        if let Some(fields) = fields {
            page.rows = page.rows.iter().map(|row| fields.project(row)).collect();
        }
        Ok(page)
    }

    fn of(&self, state: &State, view: &View<'_>, asked: &PageRequest, found: &Selected) -> Result<Page, Answer> {
        let checkpoint = asked.from.is_some() || asked.take.is_some();
        match self.paging {
            Paging::Whole => Ok(Page::array(found.slice(view, 0, usize::MAX))),
            Paging::Enveloped(key) => Ok(Page {
                key: Cow::Owned(key.clone()),
                envelope: Envelope::Alone,
                ..Page::array(found.slice(view, 0, usize::MAX))
            }),
            Paging::WholeOrCheckpoint(_) if !checkpoint => Ok(Page::array(found.slice(view, 0, usize::MAX))),
            Paging::Checkpoint(key) | Paging::WholeOrCheckpoint(key) => self.checkpoint(view, asked, found, key),
            Paging::Either(key) if checkpoint => self.checkpoint(view, asked, found, key),
            Paging::Page(key) | Paging::Either(key) | Paging::Logs(key) => {
                self.numbered(state, view, asked, found, key)
            }
            Paging::Actions(key) => {
                let limit = asked.per_page.unwrap_or(20);
                let start = asked.page.saturating_mul(limit);
                Ok(Page {
                    key: Cow::Owned(key.clone()),
                    envelope: Envelope::Actions { page: asked.page },
                    start,
                    limit,
                    total: found.len() as u64,
                    rows: found.slice(view, start, limit),
                    headers: Vec::new(),
                })
            }
        }
    }

    fn numbered(
        &self,
        state: &State,
        view: &View<'_>,
        asked: &PageRequest,
        found: &Selected,
        key: &str,
    ) -> Result<Page, Answer> {
        let settings = *state.settings();
        let asked_for = asked.per_page.unwrap_or(50);
        let limit = settings.page_size_cap.map_or(asked_for, |cap| cap.min(asked_for));
        let start = asked.page.saturating_mul(limit);
        if let Some(page_cap) = settings.page_cap.filter(|page_cap| start >= *page_cap) {
            let message = match self.paging {
                Paging::Either(_) => format!(
                    "Requesting page {} exceeds the allowed maximum of {page_cap} records. To fetch results beyond {page_cap}, use the checkpoint pagination method.",
                    asked.page
                ),
                _ => format!("Requesting page exceeds the allowed maximum of {page_cap} records"),
            };
            return Err(Answer::error(StatusCode::BAD_REQUEST, &message, None));
        }
        let rows = found.slice(view, start, limit);
        let is_logs = key == "logs";
        let envelope = match key {
            _ if !asked.include_totals => Envelope::Array,
            "invitations" => Envelope::Start,
            "logs" | "clients" => Envelope::TotalsAndLength,
            _ => Envelope::Totals,
        };
        // The total of logs counts the page only.
        let total = match is_logs {
            true => rows.len() as u64,
            false => settings.totals.stated(start, found.len(), found.len()),
        };
        Ok(Page { key: Cow::Owned(key.to_owned()), envelope, start, limit, total, rows, headers: Vec::new() })
    }

    fn checkpoint(&self, view: &View<'_>, asked: &PageRequest, found: &Selected, key: &str) -> Result<Page, Answer> {
        let usual = if self.endpoint.template == "/connection-profiles" { 10 } else { 50 };
        let take = asked.take.unwrap_or(usual);
        let start = match asked.from.as_deref() {
            None | Some("") => 0,
            Some(from) => Checkpoint::read(from)
                .ok_or_else(|| {
                    Answer::invalid_query(
                        "The checkpoint is not one of this list",
                        "from",
                        "Id from which to start selection",
                    )
                })?
                .position(&self.key(), view, found),
        };
        let rows = found.slice(view, start, take);
        // A full page has a next one, which may be empty.
        let next = (take > 0 && rows.len() == take).then(|| {
            let last = rows.last().and_then(|row| text_member(row, &self.key())).unwrap_or_default();
            Checkpoint { position: start + take, last }.write()
        });
        let total = asked.include_totals && matches!(key, "tokens" | "sessions");
        Ok(Page {
            key: Cow::Owned(key.to_owned()),
            envelope: Envelope::Checkpoint { next, total },
            start,
            limit: take,
            total: found.len() as u64,
            rows,
            headers: Vec::new(),
        })
    }

    fn key(&self) -> String {
        key::member(&self.endpoint.template, self.row)
    }

    /// The entries newer than `from`, oldest first, and the link to the next page.
    fn newer_logs(&self, state: &State, asked: &PageRequest) -> Page {
        // All other parameters are ignored, including filters.
        let logs = state.collections.made(state, self.place);
        let from = asked.from.as_deref().unwrap_or_default();
        let take = asked.take.unwrap_or(50);
        let (ids, rows): (Vec<&str>, Vec<Bytes>) =
            logs.after(from).take(take).map(|(id, log)| (id, log.clone())).unzip();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("from", ids.last().unwrap_or(&from))
            .append_pair("take", &take.to_string())
            .finish();
        let link = format!("<http://{}/api/v2/logs?{query}>; rel=\"next\"", self.authority);
        Page { headers: vec![("link".to_owned(), link)], ..Page::array(rows) }
    }
}

/// The start of a list's next page: after the row `last`, or at its position if that row is gone.
#[derive(Debug, PartialEq, Eq)]
struct Checkpoint {
    position: usize,
    last: String,
}

impl Checkpoint {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{},{}", self.position, self.last))
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (position, last) = text.split_once(',')?;
        Some(Self { position: position.parse().ok()?, last: last.to_owned() })
    }

    fn position(&self, key: &str, view: &View<'_>, found: &Selected) -> usize {
        let is_last = |position: usize| {
            let row = found.slice(view, position, 1);
            row.first().and_then(|row| text_member(row, key)).as_deref() == Some(self.last.as_str())
        };
        if self.last.is_empty() || is_last(self.position.saturating_sub(1)) {
            return self.position;
        }
        (0..found.len()).find(|position| is_last(*position)).map_or(self.position, |position| position + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoint_is_read_as_written_and_others_are_refused() {
        let checkpoint = Checkpoint { position: 7, last: "auth0|a,b".to_owned() };
        assert_eq!(Checkpoint::read(&checkpoint.write()), Some(checkpoint));
        for text in ["", "x", "!", "NyxhdXRo="] {
            assert_eq!(Checkpoint::read(text), None, "{text}");
        }
    }
}
