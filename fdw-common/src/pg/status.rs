//! Data of the extension's functions and views: rate limits, statistics, progress, and the check of a server.

use std::time::Duration;

use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::{Spi, SpiError};

use super::backend::current_user;
use super::catalog::{server_by_id, try_entity};
use super::convert::text::{for_message, from_argument, to_server};
use super::credentials;
use super::log;
use super::report::OrRaise;
use super::scan::transport;
use super::shared_state::shared_state;
use super::wait::wait_for;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::rest::{
    Activity, BucketState, CheckRequest, Connection, Finding, Limits, Progress, Verdict, activities, bucket_states,
    running,
};
use crate::source::Source;

/// Statistics since the server was started, by API and entity.
pub fn statistics() -> Vec<Activity> {
    activities(&shared_state().or_raise())
}

/// The known rate limits.
pub fn rate_limits() -> Vec<BucketState> {
    bucket_states(&shared_state().or_raise())
}

/// The running scans.
pub fn progress() -> Vec<Progress> {
    running(&shared_state().or_raise())
}

/// A Postgres timestamp from seconds since 1970.
pub fn timestamp(seconds: f64) -> Option<TimestampWithTimeZone> {
    // Postgres counts from 2000-01-01 (datatype/timestamp.h).
    const POSTGRES_EPOCH: f64 = 946_684_800.0;
    TimestampWithTimeZone::try_from(((seconds - POSTGRES_EPOCH) * 1e6) as pg_sys::TimestampTz).ok()
}

/// Milliseconds, the unit of durations in views.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The result text of a function, with only characters that the database and the client can represent.
pub fn shown(text: &str) -> String {
    for_message(text)
}

/// Checks a server end to end, as the current user. The name is in the database's encoding.
pub fn check_server<S: Source>(name: &[u8]) -> Vec<Finding> {
    let name = &from_argument(name).or_raise();
    let in_server_encoding = to_server(name).or_raise();
    // SAFETY: looks the name up; raises an error if there is no such server.
    let id = unsafe { pg_sys::get_foreign_server_oid(in_server_encoding, false) };
    credentials::require_usage(current_user(), id, name).or_raise();
    let request = match request::<S>(id) {
        Ok(request) => request,
        Err(error) => return vec![Finding::failed("options", &error)],
    };
    let configured = match request.needs_credential() {
        true => "an address and a credential are configured",
        false => "an address is configured, and no credential is needed",
    };
    let mut findings = vec![Finding::new("options", Verdict::Ok, configured)];
    let mut check = transport().and_then(|transport| transport.check(request)).or_raise();
    loop {
        log::flush();
        match check.findings().or_raise() {
            Some(found) => break findings.extend(found),
            None => wait_for(&check.event(), check.phase()),
        }
    }
    findings
}

fn request<S: Source>(id: Oid) -> Result<CheckRequest> {
    let server = server_by_id::<S>(id)?;
    let user = current_user();
    let credential = credentials::resolve::<S>(user, id, &server)?;
    let connection = Connection::new::<S>(&server.options, credential)?;
    Ok(CheckRequest::new::<S>(connection, Limits::from_options(&server.options)?, entities::<S>(id)?))
}

// Every name and operator is schema-qualified: the search path is the user's.
const TABLES: &str =
    "select t.ftrelid from pg_catalog.pg_foreign_table t where t.ftserver operator(pg_catalog.=) $1 order by 1";

/// The entities of the foreign tables in this database on a server. Tables with an invalid definition are left out;
/// reading them gives the error.
fn entities<S: Source>(server: Oid) -> Result<Vec<&'static Entity>> {
    let tables = Spi::connect(|client| {
        let mut tables = Vec::new();
        for row in client.select(TABLES, None, &[DatumWithOid::from(server)])? {
            tables.extend(row.get::<Oid>(1)?);
        }
        Ok(tables)
    })
    .map_err(|error: SpiError| {
        Error::new(ErrorKind::Internal, format!("foreign tables cannot be looked up: {error}"))
    })?;
    let mut entities: Vec<&'static Entity> = Vec::new();
    for entity in tables.into_iter().filter_map(|table| try_entity::<S>(table).ok()) {
        if !entities.iter().any(|known| std::ptr::eq(*known, entity)) {
            entities.push(entity);
        }
    }
    Ok(entities)
}
