//! Options that every REST source has.

use std::time::Duration;

use super::catalog::Catalog;
use super::choice::{Bulk, FanOut, ImportTypes, Pushdown, TimeFormat};
use super::key::{Key, OptionalKey};
use super::spec::OptionSpec;
use crate::json_path::JsonPath;

const SERVER: &[Catalog] = &[Catalog::Server];
const SERVER_AND_TABLE: &[Catalog] = &[Catalog::Server, Catalog::Table];

/// Options that every REST source has.
pub const REST_OPTIONS: &[OptionSpec] = &[
    ALLOW_HTTP.spec,
    CONNECT_TIMEOUT.spec,
    REQUEST_TIMEOUT.spec,
    RETRY_TIMEOUT.spec,
    MAX_RETRIES.spec,
    MAX_RESPONSE_SIZE.spec,
    MAX_CONCURRENT_REQUESTS.spec,
    RATE_LIMIT.spec,
    RATE_LIMIT_HEADROOM.spec,
    MAX_REQUESTS_PER_SCAN.spec,
    PUSHDOWN.spec,
    FAN_OUT.spec,
    EXPOSE_SECRETS.spec,
    TYPES.spec,
    EXCLUDE_DEPRECATED.spec,
    BULK.spec,
    BULK_TIMEOUT.spec,
    JSON_PATH.spec,
    TIME_FORMAT.spec,
    CONSTANT.spec,
];

/// The entity of a foreign table, for sources that define entities. Such a source lists this option in its table.
pub const OBJECT: OptionalKey<String> = OptionalKey::text(
    "object",
    &[Catalog::Table],
    "What the rows are: the name of one of the tables, such as `users`.",
);

/// Accepts an unencrypted address.
pub const ALLOW_HTTP: Key<bool> = OptionalKey::bool(
    "allow_http",
    SERVER,
    "Accept an http:// address that is not loopback. The credential then crosses the network in clear.",
)
.with_default("false")
.superuser_only();

/// The longest time to connect.
pub const CONNECT_TIMEOUT: Key<Duration> = OptionalKey::duration(
    "connect_timeout",
    SERVER,
    Duration::from_millis(10),
    Duration::from_secs(300),
    "How long one attempt to connect may take (DNS, TCP, TLS).",
)
.with_default("5 s");

/// The longest time for one request.
pub const REQUEST_TIMEOUT: Key<Duration> = OptionalKey::duration(
    "request_timeout",
    SERVER,
    Duration::from_millis(10),
    Duration::from_secs(3600),
    "How long one request may take, from sending it to the last byte of its answer.",
)
.with_default("30 s");

/// The longest time during which one request is retried.
pub const RETRY_TIMEOUT: Key<Duration> = OptionalKey::duration(
    "retry_timeout",
    SERVER,
    Duration::ZERO,
    Duration::from_secs(3600),
    "How long a request may be repeated after failures and rate limits before the query ends in an error.",
)
.with_default("60 s");

/// The most retries of one request.
pub const MAX_RETRIES: Key<u64> =
    OptionalKey::integer("max_retries", SERVER, 0, 100, "How often one request is repeated at most.").with_default("8");

/// The largest response in bytes.
pub const MAX_RESPONSE_SIZE: Key<u64> = OptionalKey::size(
    "max_response_size",
    SERVER,
    1024,
    1 << 30,
    "The largest answer that is read, after decompression. A larger one ends the query in an error.",
)
.with_default("64 MB");

/// The most pages that one scan requests at once.
pub const MAX_CONCURRENT_REQUESTS: Key<u64> = OptionalKey::integer(
    "max_concurrent_requests",
    SERVER,
    1,
    50,
    "How many pages of one scan may be asked for ahead of the row being read.",
)
.with_default("10");

/// The requests per second that the API allows.
pub const RATE_LIMIT: OptionalKey<f64> = OptionalKey::rate(
    "rate_limit",
    SERVER,
    "The requests that the API allows, a second or with a unit: '10', '2.5/s', '150/min'. Without it they are learnt from its answers.",
);

