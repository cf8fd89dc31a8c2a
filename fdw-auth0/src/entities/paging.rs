//! How lists of the Management API are cut into pages (docs: product-lifecycle/…/pagination, and the
//! API's description of each endpoint).

use fdw_common::model::{
    Checkpoint, FieldsParameter, LogPages, NextPage, NumberedPages, PageParameter, Paging, Position, UncountedPages,
};

/// Numbered pages with totals.
pub(super) const NUMBERED: NumberedPages = NumberedPages {
    page: PAGE,
    size: "per_page",
    max_size: 100,
    ask_totals: Some(("include_totals", "true")),
    total: &["total"],
    start: Some(&["start"]),
    limit: Some(&["limit"]),
    position: Position::Rows,
    page_cap: None,
    short_page_is_last: true,
    exact_total: true,
};

/// Lists that are never long: the API refuses pages past the first 1,000 rows.
pub(super) const PAGES: Paging = Paging::Page(NUMBERED);

/// Lists that may be longer than the 1,000 rows that pages reach, and whose total may be capped there.
pub(super) const CAPPED_PAGES: Paging = Paging::Page(NumberedPages { page_cap: Some(1000), ..NUMBERED });

/// The lists of the actions family: numbered pages whose envelope says the page's number, and leaves out
/// what is 0.
pub(super) const ACTIONS_PAGES: Paging = Paging::Page(NumberedPages {
    max_size: 50,
    ask_totals: None,
    start: Some(&["page"]),
    limit: Some(&["per_page"]),
    position: Position::Pages,
    ..NUMBERED
});

/// The list of invitations, which has no total though it is asked for.
pub(super) const UNCOUNTED_PAGES: Paging =
    Paging::Uncounted(UncountedPages { ask_envelope: Some(("include_totals", "true")), ..ARRAYS });

/// The log of one user.
pub(super) const LOG_OF_ONE_PAGES: Paging = Paging::Uncounted(ARRAYS);

/// The log: a search reaches 1,000 entries; from an entry on all of them can be read (docs:
/// deploy-monitor/logs/retrieve-log-events-using-mgmt-api).
pub(super) const LOG_PAGES: Paging = Paging::Log(LogPages {
    search: ARRAYS,
    oldest_first: ("sort", "date:1"),
    page_cap: 1000,
    from: "from",
    size: "take",
});

/// Numbered pages that are arrays. A log's total is deprecated, and that of the page.
const ARRAYS: UncountedPages =
    UncountedPages { page: PAGE, size: Some("per_page"), max_size: 100, ask_envelope: None, short_page_is_last: false };

const PAGE: PageParameter = PageParameter::pages("page", 0);

/// Pages that lead to each other, of so many rows at most. Where a list has numbered pages as well, these
/// are used: they have no page cap.
pub(super) const fn checkpoint(max_size: u32) -> Paging {
    Paging::Checkpoint(Checkpoint {
        size: Some("take"),
        max_size,
        next: NextPage::Cursor { parameter: "from", at: &["next"] },
        place_is_kept: true,
    })
}

/// The parameter that trims rows to some members.
pub(super) const FIELDS: FieldsParameter =
    FieldsParameter { name: "fields", with: Some(("include_fields", "true")), on_request: &[] };
