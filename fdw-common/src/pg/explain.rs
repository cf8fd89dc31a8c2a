//! EXPLAIN output of a foreign scan: the request as it is sent, never a secret.

use std::ffi::{CStr, CString};

use pgrx::pg_guard;
use pgrx::pg_sys;

use super::catalog::server_of_table;
use super::convert::text::for_message;
use super::report::OrRaise;
use super::saved_plan::{entity_of, read_plan};
use super::scan::{ScanState, range_table_entry};
use crate::filter::Search;
use crate::model::{Entity, Parents};
use crate::options::Options;
use crate::parameters::parameters;
use crate::plan::{Access, RemotePlan};
use crate::source::{Source, constant_headers};

/// Prints the request and, with ANALYZE, its actual cost (fdwhandler.h, `ExplainForeignScan`).
#[pg_guard]
pub(super) extern "C-unwind" fn explain_foreign_scan<S: Source>(
    node: *mut pg_sys::ForeignScanState,
    state: *mut pg_sys::ExplainState,
) {
    // SAFETY: Postgres passes valid nodes; fdw_state is null or set by `begin_foreign_scan`.
    unsafe {
        let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
        let plan = read_plan((*scan).fdw_private);
        let entity = entity_of::<S>(&plan);
        let lookup = plan.lookup(entity);
        let plan = if lookup.is_none() { shortened(entity, plan) } else { plan };
        let searches = match entity.search.filter(|_| !plan.filters.is_empty()) {
            Some(parameter) => Some((parameter, S::search(&parameter, &plan.filters))),
            None => None,
        };
        let target = match (lookup, &searches) {
            (Some(lookup), _) => Some(plan.lookup_request(entity, lookup, lookup.path)),
            (None, Some((parameter, Search::Queries(queries)))) => {
                queries.first().map(|query| plan.clone().with_query(parameter, query).first_target(entity))
            }
            (None, Some((_, Search::Nothing))) => None,
            (None, _) => Some(plan.first_target(entity)),
        };
        if plan.access == Access::Count {
            text(state, c"Remote Aggregate", &format!("count(*) of {}", entity.name));
        }
        let server = server_options::<S>(node);
        let api_path = S::api_path(&server).or_raise();
        let request = target.map_or("none".to_owned(), |target| format!("GET {api_path}{target}"));
        text(state, c"Remote Request", &request);
        if let Some(batch) = plan.batch {
            text(state, c"Remote Batch", &format!("up to {} keys a request", batch.most_keys));
        }
        if let Some(headers) = headers_of::<S>(&server, entity) {
            text(state, c"Headers", &headers);
        }
        match &searches {
            Some((_, Search::Queries(queries))) => {
                text(state, c"Remote Filter", queries.first().map_or("", String::as_str));
                if queries.len() > 1 {
                    integer(state, c"Remote Searches", queries.len() as i64);
                }
            }
            Some((_, Search::Nothing)) => text(state, c"Remote Filter", "no row can fulfil it"),
            Some((_, Search::Whole)) | None => {}
        }
        if plan.access == Access::FanOut {
            text(state, c"Remote Parents", parents_of(entity));
        }
        if let Some(order) = &plan.sort {
            text(state, c"Remote Sort", &order.as_sql());
        }
        if let Some(order) = &plan.in_order {
            text(state, c"Remote Sort", &format!("{}, page by page", order.as_sql()));
        }
        if let Some(order) = &plan.late_sort {
            let (order, rows) = (order.as_sql(), plan.page_size);
            text(state, c"Remote Sort", &format!("{order}, if the LIMIT is at most {rows} rows"));
        }
        if (*state).verbose {
            if lookup.is_none() && plan.access != Access::Count {
                let cap = match (entity.page_cap(), entity.slices()) {
                    (_, Some(by)) if plan.in_order.is_some() => format!(", in slices of {}", by.time),
                    (Some(cap), Some(by)) => format!(", from {cap} rows on in slices of {}", by.time),
                    (Some(cap), None) => format!(", up to {cap} rows"),
                    (None, _) => String::new(),
                };
                match entity.max_page_size() {
                    Some(_) => text(state, c"Remote Paging", &format!("{} rows a page{cap}", plan.page_size)),
                    None => text(state, c"Remote Paging", "one answer"),
                }
            }
            let read = plan.columns.iter().map(|column| format!("{} = {}", column.name, show_path(&column.path)));
            let constants = plan.constants.iter().map(|column| format!("{} = '{}'", column.name, column.value));
            let columns: Vec<String> = read.chain(constants).collect();
            if plan.access != Access::Count {
                text(state, c"Remote Columns", &columns.join(", "));
            }
        }
        if (*state).costs {
            integer(state, c"Requests (estimated)", plan.expected_requests() as i64);
        }
        let scan_state = (*node).fdw_state.cast::<ScanState>();
        if (*state).analyze && !scan_state.is_null() {
            let statistics = (*scan_state).statistics();
            if let Some(bulk) = &statistics.bulk {
                text(state, c"Read In", bulk);
            }
            if let Some(proof) = statistics.proof.as_ref().filter(|_| lookup.is_none()) {
                text(state, c"Completeness", proof);
            }
            integer(state, c"Requests", statistics.requests as i64);
            integer(state, c"Retries", statistics.retries as i64);
            integer(state, c"Bytes", statistics.bytes as i64);
            integer(state, c"Rows Received", (*scan_state).rows_received() as i64);
            if (*state).timing {
                let milliseconds = (*scan_state).waited().as_secs_f64() * 1e3;
                pg_sys::ExplainPropertyFloat(c"Wait".as_ptr(), c"ms".as_ptr(), milliseconds, 3, state);
            }
        }
    }
}

