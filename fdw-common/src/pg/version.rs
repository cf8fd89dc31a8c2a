//! All differences between the versions of Postgres.

use pgrx::pg_sys::{self, Oid};

use crate::rest::Phase;

/// Arguments of [`foreign_scan_path`].
pub(super) struct ForeignPathParts {
    /// The rows that pass the filters.
    pub(super) rows: f64,
    /// Number of the path's nodes that the planner should avoid. Before 18 only `total_cost` expresses this.
    pub(super) disabled_nodes: i32,
    pub(super) startup_cost: f64,
    pub(super) total_cost: f64,
    /// The order of the rows, or null.
    pub(super) pathkeys: *mut pg_sys::List,
    /// The relations that provide parameters, or null.
    pub(super) required_outer: pg_sys::Relids,
    /// The private data of the path.
    pub(super) private: *mut pg_sys::List,
}

/// A new path of a base relation (pathnode.c, `create_foreignscan_path`): 17 added the restrictions of a pushed-down
/// join, 18 the number of disabled nodes.
///
/// # Safety
/// Both nodes are the planner's, of a base relation; the lists live as long as they do.
pub(super) unsafe fn foreign_scan_path(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    parts: ForeignPathParts,
) -> *mut pg_sys::ForeignPath {
    let ForeignPathParts { rows, disabled_nodes, startup_cost, total_cost, pathkeys, required_outer, private } = parts;
    #[cfg(not(feature = "pg18"))]
    let _ = disabled_nodes;
    // SAFETY: the nodes are the planner's; a null target means the relation's own, a null path no local join.
    unsafe {
        pg_sys::create_foreignscan_path(
            root,
            rel,
            std::ptr::null_mut(),
            rows,
            #[cfg(feature = "pg18")]
            disabled_nodes,
            startup_cost,
            total_cost,
            pathkeys,
            required_outer,
            std::ptr::null_mut(),
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            std::ptr::null_mut(),
            private,
        )
    }
}

