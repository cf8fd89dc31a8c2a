//! One scan as Postgres asks for it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Entity;
use crate::plan::{BoundValues, RemotePlan};
use crate::rest::decode::Projection;
use crate::rest::http::{Connection, Limits, RequestCount};
use crate::rest::paging::KeyedTarget;

/// Who reads: what Postgres knows about a scan and this crate does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The database's OID.
    pub database: u32,
    /// The foreign table's OID.
    pub table: u32,
}

/// One scan to run.
#[derive(Debug)]
pub struct ScanRequest {
    /// Where to and as whom.
    pub connection: Connection,
    /// The bounds to keep.
    pub limits: Limits,
    /// What is listed.
    pub entity: &'static Entity,
    /// What is asked for.
    pub plan: RemotePlan,
    /// What is read from the rows.
    pub projection: Projection,
    /// Where the rows are, if they are looked up: in this order, each once. Without it the list is read.
    pub lookups: Option<Vec<KeyedTarget>>,
    /// The values the query names for the path of the list: for each list one set of them, of all the
    /// path asks for or of some. Without any, all lists are read.
    pub keys: Vec<BoundValues>,
    /// The searches to run in place of reading the whole list, one after the other; a row that several
    /// of them find comes once. Without any the list is read.
    pub searches: Vec<String>,
    /// The requests that `max_requests_per_scan` bounds: shared by the runs of a scan.
    pub requests: Arc<RequestCount>,
    /// Who reads, for those who watch the scan.
    pub reader: Reader,
}
