//! The plan node, which contains the serialised remote plan.

use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, List, Oid};

use super::super::report::raise;
use super::super::saved_plan::write_plan;
use super::access::PathPrivate;
use super::relation::RelationInfo;
use crate::error::{Error, ErrorKind};
use crate::plan::{Access, BatchPlan, RemotePlan};

/// Creates the plan node; Postgres keeps all filters (fdwhandler.h, `GetForeignPlan`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn get_foreign_plan(
    _root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _table: Oid,
    path: *mut pg_sys::ForeignPath,
    targets: *mut List,
    clauses: *mut List,
    outer_plan: *mut pg_sys::Plan,
) -> *mut pg_sys::ForeignScan {
    // SAFETY: Postgres passes a path of ours and its relation, whose `RelationInfo` was stored by
    // `get_foreign_rel_size`.
    let (info, private) = unsafe { (RelationInfo::of(rel), PathPrivate::read((*path).fdw_private)) };
    let Some(info) = info else {
        raise(Error::new(ErrorKind::Internal, "a relation was planned without its RelationInfo"))
    };
    let (plan, values) = match private {
        Some(PathPrivate { path: PathPrivate::IN_ORDER, .. }) if let Some(in_order) = &info.in_order => {
            (in_order.plan.clone(), ptr::null_mut())
        }
        Some(private) => by_values(info, &private),
        None if info.list.access == Access::Count => (info.list.clone(), ptr::null_mut()),
        None => match info.all_lists() {
            Ok(_) => (info.list.clone(), ptr::null_mut()),
            Err(_) if info.is_never_run => (info.list.clone(), ptr::null_mut()),
            Err(missing) => raise(key_missing(info, &missing)),
        },
    };
    let is_searched = !matches!(plan.access, Access::Lookup(_)) && !plan.filters.is_empty();
    // Rows of an aggregate do not have the table's row type: the target list describes them.
    let row_type = if plan.access == Access::Count { targets } else { ptr::null_mut() };
    // SAFETY: the lists are the planner's; the expressions are copied, because concatenating would change a path's
    // own list.
    unsafe {
        let mut expressions = pg_sys::list_copy(values);
        if is_searched {
            expressions = pg_sys::list_concat(expressions, info.filter_values);
        }
        if plan.late_sort.is_some() {
            expressions = pg_sys::list_concat(expressions, info.limit_values);
        }
        pg_sys::make_foreignscan(
            targets,
            pg_sys::extract_actual_clauses(clauses, false),
            (*rel).relid,
            expressions,
            write_plan(&plan),
            row_type,
            ptr::null_mut(),
            outer_plan,
        )
    }
}

/// The plan of a path with values, and the values.
fn by_values(info: &RelationInfo, private: &PathPrivate) -> (RemotePlan, *mut List) {
    let Some(path) = usize::try_from(private.path).ok().and_then(|path| info.paths.get(path)) else {
        raise(Error::new(ErrorKind::Internal, "a path was planned that its relation does not have"))
    };
    let list = info.list.clone();
    let mut plan = match path.access {
        Access::Lookup(index) => list.without_search().with_lookup(info.entity, index, path.lists.rows),
        _ => list.with_keys(info.entity, path.keys.iter().map(|key| (*key).to_owned()).collect(), path.lists),
    };
    plan.prefetch = private.prefetch;
    plan.batch = info.batch(path).and_then(|most_keys| {
        let expected_keys = u64::try_from(private.batched).ok().filter(|keys| *keys > 0)?;
        Some(BatchPlan { most_keys, expected_keys })
    });
    plan.late_sort = None;
    (plan, private.values)
}

/// The error for a query that does not name a value the API needs.
#[cold]
fn key_missing(info: &RelationInfo, missing: &[&str]) -> Error {
    let entity = info.entity;
    let columns = missing.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(" and ");
    let error = Error::new(ErrorKind::KeyMissing, format!("\"{}\" can only be read for a {columns}", entity.name))
        .with_detail(format!("The API has no list of all of them: it is asked with GET {}.", entity.path));
    let hint = format!("Compare {columns} with a value, or join on it.");
    error.with_hint(match info.fan_out {
        true => hint,
        false => format!("{hint} The option fan_out is off, so that it is not read for each of the parents."),
    })
}
