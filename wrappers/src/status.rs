//! Monitoring views and functions for all sources.

use fdw_common::pg::status::{self, shown};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

#[pg_extern(volatile, parallel_safe)]
#[expect(clippy::type_complexity, reason = "the columns are named in the signature")]
fn wrappers_statistics() -> TableIterator<
    'static,
    (
        name!(address, String),
        name!(object, String),
        name!(scans, i64),
        name!(requests, i64),
        name!(succeeded, i64),
        name!(rate_limited, i64),
        name!(client_errors, i64),
        name!(server_errors, i64),
        name!(unanswered, i64),
        name!(retries, i64),
        name!(bytes, i64),
        name!(rows, i64),
        name!(logins, i64),
        name!(rate_limit_wait_ms, f64),
        name!(last_error, Option<String>),
        name!(last_error_at, Option<TimestampWithTimeZone>),
    ),
> {
    TableIterator::new(status::statistics().into_iter().map(|of| {
        (
            shown(&of.origin),
            shown(&of.entity),
            of.scans as i64,
            of.requests as i64,
            of.succeeded as i64,
            of.rate_limited as i64,
            of.client_errors as i64,
            of.server_errors as i64,
            of.unanswered as i64,
            of.retries as i64,
            of.bytes as i64,
            of.rows as i64,
            of.logins as i64,
            status::milliseconds(of.waited),
            of.last_error.as_deref().map(shown),
            of.last_error_at.and_then(status::timestamp),
        )
    }))
}

#[pg_extern(volatile, parallel_safe)]
#[expect(clippy::type_complexity, reason = "the columns are named in the signature")]
fn wrappers_rate_limits() -> TableIterator<
    'static,
    (
        name!(address, String),
        name!(bucket, String),
        name!(request_limit, Option<f64>),
        name!(remaining, Option<f64>),
        name!(per_second, Option<f64>),
        name!(refused_for_ms, Option<f64>),
        name!(waiting, i32),
    ),
> {
    TableIterator::new(status::rate_limits().into_iter().map(|of| {
        (
            shown(&of.origin),
            of.name,
            of.limit,
            of.remaining,
            of.rate,
            of.refused_for.map(status::milliseconds),
            i32::try_from(of.waiting).unwrap_or(i32::MAX),
        )
    }))
}

#[pg_extern(volatile, parallel_safe)]
#[expect(clippy::type_complexity, reason = "the columns are named in the signature")]
fn wrappers_progress() -> TableIterator<
    'static,
    (
        name!(pid, i32),
        name!(database_id, pg_sys::Oid),
        name!(table_id, pg_sys::Oid),
        name!(address, String),
        name!(object, String),
        name!(waits_for, String),
        name!(rows, i64),
        name!(total_rows, Option<i64>),
        name!(pages, i64),
        name!(total_pages, Option<i64>),
        name!(windows, Option<i64>),
        name!(known_windows, Option<i64>),
        name!(requests, i64),
        name!(started_at, Option<TimestampWithTimeZone>),
        name!(expected_end, Option<TimestampWithTimeZone>),
    ),
> {
    TableIterator::new(status::progress().into_iter().map(|of| {
        (
            of.process as i32,
            of.reader.database.into(),
            of.reader.table.into(),
            shown(&of.origin),
            shown(&of.entity),
            shown(&of.waits_for),
            of.rows as i64,
            of.total_rows.map(|total| total as i64),
            of.pages as i64,
            of.total_pages.map(|total| total as i64),
            of.windows.map(|(done, _)| done as i64),
            of.windows.map(|(_, known)| known as i64),
            of.requests as i64,
            status::timestamp(of.started_at),
            of.expected_end().and_then(status::timestamp),
        )
    }))
}

extension_sql!(
    r"
create view wrappers_statistics as select * from wrappers_statistics();
create view wrappers_rate_limits as select * from wrappers_rate_limits();
create view wrappers_progress as
  select p.pid, d.datname, p.table_id, c.relname, p.address, p.object, p.waits_for, p.rows, p.total_rows,
         p.pages, p.total_pages, p.windows, p.known_windows, p.requests, p.started_at, p.expected_end
  from wrappers_progress() p
  left join pg_catalog.pg_database d on d.oid = p.database_id
  left join pg_catalog.pg_class c on c.oid = p.table_id and d.datname = pg_catalog.current_database();

comment on view wrappers_statistics is 'Requests since the server was started, by address and object';
comment on view wrappers_rate_limits is 'What is known of the rate limits, shared by all sessions';
comment on view wrappers_progress is 'Scans of foreign tables that run';

-- They tell what others do: as Postgres's own statistics of all roles.
revoke all on function wrappers_statistics(), wrappers_rate_limits(), wrappers_progress() from public;
grant execute on function wrappers_statistics(), wrappers_rate_limits(), wrappers_progress() to pg_monitor;
grant select on wrappers_statistics, wrappers_rate_limits, wrappers_progress to pg_monitor;
",
    name = "status_views",
    requires = [wrappers_statistics, wrappers_rate_limits, wrappers_progress],
);
