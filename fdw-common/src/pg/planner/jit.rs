//! Excludes network cost from Postgres's decision on JIT.
//!
//! Postgres compiles a plan's expressions if its cost indicates that many rows will be computed (planner.c,
//! `standard_planner`). The cost of requests does not indicate that: compiling a plan that is expensive only because
//! of requests would take longer than its expressions run. A plan that is expensive without them is still compiled.

use std::ffi::c_void;
use std::ptr;

use pgrx::PgList;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, NodeTag, Plan};

use super::super::saved_plan::read_plan;
use super::super::{scan, version};

static mut PREVIOUS: pg_sys::planner_hook_type = None;

/// Installs the planner hook.
pub(super) fn install() {
    // SAFETY: the library is loaded on the backend's only thread, once.
    unsafe {
        PREVIOUS = pg_sys::planner_hook;
        pg_sys::planner_hook = Some(plan_without_jit_for_requests);
    }
}

/// Plans a query, then decides on JIT again without the cost of requests (optimizer/planner.h, `planner_hook`).
#[pg_guard]
unsafe extern "C-unwind" fn plan_without_jit_for_requests(
    query: *mut pg_sys::Query,
    text: *const std::ffi::c_char,
    options: std::ffi::c_int,
    parameters: pg_sys::ParamListInfo,
) -> *mut pg_sys::PlannedStmt {
    // SAFETY: passes on the hook's own arguments. The guarded call holds nothing that has a destructor.
    unsafe {
        let planned = match PREVIOUS {
            Some(previous) => pg_sys::ffi::pg_guard_ffi_boundary(|| previous(query, text, options, parameters)),
            None => pg_sys::standard_planner(query, text, options, parameters),
        };
        if (*planned).jitFlags as u32 & pg_sys::PGJIT_PERFORM != 0 {
            let network = Costs { subplans: PgList::from_pg((*planned).subplans) }.of((*planned).planTree);
            if network > 0.0 {
                let local = (*(*planned).planTree).total_cost - network;
                let limits = JitCosts {
                    perform: pg_sys::jit_above_cost,
                    optimize: pg_sys::jit_optimize_above_cost,
                    inline: pg_sys::jit_inline_above_cost,
                };
                (*planned).jitFlags = limits.flags((*planned).jitFlags as u32, local) as i32;
            }
        }
        planned
    }
}

/// The settings with the costs above which Postgres compiles.
struct JitCosts {
    perform: f64,
    optimize: f64,
    inline: f64,
}

impl JitCosts {
    /// The subset of these flags that applies to a plan of this cost.
    fn flags(&self, flags: u32, cost: f64) -> u32 {
        let mut left = flags;
        if cost <= self.optimize {
            left &= !pg_sys::PGJIT_OPT3;
        }
        if cost <= self.inline {
            left &= !pg_sys::PGJIT_INLINE;
        }
        if cost <= self.perform { pg_sys::PGJIT_NONE } else { left }
    }
}

/// Computes the network's share of a plan's cost.
struct Costs {
    /// Subplans of the whole statement; their numbers start at 1.
    subplans: PgList<Plan>,
}

impl Costs {
    /// The cost of requests in a plan's total cost.
    ///
    /// # Safety
    /// `plan` is null or a plan of the statement.
    unsafe fn of(&self, plan: *mut Plan) -> f64 {
        if plan.is_null() {
            return 0.0;
        }
        // SAFETY: a plan's tag determines its struct; its children are plans.
        unsafe {
            let total = (*plan).total_cost;
            if (*plan).type_ == NodeTag::T_ForeignScan && scan::is_our_scan(plan.cast()) {
                let remote = read_plan((*plan.cast::<pg_sys::ForeignScan>()).fdw_private);
                return (total - remote.expected_rows as f64 * pg_sys::cpu_tuple_cost).max(0.0);
            }
            // The cost of requests as a share of a plan's cost, from 0 to 1.
            let share = |plan: *mut Plan| match self.of(plan) {
                network if network > 0.0 => (network / (*plan).total_cost).min(1.0),
                _ => 0.0,
            };
            let children = children_of(plan);
            let (mut network, mut of_children) = (0.0, 0.0);
            for (nth, child) in children.iter().enumerate() {
                let share = share(*child);
                // The inner side of a loop runs more than once: the loop's cost without its outer side is the inner
                // side's.
                let most = if (*plan).type_ == NodeTag::T_NestLoop && nth == 1 {
                    total - (*children[0]).total_cost
                } else {
                    total.min((*(*child)).total_cost)
                };
                network += share * most.max(0.0);
                of_children += most.max(0.0);
            }
            let mut share_of_subplans: f64 = 0.0;
            for number in subplans_of(plan) {
                if let Some(subplan) = usize::try_from(number - 1).ok().and_then(|at| self.subplans.get_ptr(at)) {
                    share_of_subplans = share_of_subplans.max(share(subplan));
                }
            }
            network + share_of_subplans * (total - of_children).max(0.0)
        }
    }
}

/// The plans directly below a plan.
///
/// # Safety
/// `plan` is a plan.
unsafe fn children_of(plan: *mut Plan) -> Vec<*mut Plan> {
    // SAFETY: a plan's tag determines its struct, and its lists hold plans.
    unsafe {
        let list = match (*plan).type_ {
            NodeTag::T_Append => (*plan.cast::<pg_sys::Append>()).appendplans,
            NodeTag::T_MergeAppend => (*plan.cast::<pg_sys::MergeAppend>()).mergeplans,
            NodeTag::T_CustomScan => (*plan.cast::<pg_sys::CustomScan>()).custom_plans,
            _ => ptr::null_mut(),
        };
        let subquery = match (*plan).type_ {
            NodeTag::T_SubqueryScan => (*plan.cast::<pg_sys::SubqueryScan>()).subplan,
            _ => ptr::null_mut(),
        };
        let direct = [(*plan).lefttree, (*plan).righttree, subquery];
        let listed = PgList::<Plan>::from_pg(list);
        direct.into_iter().chain(listed.iter_ptr()).filter(|child| !child.is_null()).collect()
    }
}

/// The numbers of the subplans that a plan's own expressions run.
///
/// # Safety
/// `plan` is a plan.
unsafe fn subplans_of(plan: *mut Plan) -> Vec<i32> {
    let mut numbers: Vec<i32> = Vec::new();
    let context = ptr::from_mut(&mut numbers).cast::<c_void>();
    // SAFETY: these lists hold expressions; the callback's context is the vector, which outlives the calls.
    unsafe {
        for list in [(*plan).initPlan, (*plan).qual, (*plan).targetlist] {
            collect_subplans(list.cast(), context);
        }
    }
    numbers
}

/// Adds the number of each subplan in an expression.
#[pg_guard]
unsafe extern "C-unwind" fn collect_subplans(node: *mut pg_sys::Node, numbers: *mut c_void) -> bool {
    // SAFETY: an expression or null; the context is passed by `subplans_of`.
    unsafe {
        if node.is_null() {
            return false;
        }
        if (*node).type_ == NodeTag::T_SubPlan {
            (*numbers.cast::<Vec<i32>>()).push((*node.cast::<pg_sys::SubPlan>()).plan_id);
        }
        version::walk_expression(node, collect_subplans, numbers)
    }
}
