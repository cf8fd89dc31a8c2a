//! Executor callbacks: pages pulled from the transport thread become tuples, one at a time.

use std::cell::Cell;
use std::collections::HashMap;
use std::os::fd::AsFd;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use pgrx::FromDatum;
use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_guard;
use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::pg_sys::{self, Oid, PgTryBuilder};
use pgrx::prelude::PgSqlErrorCode;

use super::catalog::{server_of_table, table_options, text_of, unreadable_plan};
use super::credentials;
use super::datum::{Converter, Misfit, json_type, type_name};
use super::lookup::{self, Key};
use super::planner::{entity_of, read_plan};
use super::prefetch::{self, Wanted};
use super::report::{OrRaise, pack, raise};
use super::value::Parameters;
use super::wait::wait_readable;
use crate::error::{Error, ErrorKind, Result, one_line};
use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::parameters::parameters;
use crate::plan::{BoundValues, PlannedColumn, RemotePlan, Target};
use crate::rest::decode::{KEY_SEPARATOR, MissingColumns};
use crate::rest::{
    Batch, Connection, KeyedTarget, Limits, Next, Projection, Reader, RequestCount, RowSource, ScanRequest,
    ScanStatistics, SharedState, Transport,
};
use crate::source::Source;

/// One scan node's state. Owned by the query's memory context, which drops it at the end and on
/// every error.
pub(super) struct ScanState {
    entity: &'static Entity,
    plan: RemotePlan,
    table: Oid,
    /// Whose credential is used: the view's owner inside a view, else the current user.
    user: Oid,
    columns: Vec<ColumnReader>,
    /// The running request; nothing before the first row is asked for and after the last.
    source: Option<RowSource>,
    pages: Pages,
    /// What the rows depend on beside the plan.
    inputs: Inputs,
    /// What the current run is asked with, once it has begun.
    asked: Option<Asked>,
    answered: Answered,
    /// The values of the next runs, if a node reads them ahead, and the requests that have been started.
    wanted: Option<Wanted>,
    ahead: HashMap<Asked, Started>,
    /// The count has been given.
    counted: bool,
    /// The sort key of the row before, where the API sorts.
    previous: Option<i64>,
    /// Set while an Append asks, which waits for several scans at once.
    must_not_wait: bool,
    /// A row was asked for meanwhile that has not come yet.
    pending: bool,
    /// Requests of all runs, for the option `max_requests_per_scan`.
    requests: Arc<RequestCount>,
    /// What the runs before this one cost.
    finished: ScanStatistics,
    rows_received: u64,
    waited: Duration,
    /// Columns whose member no row has had.
    missing: MissingColumns,
}

/// The expressions a run evaluates before its first request.
pub(super) struct Inputs {
    /// The values the API is asked with.
    pub(super) keys: Vec<Key>,
    /// Values in the conditions the list is searched by.
    pub(super) parameters: Parameters,
}

impl Inputs {
    /// None: for a scan without a node.
    pub(super) fn none() -> Self {
        Inputs { keys: Vec::new(), parameters: Parameters::none() }
    }
}

/// What a run is asked with.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Asked {
    /// For each look-up or list.
    given: Vec<BoundValues>,
    searches: Vec<String>,
    parameters: Vec<(String, String)>,
    /// No row can fulfil the conditions.
    nothing: bool,
}

impl Asked {
    fn len(&self) -> usize {
        let given = self.given.iter().flatten().map(|(_, value)| value.len()).sum::<usize>();
        given + self.searches.iter().map(String::len).sum::<usize>()
    }
}

/// A request whose turn has not come.
struct Started {
    /// The run of the outer side that it was started for.
    run: u64,
    source: RowSource,
}

struct ColumnReader {
    planned: PlannedColumn,
    ty: Oid,
    converter: Converter,
}

