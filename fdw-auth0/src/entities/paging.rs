//! The kinds of paging of the Management API's lists (docs: product-lifecycle/…/pagination, and the
//! API's description of each endpoint).

use fdw_common::model::{
    Checkpoint, FieldsParameter, LogPages, NextPage, NumberedPages, PageParameter, Paging, Position, UncountedPages,
};

/// Numbered pages with totals.
pub(super) const NUMBERED: NumberedPages = NumberedPages {
    page: PAGE,
    size: "per_page",
    max_size: 100,
    totals_parameter: Some(("include_totals", "true")),
    total: &["total"],
    start: Some(&["start"]),
    limit: Some(&["limit"]),
    position: Position::Rows,
    page_cap: None,
    short_page_is_last: true,
    exact_total: true,
};

/// Short lists: the API refuses pages past the first 1,000 rows.
pub(super) const PAGES: Paging = Paging::Page(NUMBERED);

/// Lists that may have more than the 1,000 rows that paging reaches; their total may be capped at 1,000 as well.
pub(super) const CAPPED_PAGES: Paging = Paging::Page(NumberedPages { page_cap: Some(1000), ..NUMBERED });

/// The lists of the actions family: numbered pages. The envelope has the page's number, and omits members that
/// are 0.
pub(super) const ACTIONS_PAGES: Paging = Paging::Page(NumberedPages {
    max_size: 50,
    totals_parameter: None,
    start: Some(&["page"]),
    limit: Some(&["per_page"]),
    position: Position::Pages,
    ..NUMBERED
});

/// The list of invitations: its envelope has no total even if the request asks for one.
pub(super) const UNCOUNTED_PAGES: Paging =
    Paging::Uncounted(UncountedPages { envelope_parameter: Some(("include_totals", "true")), ..ARRAYS });

/// The log of one user.
pub(super) const LOG_OF_ONE_PAGES: Paging = Paging::Uncounted(ARRAYS);

/// The log: a search reaches 1,000 entries; paging that starts from an entry reaches all later ones (docs:
/// deploy-monitor/logs/retrieve-log-events-using-mgmt-api).
pub(super) const LOG_PAGES: Paging = Paging::Log(LogPages {
    search: ARRAYS,
    oldest_first: ("sort", "date:1"),
    page_cap: 1000,
    from: "from",
    size: "take",
});

/// Numbered pages that are arrays. The total of a log is deprecated, and counts one page only.
const ARRAYS: UncountedPages = UncountedPages {
    page: PAGE,
    size: Some("per_page"),
    max_size: 100,
    envelope_parameter: None,
    short_page_is_last: false,
};

const PAGE: PageParameter = PageParameter::pages("page", 0);

/// Pages of at most `max_size` rows with a cursor to the next page. Lists that also have numbered pages use these,
/// because they have no page cap.
pub(super) const fn checkpoint(max_size: u32) -> Paging {
    Paging::Checkpoint(Checkpoint {
        size: Some("take"),
        max_size,
        next: NextPage::Cursor { parameter: "from", at: &["next"] },
        keeps_position: true,
    })
}

/// The parameter that selects the members of rows.
pub(super) const FIELDS: FieldsParameter =
    FieldsParameter { name: "fields", with: Some(("include_fields", "true")), on_request: &[] };