/// The share of the rate limit that is left for other clients.
pub const RATE_LIMIT_HEADROOM: Key<f64> = OptionalKey::percent(
    "rate_limit_headroom",
    SERVER,
    0,
    90,
    "The share of the API's rate limit that is left to everybody else: no request is sent that would leave less in the bucket.",
)
.with_default("20 %");

/// The most requests of one scan.
pub const MAX_REQUESTS_PER_SCAN: OptionalKey<u64> = OptionalKey::integer(
    "max_requests_per_scan",
    SERVER_AND_TABLE,
    1,
    1_000_000_000,
    "The requests that one scan may send; a scan that is expected to need more ends before the first. The table's goes before the server's.",
);

/// Ways to request less than the whole list.
pub const PUSHDOWN: OptionalKey<Pushdown> = OptionalKey::choice(
    "pushdown",
    SERVER_AND_TABLE,
    "How less than the whole list may be asked for. 'search': by conditions and in an order as well, which the API answers from its search index; 'safe': only by key, which sees every change at once, and in small pages for a LIMIT; 'off': not at all. The table's goes before the server's; with neither it is 'search'.",
);

/// Permission to read a list once for each parent.
pub const FAN_OUT: OptionalKey<FanOut> = OptionalKey::choice(
    "fan_out",
    SERVER_AND_TABLE,
    "Whether a table such as the members of organizations may be read for every organization, one request for each or more. 'off': only for those the query names. The table's goes before the server's; with neither it is 'on'.",
);

/// Shows members that hold secrets.
pub const EXPOSE_SECRETS: Key<bool> = OptionalKey::bool(
    "expose_secrets",
    &[Catalog::Table],
    "Show members that hold secrets, such as client_secret, in place of [redacted].",
)
.with_default("false");

/// The types of imported columns.
pub const TYPES: Key<ImportTypes> = OptionalKey::choice(
    "types",
    &[Catalog::Import],
    "The types of the columns: the ones that hold the values best, or text for all of them.",
)
.with_default("native");

/// Imports no table that the API will remove.
pub const EXCLUDE_DEPRECATED: Key<bool> =
    OptionalKey::bool("exclude_deprecated", &[Catalog::Import], "Leave out the tables that the API will end.")
        .with_default("false");

/// The way to read a list above its page cap.
pub const BULK: OptionalKey<Bulk> = OptionalKey::choice(
    "bulk",
    SERVER_AND_TABLE,
    "How a list is read that is longer than the API lets anybody page through. 'search': in slices; 'export': from a file that a job of the API writes, where there is such a job; 'auto': in slices, and from a file when more than 50,000 rows seem to be left. The table's goes before the server's; with neither it is 'auto'.",
);

/// The longest time for a job that writes a file.
pub const BULK_TIMEOUT: Key<Duration> = OptionalKey::duration(
    "bulk_timeout",
    SERVER,
    Duration::from_secs(1),
    Duration::from_secs(24 * 3600),
    "How long a job that writes a file may take before the query ends in an error.",
)
.with_default("30 min");

/// The place of a column's value in the row.
pub const JSON_PATH: OptionalKey<JsonPath> = OptionalKey::json_path(
    "json_path",
    &[Catalog::Column],
    "The path of the column's value in the row, e.g. 'app_metadata.plan' or 'identities[0].connection'.",
);

/// The value that a column has in every row of the table.
pub const CONSTANT: OptionalKey<String> = OptionalKey::text(
    "constant",
    &[Catalog::Column],
    "The value that every row has in the column, whatever the API sends: the partition key of a table that is one of several partitions, such as the tenant's name.",
);

/// Unit of a JSON number in a column with a time type.
pub const TIME_FORMAT: OptionalKey<TimeFormat> = OptionalKey::choice(
    "time_format",
    &[Catalog::Column],
    "What a JSON number in a column of type date, timestamp or timestamptz counts from 1970-01-01 UTC on: 'unix_seconds' or 'unix_milliseconds'. Without it a number there is an error.",
);