/// The page being read, and while they are few the ones before it, so that a rescan without new
/// parameters (a nested loop, a correlated subquery) costs no request.
#[derive(Default)]
struct Pages {
    kept: Vec<Batch>,
    bytes: usize,
    /// Pages have been dropped: a rescan has to fetch again.
    dropped: bool,
    /// The API has no more.
    complete: bool,
    page: usize,
    row: usize,
}

/// Pages are kept up to this size in all; past it only the one being read.
const KEEP_BYTES: usize = 4 << 20;

impl Pages {
    fn add(&mut self, batch: Batch) {
        self.bytes += batch.text_len();
        if self.bytes > KEEP_BYTES && !self.kept.is_empty() {
            self.kept.clear();
            self.dropped = true;
        }
        self.kept.push(batch);
        self.page = self.kept.len() - 1;
        self.row = 0;
    }

    fn rewind(&mut self) -> bool {
        let replay = self.complete && !self.dropped;
        if replay {
            (self.page, self.row) = (0, 0);
        } else {
            *self = Pages::default();
        }
        replay
    }
}

/// Rows of earlier runs by what they were asked with, so that a key that comes again (a join
/// with repeated keys) costs no request.
#[derive(Default)]
struct Answered {
    pages: HashMap<Asked, Vec<Batch>>,
    bytes: usize,
}

impl Answered {
    fn keep(&mut self, asked: Asked, pages: Pages) {
        if !pages.complete || pages.dropped {
            return;
        }
        self.bytes += pages.bytes + asked.len();
        if self.bytes > KEEP_BYTES {
            *self = Answered::default();
        } else {
            self.pages.insert(asked, pages.kept);
        }
    }

    fn take(&mut self, asked: &Asked) -> Option<Pages> {
        let kept = self.pages.remove(asked)?;
        let bytes = kept.iter().map(Batch::text_len).sum::<usize>();
        self.bytes = self.bytes.saturating_sub(bytes + asked.len());
        Some(Pages { kept, bytes, complete: true, ..Pages::default() })
    }
}

impl ScanState {
    /// A scan that has not begun.
    ///
    /// # Safety
    /// `descriptor` is the table's row type; `context` a live memory context that outlives the state.
    pub(super) unsafe fn new<S: Source>(
        table: Oid,
        user: Oid,
        plan: RemotePlan,
        descriptor: pg_sys::TupleDesc,
        context: pg_sys::MemoryContext,
        inputs: Inputs,
    ) -> Self {
        // SAFETY: as promised by our caller.
        let tuple = unsafe { pgrx::PgTupleDesc::from_pg_unchecked(descriptor) };
        let columns = plan
            .columns
            .iter()
            .filter_map(|planned| {
                let attribute = tuple.get(usize::try_from(planned.attno).ok()?.checked_sub(1)?)?;
                // SAFETY: as promised by our caller.
                let converter = unsafe { Converter::new(attribute.atttypid, attribute.atttypmod, context) };
                let converter = converter.with_time_format(planned.time_format);
                Some(ColumnReader { planned: planned.clone(), ty: attribute.atttypid, converter })
            })
            .collect();
        ScanState {
            entity: entity_of::<S>(&plan),
            plan,
            table,
            user,
            columns,
            source: None,
            pages: Pages::default(),
            inputs,
            asked: None,
            answered: Answered::default(),
            wanted: None,
            ahead: HashMap::new(),
            counted: false,
            previous: None,
            must_not_wait: false,
            pending: false,
            requests: Arc::default(),
            finished: ScanStatistics::default(),
            rows_received: 0,
            waited: Duration::ZERO,
            missing: MissingColumns::default(),
        }
    }

    /// What the node has cost, over all its rescans.
    pub(super) fn statistics(&self) -> ScanStatistics {
        let mut all = self.begun();
        for started in self.ahead.values() {
            all.add_requests(&started.source.statistics());
        }
        all
    }