/// A new path of an upper relation with one row (pathnode.c, `create_foreign_upper_path`).
///
/// # Safety
/// The planner's nodes: `target` is the upper relation's.
pub(super) unsafe fn one_row_upper_path(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    target: *mut pg_sys::PathTarget,
    cost: f64,
) -> *mut pg_sys::ForeignPath {
    // SAFETY: the nodes are the planner's; a path without order, local join and private data is valid.
    unsafe {
        pg_sys::create_foreign_upper_path(
            root,
            rel,
            target,
            1.0,
            #[cfg(feature = "pg18")]
            0,
            cost,
            cost,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    }
}

/// Sets the number of disabled nodes of `path` to that of `child`.
pub(super) fn copy_disabled_nodes(child: &pg_sys::Path, path: &mut pg_sys::Path) {
    #[cfg(feature = "pg18")]
    {
        path.disabled_nodes = child.disabled_nodes;
    }
    #[cfg(not(feature = "pg18"))]
    let _ = (child, path);
}

/// True for a descending order. 18 replaced the strategy by the comparison (nodes/pathnodes.h).
pub(super) fn is_descending(key: &pg_sys::PathKey) -> bool {
    #[cfg(not(feature = "pg18"))]
    return key.pk_strategy as u32 == pg_sys::BTGreaterStrategyNumber;
    #[cfg(feature = "pg18")]
    return key.pk_cmptype == pg_sys::CompareType::COMPARE_GT;
}

/// Expressions of a parent relation, translated to the columns of its child (appendinfo.c,
/// `adjust_appendrel_attrs_multilevel`).
///
/// # Safety
/// The planner's nodes: `child` is a child of a partitioned relation, `expressions` a list.
pub(super) unsafe fn for_child(
    root: *mut pg_sys::PlannerInfo,
    expressions: *mut pg_sys::List,
    child: *mut pg_sys::RelOptInfo,
) -> *mut pg_sys::List {
    // SAFETY: the planner calls this callback only for children, which have a parent.
    unsafe {
        #[cfg(feature = "pg15")]
        let (own, parent) = ((*child).relids, (*child).top_parent_relids);
        #[cfg(not(feature = "pg15"))]
        let (own, parent) = (child, (*child).top_parent);
        pg_sys::adjust_appendrel_attrs_multilevel(root, expressions.cast(), own, parent).cast()
    }
}

/// The user whose privileges a scan has, or an invalid OID for the current one (postgres_fdw.c,
/// `postgresBeginForeignScan`): since 16 it is in the plan node.
pub(super) fn checked_user(scan: &pg_sys::ForeignScan, entry: &pg_sys::RangeTblEntry) -> Oid {
    #[cfg(feature = "pg15")]
    let (_, user) = (scan, entry.checkAsUser);
    #[cfg(not(feature = "pg15"))]
    let (_, user) = (entry, scan.checkAsUser);
    user
}

/// True if `role` may use a server. Raises an error if the server is gone.
pub(super) fn may_use_server(server: Oid, role: Oid) -> bool {
    let usage = pg_sys::AclMode::from(pg_sys::ACL_USAGE);
    // SAFETY: lookups in the catalog by OID.
    let checked = unsafe {
        #[cfg(feature = "pg15")]
        let checked = pg_sys::pg_foreign_server_aclcheck(server, role, usage);
        #[cfg(not(feature = "pg15"))]
        let checked = pg_sys::object_aclcheck(pg_sys::ForeignServerRelationId, server, role, usage);
        checked
    };
    checked == pg_sys::AclResult::ACLCHECK_OK
}

/// A copy of a slot's row in the current memory context (tuptable.h, `ExecCopySlotMinimalTuple`).
///
/// # Safety
/// `slot` holds a row.
pub(super) unsafe fn copy_minimal_tuple(slot: *mut pg_sys::TupleTableSlot) -> Option<pg_sys::MinimalTuple> {
    // SAFETY: a slot's methods match its kind. The closure holds nothing that has a destructor.
    unsafe {
        let copy = (*(*slot).tts_ops).copy_minimal_tuple?;
        Some(pg_sys::ffi::pg_guard_ffi_boundary(|| {
            copy(
                slot,
                #[cfg(feature = "pg18")]
                0,
            )
        }))
    }
}

/// The wait event that `pg_stat_activity` shows in this phase. Before 17 all extensions share one name.
pub(super) fn wait_event(phase: Phase) -> u32 {
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    {
        use std::sync::OnceLock;
        use strum::EnumCount;
        static EVENTS: [OnceLock<u32>; Phase::COUNT] = [const { OnceLock::new() }; Phase::COUNT];
        let name = match phase {
            Phase::Http => c"WrappersHttp",
            Phase::Login => c"WrappersLogin",
            Phase::RateLimit => c"WrappersRateLimit",
        };
        // SAFETY: registering by name is idempotent across backends; the name is a static C string.
        *EVENTS[phase as usize].get_or_init(|| unsafe { pg_sys::WaitEventExtensionNew(name.as_ptr()) })
    }
    #[cfg(not(any(feature = "pg17", feature = "pg18")))]
    {
        let _ = phase;
        pg_sys::PG_WAIT_EXTENSION
    }
}

/// The owner of a set of events that no error frees (latch.c, `CreateWaitEventSet`): a memory context that lives as long
/// as the backend.
#[cfg(any(feature = "pg15", feature = "pg16"))]
pub(super) fn wait_event_set_owner() -> pg_sys::MemoryContext {
    pgrx::PgMemoryContexts::TopMemoryContext.value()
}

/// The owner of a set of events that no error frees (waiteventset.c, `CreateWaitEventSet`): no resource owner.
#[cfg(any(feature = "pg17", feature = "pg18"))]
pub(super) fn wait_event_set_owner() -> pg_sys::ResourceOwner {
    std::ptr::null_mut()
}

/// Calls `walker` for each expression directly below `node` (nodeFuncs.c, `expression_tree_walker`).
///
/// # Safety
/// `node` is an expression or null; `context` is what `walker` expects.
pub(super) unsafe fn walk_expression(
    node: *mut pg_sys::Node,
    walker: unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut std::ffi::c_void) -> bool,
    context: *mut std::ffi::c_void,
) -> bool {
    // SAFETY: as required by this function's contract. Postgres 15 declares the walker without its parameters.
    unsafe {
        #[cfg(feature = "pg15")]
        {
            unsafe extern "C-unwind" {
                fn expression_tree_walker(
                    node: *mut pg_sys::Node,
                    walker: unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut std::ffi::c_void) -> bool,
                    context: *mut std::ffi::c_void,
                ) -> bool;
            }
            pg_sys::ffi::pg_guard_ffi_boundary(|| expression_tree_walker(node, walker, context))
        }
        #[cfg(not(feature = "pg15"))]
        pg_sys::expression_tree_walker_impl(node, Some(walker), context)
    }
}