/// The options of the server of the table that is scanned.
///
/// # Safety
/// `node` is initialised.
unsafe fn server_options<S: Source>(node: *mut pg_sys::ForeignScanState) -> Options {
    // SAFETY: an initialised scan has its plan and its range table.
    let table = unsafe {
        let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
        (*range_table_entry(scan, (*node).ss.ps.state).or_raise()).relid
    };
    server_of_table::<S>(table).1.options
}

/// The constant headers of the requests as they are sent; `None` if there are none.
fn headers_of<S: Source>(server: &Options, entity: &Entity) -> Option<String> {
    let headers = constant_headers(&S::headers(server).or_raise(), entity.headers);
    let headers: Vec<String> = headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    Some(headers.join(", ")).filter(|headers| !headers.is_empty())
}

/// The plan with its conditions as query parameters.
fn shortened(entity: &Entity, plan: RemotePlan) -> RemotePlan {
    let parameters = parameters(entity, &plan.filters);
    plan.with_parameters(parameters)
}

/// Source of the values that the query does not name.
fn parents_of(entity: &Entity) -> &'static str {
    match entity.parents {
        Parents::Of { entity, .. } => entity.name,
        Parents::Values { .. } => "the documented values",
        Parents::None => "none",
    }
}

fn show_path(path: &crate::json_path::JsonPath) -> String {
    if path.0.is_empty() { "the whole row".to_owned() } else { path.to_string() }
}

/// # Safety
/// `state` is the state of the EXPLAIN that is running.
unsafe fn text(state: *mut pg_sys::ExplainState, label: &CStr, value: &str) {
    // Percent-encoding and the catalogs exclude NUL characters.
    if let Ok(value) = CString::new(for_message(value)) {
        // SAFETY: the strings are copied into EXPLAIN's output.
        unsafe { pg_sys::ExplainPropertyText(label.as_ptr(), value.as_ptr(), state) };
    }
}

/// # Safety
/// `state` is the state of the EXPLAIN that is running.
unsafe fn integer(state: *mut pg_sys::ExplainState, label: &CStr, value: i64) {
    // SAFETY: the label is copied into EXPLAIN's output.
    unsafe { pg_sys::ExplainPropertyInteger(label.as_ptr(), std::ptr::null(), value, state) };
}