    /// What the runs up to this one have cost, without what was started ahead for others.
    fn begun(&self) -> ScanStatistics {
        let running = self.source.as_ref().map(RowSource::statistics).unwrap_or_default();
        // What one of many lists says of its length is not that of all of them.
        let is_one_list = self.plan.is_bound();
        let mut all = ScanStatistics {
            total: self.finished.total.or(running.total).filter(|_| is_one_list),
            estimated_total: running.estimated_total.or(self.finished.estimated_total).filter(|_| is_one_list),
            bulk: running.bulk.clone().or_else(|| self.finished.bulk.clone()),
            ..ScanStatistics::default()
        };
        all.add_requests(&self.finished);
        all.add_requests(&running);
        all
    }

    /// True when the list has stated a total that only means "that many or more".
    pub(super) fn list_is_capped(&self) -> bool {
        self.statistics().total.is_some_and(|total| self.entity.is_capped(total))
    }

    /// Rows a page of the list holds.
    pub(super) fn page_size(&self) -> u32 {
        self.plan.page_size
    }

    /// Rows the API sent.
    pub(super) fn rows_received(&self) -> u64 {
        self.rows_received
    }

    /// How long the backend waited for the network.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Tells of columns that are NULL in every row because no row has their member.
    fn report_missing(&mut self) {
        let missing = std::mem::take(&mut self.missing);
        let names: Vec<&str> = missing.cells().iter().map(|cell| self.columns[*cell].planned.name.as_str()).collect();
        if names.is_empty() {
            return;
        }
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let message = format!("no row of \"{}\" has the member of {}", self.entity.name, quoted.join(", "));
        let closest: Vec<String> = missing
            .cells()
            .iter()
            .map(|cell| &self.columns[*cell].planned)
            .filter_map(|column| {
                let member = missing.closest(column.path.root()?)?;
                Some(format!("json_path '{member}' for the column \"{}\"", column.name))
            })
            .collect();
        let hint = (!closest.is_empty()).then(|| format!("Perhaps you meant {}.", closest.join(", ")));
        super::events::notice(message, hint);
    }

    /// Drops the requests in flight.
    fn stop(&mut self) {
        self.finished = self.begun();
        self.source = None;
    }

    /// Starts over: from the pages at hand if they are all, else with new requests.
    fn restart(&mut self, parameters_changed: bool) {
        self.counted = false;
        self.previous = None;
        let depends = !self.inputs.keys.is_empty() || !self.inputs.parameters.is_empty();
        if depends && parameters_changed {
            self.stop();
            let pages = std::mem::take(&mut self.pages);
            if let Some(asked) = self.asked.take() {
                self.answered.keep(asked, pages);
            }
        } else if !self.pages.rewind() {
            self.stop();
        }
    }

    /// Evaluates what to ask with, at the first row of a run.
    fn find_values<S: Source>(&mut self) {
        if self.asked.is_some() {
            return;
        }
        let given = if self.inputs.keys.is_empty() { Vec::new() } else { lookup::given(&self.inputs.keys) };
        let mut asked = Asked { given, searches: Vec::new(), parameters: Vec::new(), nothing: false };
        // A key that is NULL, or in an empty list.
        asked.nothing = asked.given.is_empty() && !self.inputs.keys.is_empty();
        if self.plan.lookup.is_none() && !self.plan.filters.is_empty() {
            let values = self.inputs.parameters.values();
            let filters: Vec<Filter> = self.plan.filters.iter().map(|filter| filter.bind(&values)).collect();
            asked.parameters = parameters(self.entity, &filters);
            match self.entity.search.map(|parameter| S::search(&parameter, &filters)) {
                Some(Search::Queries(queries)) => asked.searches = queries,
                Some(Search::Nothing) => asked.nothing = true,
                Some(Search::Whole) | None => {}
            }
        }
        if let Some(pages) = self.answered.take(&asked) {
            self.pages = pages;
        }
        self.asked = Some(asked);
    }

    /// The requests of a look-up for these values; nothing when the list has to be read.
    fn targets(&self, given: &[BoundValues]) -> Option<Vec<KeyedTarget>> {
        let lookup = self.entity.lookups.get(self.plan.lookup?)?;
        let mut targets = Vec::new();
        for given in given {
            match self.plan.lookup_target(self.entity, lookup, given) {
                Target::Request(target) => targets.push(KeyedTarget { bound: given.clone(), target }),
                Target::NoRow => {}
                Target::List => return None,
            }
        }
        Some(targets)
    }

