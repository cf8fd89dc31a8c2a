//! The Postgres callbacks of every source: one foreign data wrapper, generic over [`Source`].
//!
//! supabase-wrappers provides the handler function; our planner and executor callbacks are installed through its
//! hook. postgres_fdw is the model for each of them. All `unsafe` of the project is below this module.

mod analyze;
mod backend;
mod catalog;
mod convert;
pub mod copies;
mod credentials;
mod explain;
mod import;
mod locale;
mod log;
mod modify;
mod planner;
mod process_exit;
mod report;
mod saved_plan;
mod scan;
mod shared_state;
pub mod status;
mod subtransaction;
mod time_type;
mod validator;
mod version;
mod wait;

use std::collections::HashMap;
use std::marker::PhantomData;

use pgrx::AllocatedByRust;
use supabase_wrappers::prelude::{Column, ForeignDataWrapper, ForeignServer, Limit, Qual, Row, Sort};

pub use log::define_settings;
pub use validator::validate;

use crate::error::{Error, ErrorKind};
use crate::source::Source;

/// Installs all hooks. Call it once, when the library is loaded.
pub fn install() {
    planner::install();
    process_exit::install();
}

/// The foreign data wrapper of source `S`; a handler function returns its routine.
#[derive(Debug)]
pub struct RestFdw<S>(PhantomData<S>);

/// Error of the framework's own scan callbacks: they are replaced and never called.
fn replaced() -> Error {
    Error::new(ErrorKind::Internal, "a scan callback of the framework was called, though it is replaced")
}

impl<S: Source> ForeignDataWrapper<Error> for RestFdw<S> {
    fn new(_: ForeignServer) -> Result<Self, Error> {
        Ok(RestFdw(PhantomData))
    }

    fn begin_scan(
        &mut self,
        _: &[Qual],
        _: &[Column],
        _: &[Sort],
        _: &Option<Limit>,
        _: &HashMap<String, String>,
    ) -> Result<(), Error> {
        Err(replaced())
    }

    fn iter_scan(&mut self, _: &mut Row) -> Result<Option<()>, Error> {
        Err(replaced())
    }

    fn end_scan(&mut self) -> Result<(), Error> {
        Err(replaced())
    }

    fn fdw_routine_hook(routine: &mut supabase_wrappers::FdwRoutine<AllocatedByRust>) {
        routine.GetForeignRelSize = Some(planner::get_foreign_rel_size::<S>);
        routine.GetForeignPaths = Some(planner::get_foreign_paths);
        routine.GetForeignPlan = Some(planner::get_foreign_plan);
        routine.GetForeignUpperPaths = Some(planner::get_foreign_upper_paths);
        routine.ReparameterizeForeignPathByChild = Some(planner::reparameterize_path);

        routine.BeginForeignScan = Some(scan::begin_foreign_scan::<S>);
        routine.IterateForeignScan = Some(scan::iterate_foreign_scan::<S>);
        routine.ReScanForeignScan = Some(scan::rescan_foreign_scan);
        routine.EndForeignScan = Some(scan::end_foreign_scan);
        routine.IsForeignPathAsyncCapable = Some(scan::is_foreign_path_async_capable);
        routine.ForeignAsyncRequest = Some(scan::foreign_async_request);
        routine.ForeignAsyncConfigureWait = Some(scan::foreign_async_configure_wait);
        routine.ForeignAsyncNotify = Some(scan::foreign_async_request);
        routine.AnalyzeForeignTable = Some(analyze::analyze_foreign_table::<S>);
        routine.ImportForeignSchema = Some(import::import_foreign_schema::<S>);
        routine.ExplainForeignScan = Some(explain::explain_foreign_scan::<S>);

        // Read-only: Postgres refuses operations without a callback; planning one raises our own error text.
        routine.PlanForeignModify = Some(modify::plan_foreign_modify);
        routine.AddForeignUpdateTargets = None;
        routine.BeginForeignModify = None;
        routine.ExecForeignInsert = None;
        routine.ExecForeignUpdate = None;
        routine.ExecForeignDelete = None;
        routine.EndForeignModify = None;
    }
}
