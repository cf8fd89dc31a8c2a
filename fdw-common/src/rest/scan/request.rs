//! The request for one scan, from Postgres.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Entity;
use crate::plan::{BoundValues, RemotePlan};
use crate::rest::decode::Projection;
use crate::rest::http::{Connection, Limits, RequestCount};
use crate::rest::paging::KeyedTarget;

/// The reader of a scan, as Postgres identifies it.
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
    /// The address and the credential.
    pub connection: Connection,
    /// The limits.
    pub limits: Limits,
    /// The entity that is read.
    pub entity: &'static Entity,
    /// The plan of the requests.
    pub plan: RemotePlan,
    /// The members that are read from each row.
    pub projection: Projection,
    /// The lookups to send, in this order, each once. `None` to read the list.
    pub lookups: Option<Vec<KeyedTarget>>,
    /// The keys whose rows are requested from the list together. Rows with other keys are dropped; a key may stay
    /// without a row that a lookup finds.
    pub key_batch: Option<Vec<String>>,
    /// The values that the query binds in the path of the list: one set per list, for all placeholders of the path
    /// or for some. If empty, all lists are read.
    pub keys: Vec<BoundValues>,
    /// The searches to send instead of reading the whole list, one after the other. A row that several searches
    /// find is returned once. If empty, the whole list is read.
    pub searches: Vec<String>,
    /// The requests that count towards `max_requests_per_scan`, shared by all runs of a scan.
    pub requests: Arc<RequestCount>,
    /// The reader, for the scan's progress.
    pub reader: Reader,
}