    /// From now on a row that has not come yet is waited for or not. Gives whether one was left pending
    /// since the last call.
    pub(super) fn do_not_wait(&mut self, must_not_wait: bool) -> bool {
        self.must_not_wait = must_not_wait;
        std::mem::take(&mut self.pending)
    }

    /// The running request.
    pub(super) fn source(&self) -> Option<&RowSource> {
        self.source.as_ref()
    }

    /// Moves to the next row: true when there is one.
    pub(super) fn advance<S: Source>(&mut self) -> bool {
        self.find_values::<S>();
        loop {
            if let Some(batch) = self.pages.kept.get(self.pages.page) {
                if self.pages.row < batch.len() {
                    self.pages.row += 1;
                    return true;
                }
                if self.pages.page + 1 < self.pages.kept.len() {
                    self.pages.page += 1;
                    self.pages.row = 0;
                    continue;
                }
            }
            if self.pages.complete {
                return false;
            }
            match self.next_page::<S>() {
                // Rows with equal keys may be on both pages or on none (see `sort`).
                Some(_) if self.plan.sort.is_some() && !self.pages.kept.is_empty() => raise(
                    Error::new(ErrorKind::Incomplete, "a sorted scan was read past its LIMIT")
                        .with_hint("Set the option pushdown to 'safe' on the table and say how the query ran."),
                ),
                Some(batch) => {
                    self.rows_received += batch.len() as u64;
                    self.missing.add(&batch);
                    self.pages.add(batch);
                }
                None if self.pending => return false,
                None => {
                    self.pages.complete = true;
                    self.stop();
                }
            }
        }
    }

    /// The next page, or nothing at the end, and when it is pending.
    fn next_page<S: Source>(&mut self) -> Option<Batch> {
        if self.source.is_none() {
            let given = self.asked.as_ref().map(|asked| asked.given.clone()).unwrap_or_default();
            let nothing = self.asked.as_ref().is_some_and(|asked| asked.nothing);
            self.source = match self.asked.as_ref().and_then(|asked| self.ahead.remove(asked)) {
                _ if nothing => None,
                Some(started) => Some(started.source),
                None => self.start::<S>(&given).or_raise(),
            };
            // First in the queue for what requests there are.
            if let Some(source) = &mut self.source {
                source.begin();
            }
            self.start_ahead::<S>();
        }
        let source = self.source.as_mut()?;
        loop {
            let next = source.next();
            super::events::log(source.events());
            match next.or_raise() {
                Next::Batch(batch) => return Some(batch),
                Next::End => return None,
                Next::Pending if self.must_not_wait => {
                    self.pending = true;
                    return None;
                }
                Next::Pending => {
                    let start = Instant::now();
                    wait_readable(source.as_fd(), source.phase());
                    self.waited += start.elapsed();
                }
            }
        }
    }

    /// Starts the requests of the next runs while this one waits for its own.
    fn start_ahead<S: Source>(&mut self) {
        /// More would be more than a scan has in flight at once.
        const MOST: usize = 10;
        let (Some(wanted), Some(now)) = (self.wanted.clone(), self.asked.clone()) else { return };
        if now.nothing {
            // It waits for none itself.
            return;
        }
        // What was asked for under other conditions is not asked again.
        let is_other = |asked: &Asked| asked.searches != now.searches || asked.parameters != now.parameters;
        self.drop_ahead(|asked, _| is_other(asked), usize::MAX);
        let run = wanted.borrow().run;
        let has_more = || !wanted.borrow().values.is_empty();
        while has_more() && (self.ahead.len() < MOST || self.drop_leftover(run)) {
            let Some(mut given) = wanted.borrow_mut().values.pop_front() else { break };
            // The node that reads ahead knows no names.
            for (value, column) in given.iter_mut().flat_map(|given| given.iter_mut().zip(&self.plan.keys)) {
                value.0.clone_from(column);
            }
            let next = Asked { given, ..now.clone() };
            if let Some(started) = self.ahead.get_mut(&next) {
                started.run = run;
                continue;
            }
            if next.given.is_empty() || next == now || self.answered.pages.contains_key(&next) {
                continue;
            }
            if let Some(mut source) = self.start::<S>(&next.given).or_raise() {
                source.begin();
                self.ahead.insert(next, Started { run, source });
            }
        }
    }

    /// Gives up a request of an earlier run of the outer side, which ended before its turn came. While there
    /// is room it stays: this run may come to it. False when there is none.
    fn drop_leftover(&mut self, run: u64) -> bool {
        self.drop_ahead(|_, started| started.run != run, 1) > 0
    }

    /// Gives up requests that were started ahead, `most` at most; they have been sent all the same. Gives how
    /// many.
    fn drop_ahead(&mut self, is_of_no_use: impl Fn(&Asked, &Started) -> bool, most: usize) -> usize {
        let dropped: Vec<_> = self.ahead.extract_if(|asked, started| is_of_no_use(asked, started)).take(most).collect();
        for (_, started) in &dropped {
            self.finished.add_requests(&started.source.statistics());
        }
        dropped.len()
    }

    /// The request for the rows with these values; nothing when there can be none.
    fn start<S: Source>(&self, given: &[BoundValues]) -> Result<Option<RowSource>> {
        let lookups = self.targets(given);
        if lookups.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let (server_id, server) = server_of_table::<S>(self.table);
        let credential = credentials::resolve::<S>(self.user, server_id, &server)?;
        // SAFETY: a variable that is set when the backend has its database.
        let database = unsafe { pg_sys::MyDatabaseId };
        let reader = Reader { database: database.to_u32(), table: self.table.to_u32() };
        let connection = Connection::new::<S>(&server.options, credential)?;
        let limits = Limits::for_table(&server.options, &table_options::<S>(self.table))?;
        let columns = self.columns.iter().map(|column| &column.planned);
        let plan = self.plan.clone();
        let (plan, keys, searches) = match &self.asked {
            Some(asked) => {
                let keys = if plan.lookup.is_none() { given.to_vec() } else { Vec::new() };
                (plan.with_parameters(asked.parameters.clone()), keys, asked.searches.clone())
            }
            None => (plan, Vec::new(), Vec::new()),
        };
        let source = transport()?.scan(ScanRequest {
            connection,
            limits,
            entity: self.entity,
            projection: Projection::of(self.entity, columns, self.plan.expose_secrets),
            plan,
            lookups,
            keys,
            searches,
            requests: Arc::clone(&self.requests),
            reader,
        })?;
        Ok(Some(source))
    }

    /// The number of rows: as the list states it, or counted where that means "that many or more".
    fn count<S: Source>(&mut self) -> u64 {
        let mut rows = 0;
        let stated =
            |state: &Self, rows| state.statistics().total.filter(|total| *total >= rows && !state.list_is_capped());
        while stated(self, rows.max(1)).is_none() && self.advance::<S>() {
            rows += 1;
        }
        let total = stated(self, rows).unwrap_or(rows);
        self.stop();
        total
    }

    /// Fills a virtual tuple with the row `advance` moved to.
    ///
    /// # Safety
    /// `slot` is an empty virtual slot of the table's row type.
    pub(super) unsafe fn fill(&mut self, slot: *mut pg_sys::TupleTableSlot) {
        // SAFETY: a virtual slot's arrays have an entry for every attribute of its row type.
        unsafe { ptr::write_bytes((*slot).tts_isnull, 1, (*(*slot).tts_tupleDescriptor).natts as usize) };
        let Some(batch) = self.pages.kept.get(self.pages.page) else { return };
        let row = self.pages.row - 1;
        let current = Cell::new(0);
        let columns = &mut self.columns;
        let mut convert = || -> Result<(), Misfit> {
            for (cell, column) in columns.iter_mut().enumerate() {
                current.set(cell);
                let Some(raw) = batch.value(row, cell) else { continue };
                let datum = column.converter.convert(raw)?;
                let at = column.planned.attno as usize - 1;
                // SAFETY: attribute numbers come from the table's own row type, which the slot has.
                unsafe {
                    *(*slot).tts_values.add(at) = datum;
                    *(*slot).tts_isnull.add(at) = false;
                }
            }
            Ok(())
        };
        // An input function's own words would hold the value: ours name the row and the column.
        let converted =
            PgTryBuilder::new(AssertUnwindSafe(|| convert().map_err(|misfit| (misfit.code(), Some(misfit)))))
                .catch_others(|error| match unfit_code(&error) {
                    Some(code) => Err((code, None)),
                    None => error.rethrow(),
                })
                .execute();
        if let Err((code, misfit)) = converted {
            let column = &self.columns[current.get()];
            let raw = batch.value(row, current.get()).unwrap_or_default();
            raise(unfit(code, misfit, column, raw, self.entity, &batch.key(row)));
        }
        if let Some(order) = &self.plan.sort {
            let at = order.attno as usize - 1;
            // SAFETY: the sort key is a column of the slot's row type, of the type timestamptz.
            let key = unsafe { i64::from_datum(*(*slot).tts_values.add(at), *(*slot).tts_isnull.add(at)) };
            let in_order = |key: i64| match self.previous {
                Some(previous) if order.descending => previous >= key,
                Some(previous) => previous <= key,
                None => true,
            };
            if !key.is_some_and(in_order) {
                raise(
                    Error::new(
                        ErrorKind::Protocol,
                        format!(
                            "the rows of \"{}\" are not in the order asked for: {}",
                            self.entity.name,
                            order.value()
                        ),
                    )
                    .with_hint("Set the option pushdown to 'safe' on the table, and Postgres sorts."),
                );
            }
            self.previous = key;
        }
    }
}

/// The SQLSTATE of an error that says a value does not fit: data exceptions and constraints of
/// domains. Everything else (a cancel, no memory) goes on as it is.
fn unfit_code(error: &CaughtError) -> Option<PgSqlErrorCode> {
    let report = match error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report,
        CaughtError::RustPanic { .. } => return None,
    };
    let code = report.sql_error_code();
    // The class is the first two characters, twelve bits (`ERRCODE_TO_CATEGORY`, utils/elog.h).
    let class = code as i32 & 0xFFF;
    (class == pack("22") || class == pack("23")).then_some(code)
}

#[cold]
fn unfit(
    code: PgSqlErrorCode,
    misfit: Option<Misfit>,
    column: &ColumnReader,
    raw: &str,
    entity: &Entity,
    key: &str,
) -> ErrorReport {
    /// What a row is known by, in characters.
    const LONGEST_KEY: usize = 200;
    let ColumnReader { planned, ty, .. } = column;
    let of = match entity.key {
        [] => entity.name.to_owned(),
        names => format!("{} \"{}\"", names.join(", "), one_line(&key.replace(KEY_SEPARATOR, ", "), LONGEST_KEY)),
    };
    let message = format!("column \"{}\" of type {} cannot hold the value of {of}", planned.name, type_name(*ty));
    let report = ErrorReport::new(code, message, "wrappers");
    let report = match misfit.and_then(Misfit::detail) {
        Some(detail) => report.set_detail(detail),
        None => report.set_detail(format!("The value is {} in JSON.", json_type(raw))),
    };
    let hint = if misfit == Some(Misfit::NumberForTimeOfDay) {
        "Declare the column with the type bigint to see the number."
    } else if misfit == Some(Misfit::NumberForTime) {
        "Set the column's option time_format to 'unix_seconds' or 'unix_milliseconds', or declare it as bigint to see the number."
    } else if code == PgSqlErrorCode::ERRCODE_UNTRANSLATABLE_CHARACTER {
        "A column of type json takes it as it is, unless it is extracted."
    } else {
        "Declare the column with the type text or json to see it."
    };
    report.set_hint(hint)
}

/// True for a relation that is a table of one of our sources.
///
/// # Safety
/// `rel` is one of the planner's.
pub(super) unsafe fn is_ours(rel: *mut pg_sys::RelOptInfo) -> bool {
    // SAFETY: as promised by our caller. The callback is the same for all sources.
    unsafe {
        let routine = (*rel).fdwroutine;
        let ours: unsafe extern "C-unwind" fn(*mut pg_sys::ForeignScanState) = rescan_foreign_scan;
        !routine.is_null() && (*routine).ReScanForeignScan.is_some_and(|rescan| ptr::fn_addr_eq(rescan, ours))
    }
}

/// The backend's transport, started with its first scan.
pub(super) fn transport() -> Result<&'static Transport> {
    static TRANSPORT: OnceLock<Transport> = OnceLock::new();
    match TRANSPORT.get() {
        Some(transport) => Ok(transport),
        None => {
            let started = Transport::start_in(cluster_folder()?, super::locale::use_c_locale)?;
            Ok(TRANSPORT.get_or_init(|| started))
        }
    }
}

/// Where the sessions of this server meet.
pub(super) fn cluster_folder() -> Result<SharedState> {
    // SAFETY: both are set before any backend starts and never change (miscadmin.h, utils/timestamp.h).
    let (data_directory, started) = unsafe { (text_of(pg_sys::DataDir), pg_sys::PgStartTime) };
    SharedState::open(Path::new(&data_directory), started)
}

/// Prepares the node; no request is sent (fdwhandler.h, `BeginForeignScan`).
#[pg_guard]
pub(super) extern "C-unwind" fn begin_foreign_scan<S: Source>(node: *mut pg_sys::ForeignScanState, flags: i32) {
    if flags & pg_sys::EXEC_FLAG_EXPLAIN_ONLY as i32 != 0 {
        return;
    }
    // SAFETY: Postgres passes a node whose plan, relation and slot are set up (executor/nodeForeignscan.c);
    // the state lives in the query's memory context, as the node does.
    unsafe {
        let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
        let estate = (*node).ss.ps.state;
        let context = (*estate).es_query_cxt;
        let plan = read_plan((*scan).fdw_private);
        let entry = range_table_entry(scan, estate).or_raise();
        let table = (*entry).relid;
        let descriptor = (*(*node).ss.ss_ScanTupleSlot).tts_tupleDescriptor;
        let user = user_of(scan, entry);
        check_estimate::<S>(table, &plan).or_raise();
        let inputs = Inputs { keys: lookup::keys(node, &plan), parameters: Parameters::new(node, plan.keys.len()) };
        let mut state = ScanState::new::<S>(table, user, plan, descriptor, context, inputs);
        state.wanted = state.plan.ahead.and_then(|number| prefetch::wanted(estate, number));
        (*node).fdw_state = PgMemoryContexts::For(context).leak_and_drop_on_delete(state).cast();
    }
}

/// Refuses a scan that is expected to send more requests than its table's options allow, before it
/// sends the first. Not when it is planned, so that EXPLAIN shows what it would be.
fn check_estimate<S: Source>(table: Oid, plan: &RemotePlan) -> Result<()> {
    let limits = Limits::for_table(&server_of_table::<S>(table).1.options, &table_options::<S>(table))?;
    limits.check_estimate(entity_of::<S>(plan), plan.expected_requests())
}

/// The scanned table's entry in the range table, of an aggregate's scan too (postgres_fdw.c,
/// `postgresBeginForeignScan`).
///
/// # Safety
/// Both nodes are those of a running foreign scan.
pub(super) unsafe fn range_table_entry(
    scan: *mut pg_sys::ForeignScan,
    estate: *mut pg_sys::EState,
) -> Result<*mut pg_sys::RangeTblEntry> {
    // SAFETY: indexes count from 1; the range table is a list of entries.
    unsafe {
        let index = match (*scan).scan.scanrelid {
            0 => pg_sys::bms_next_member((*scan).fs_relids, -1),
            index => index as i32,
        };
        let entries = pgrx::PgList::<pg_sys::RangeTblEntry>::from_pg((*estate).es_range_table);
        let entry = usize::try_from(index - 1).ok().and_then(|at| entries.get_ptr(at));
        entry.ok_or_else(|| unreadable_plan("it names no table"))
    }
}

/// Whose rights the scan has (postgres_fdw.c, `postgresBeginForeignScan`).
///
/// # Safety
/// The nodes are those of a running foreign scan and its table.
unsafe fn user_of(scan: *mut pg_sys::ForeignScan, entry: *mut pg_sys::RangeTblEntry) -> Oid {
    #[cfg(feature = "pg15")]
    // SAFETY: a plain field of the node.
    let checked = unsafe {
        let _ = scan;
        (*entry).checkAsUser
    };
    #[cfg(not(feature = "pg15"))]
    // SAFETY: a plain field of the node.
    let checked = unsafe {
        let _ = entry;
        (*scan).checkAsUser
    };
    // SAFETY: reads a variable of the backend.
    if checked == Oid::INVALID { unsafe { pg_sys::GetUserId() } } else { checked }
}

/// Gives the next row, or an empty slot at the end (fdwhandler.h, `IterateForeignScan`). Called in the
/// per-tuple memory context, so that a row's datums are gone when the next one comes.
#[pg_guard]
pub(super) extern "C-unwind" fn iterate_foreign_scan<S: Source>(
    node: *mut pg_sys::ForeignScanState,
) -> *mut pg_sys::TupleTableSlot {
    // SAFETY: the state is what `begin_foreign_scan` put there; the slot is a virtual one of the
    // table's row type, whose arrays have `natts` entries.
    unsafe {
        let state = &mut *(*node).fdw_state.cast::<ScanState>();
        let slot = (*node).ss.ss_ScanTupleSlot;
        pg_sys::ExecClearTuple(slot);
        if state.plan.count {
            if !std::mem::replace(&mut state.counted, true) {
                let count = state.count::<S>() as i64;
                for at in 0..(*(*slot).tts_tupleDescriptor).natts as usize {
                    *(*slot).tts_values.add(at) = count.into();
                    *(*slot).tts_isnull.add(at) = false;
                }
                pg_sys::ExecStoreVirtualTuple(slot);
            }
        } else if state.advance::<S>() {
            state.fill(slot);
            pg_sys::ExecStoreVirtualTuple(slot);
        }
        slot
    }
}

/// Starts over: from the pages at hand if they are all, else with new requests (fdwhandler.h,
/// `ReScanForeignScan`).
#[pg_guard]
pub(super) extern "C-unwind" fn rescan_foreign_scan(node: *mut pg_sys::ForeignScanState) {
    // SAFETY: the state is null (EXPLAIN) or what `begin_foreign_scan` put there.
    let state = unsafe { (*node).fdw_state.cast::<ScanState>().as_mut() };
    // SAFETY: Postgres frees the set of changed parameters after this call (execAmi.c, ExecReScan).
    let parameters_changed = unsafe { !(*node).ss.ps.chgParam.is_null() };
    if let Some(state) = state {
        state.restart(parameters_changed);
    }
}

/// Drops requests in flight and pages; the state itself goes with the memory context (fdwhandler.h,
/// `EndForeignScan`).
#[pg_guard]
pub(super) extern "C-unwind" fn end_foreign_scan(node: *mut pg_sys::ForeignScanState) {
    // SAFETY: as in `rescan_foreign_scan`.
    if let Some(state) = unsafe { (*node).fdw_state.cast::<ScanState>().as_mut() } {
        let is_whole = state.pages.complete && state.plan.lookup.is_none();
        state.stop();
        state.ahead.clear();
        state.pages = Pages::default();
        state.answered = Answered::default();
        if is_whole {
            state.report_missing();
        }
    }
}
