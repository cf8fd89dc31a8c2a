//! Reads options and columns from the catalogs.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::{Spi, SpiError};
use pgrx::{PgList, PgRelation};

use super::backend::{column_options, is_partition};
use super::convert::datum::type_name;
use super::convert::text::from_server;
use super::log;
use super::report::{OrRaise, raise};
use super::time_type::takes_time_format;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnType, Entity};
use crate::options::{self, Bulk, Catalog, FanOut, OptionalKey, Options, Pushdown};
use crate::plan::{ConstantColumn, PlannedColumn};
use crate::source::{DeclaredColumn, Source, TableDefinition};

/// A foreign server: its owner, its name and its options.
pub(super) struct Server {
    pub(super) owner: Oid,
    pub(super) name: String,
    pub(super) options: Options,
}

/// The options of a list of `DefElem`, checked against the source's table: after an upgrade of the extension the
/// options may follow older rules.
pub(super) fn read_options<S: Source>(catalog: Catalog, list: *mut pg_sys::List) -> Result<Options> {
    // SAFETY: the catalogs' option lists hold DefElem nodes with string values (foreign/foreign.h).
    // defGetString gives a valid C string for every DefElem.
    let pairs = unsafe {
        PgList::<pg_sys::DefElem>::from_pg(list)
            .iter_ptr()
            .map(|option| (from_server((*option).defname), from_server(pg_sys::defGetString(option))))
            .collect()
    };
    S::OPTIONS.validate(catalog, pairs)
}

/// A foreign table from the catalog. Raises an error for any other relation.
fn foreign_table(table: Oid) -> pg_sys::ForeignTable {
    // SAFETY: returns a struct in the current memory context; its fields are copied, and the options live as long as
    // the context.
    unsafe { *pg_sys::GetForeignTable(table) }
}

/// The server of a foreign table.
pub(super) fn server_of_table<S: Source>(table: Oid) -> (Oid, Server) {
    let id = foreign_table(table).serverid;
    (id, server_by_id::<S>(id).or_raise())
}

/// The server with an OID.
///
/// # Errors
/// Errors in its options: the server may belong to another wrapper.
pub(super) fn server_by_id<S: Source>(id: Oid) -> Result<Server> {
    // SAFETY: raises an error if the server is gone, and otherwise returns a struct in the current memory context;
    // its strings and lists live as long as the context (foreign/foreign.c).
    unsafe {
        let server = pg_sys::GetForeignServer(id);
        let options = read_options::<S>(Catalog::Server, (*server).options)?;
        Ok(Server { owner: (*server).owner, name: from_server((*server).servername), options })
    }
}

/// The options of a foreign table.
pub(super) fn table_options<S: Source>(table: Oid) -> Options {
    read_options::<S>(Catalog::Table, foreign_table(table).options).or_raise()
}

/// The entity of a foreign table, and the options for reading it.
pub(super) struct Settings {
    pub(super) entity: &'static Entity,
    /// See the option `pushdown`.
    pub(super) pushdown: Pushdown,
    /// See the option `bulk`.
    pub(super) bulk: Bulk,
    /// See the option `fan_out`.
    pub(super) fan_out: bool,
    /// See the option `expose_secrets`.
    pub(super) expose_secrets: bool,
}

/// The settings of a foreign table. An option of the table takes precedence over the same option of its server.
pub(super) fn settings<S: Source>(table: Oid) -> Settings {
    fn either<T>(table: &Options, server: &Options, key: OptionalKey<T>) -> Option<T> {
        table.get(key).or_raise().or(server.get(key).or_raise())
    }
    let table_options = table_options::<S>(table);
    let server = server_of_table::<S>(table).1.options;
    Settings {
        entity: entity_of_table::<S>(table, &table_options).or_raise(),
        pushdown: either(&table_options, &server, options::PUSHDOWN).unwrap_or(Pushdown::Search),
        bulk: either(&table_options, &server, options::BULK).unwrap_or_default(),
        fan_out: either(&table_options, &server, options::FAN_OUT) != Some(FanOut::Off),
        expose_secrets: table_options.get(options::EXPOSE_SECRETS).or_raise(),
    }
}

/// The entity of a foreign table.
///
/// # Errors
/// The error in its options.
pub(super) fn try_entity<S: Source>(table: Oid) -> Result<&'static Entity> {
    let options = read_options::<S>(Catalog::Table, foreign_table(table).options)?;
    entity_of_table::<S>(table, &options)
}

fn entity_of_table<S: Source>(table: Oid, options: &Options) -> Result<&'static Entity> {
    S::entity(&TableDefinition { name: &table_name(table), options, columns: &|| declared_columns::<S>(table) })
}

/// The columns of a foreign table with their options, without dropped ones.
fn declared_columns<S: Source>(table: Oid) -> Result<Vec<DeclaredColumn>> {
    // SAFETY: the lock keeps the relcache entry valid for as long as the relation is open here.
    let relation = unsafe { PgRelation::with_lock(table, pg_sys::AccessShareLock as pg_sys::LOCKMODE) };
    let descriptor = relation.tuple_desc();
    let attributes = descriptor.iter().filter(|attribute| !attribute.attisdropped);
    attributes
        .map(|attribute| {
            let options = column_options(table, attribute.attnum);
            Ok(DeclaredColumn {
                name: name_of(attribute),
                ty: column_type(attribute.atttypid),
                options: read_options::<S>(Catalog::Column, options)?,
            })
        })
        .collect()
}

/// The name of a column.
fn name_of(attribute: &pg_sys::FormData_pg_attribute) -> String {
    // SAFETY: a name is a C string in the database's encoding.
    unsafe { from_server(attribute.attname.data.as_ptr()) }
}

/// The column type that corresponds to a type's OID.
fn column_type(ty: Oid) -> ColumnType {
    match ty {
        pg_sys::BOOLOID => ColumnType::Bool,
        pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => ColumnType::Int8,
        pg_sys::FLOAT4OID | pg_sys::FLOAT8OID | pg_sys::NUMERICOID => ColumnType::Float8,
        pg_sys::TIMESTAMPTZOID => ColumnType::Timestamptz,
        pg_sys::JSONOID | pg_sys::JSONBOID => ColumnType::Jsonb,
        _ => ColumnType::Text,
    }
}

/// The user mapping that applies to `user`, its own or PUBLIC's, and its options.
pub(super) fn user_mapping<S: Source>(user: Oid, server: Oid) -> Option<(Oid, Options)> {
    let cache = pg_sys::SysCacheIdentifier::USERMAPPINGUSERSERVER as i32;
    // SAFETY: the cache's keys are the user's and the server's OID (utils/cache/syscache.c). GetUserMapping only
    // requires that one of the two mappings exists.
    let (id, options) = unsafe {
        let exists =
            |user: Oid| pg_sys::SearchSysCacheExists(cache, user.into(), server.into(), 0usize.into(), 0usize.into());
        if !exists(user) && !exists(Oid::INVALID) {
            return None;
        }
        let mapping = pg_sys::GetUserMapping(user, server);
        ((*mapping).umid, (*mapping).options)
    };
    Some((id, read_options::<S>(Catalog::UserMapping, options).or_raise()))
}

/// The columns of a foreign table that a query reads.
pub(super) struct TableColumns {
    /// Columns that are read from the API's rows.
    pub(super) read: Vec<PlannedColumn>,
    /// Columns with the same value in every row.
    pub(super) constants: Vec<ConstantColumn>,
}

/// The columns of a foreign table for which `wanted` is true, with their options, without dropped ones.
pub(super) fn columns<S: Source>(entity: &Entity, table: Oid, wanted: impl Fn(i16) -> bool) -> TableColumns {
    // SAFETY: the lock keeps the relcache entry valid for as long as the relation is open here.
    let relation = unsafe { PgRelation::with_lock(table, pg_sys::AccessShareLock as pg_sys::LOCKMODE) };
    let mut columns = TableColumns { read: Vec::new(), constants: Vec::new() };
    let keys = partition_keys(table);
    for attribute in relation.tuple_desc().iter().filter(|attribute| !attribute.attisdropped) {
        let (attno, name) = (attribute.attnum, name_of(attribute));
        if !wanted(attno) {
            continue;
        }
        let options = read_options::<S>(Catalog::Column, column_options(table, attno)).or_raise();
        let path = options.get(options::JSON_PATH).or_raise();
        let time_format = options.get(options::TIME_FORMAT).or_raise();
        if let Some(value) = options.get(options::CONSTANT).or_raise() {
            columns.constants.push(ConstantColumn { attno, name, value });
            continue;
        }
        if keys.contains(&name) {
            let message =
                format!("partition key \"{name}\" of \"{}\" has whatever value the API sends", table_name(table));
            let hint =
                "Postgres trusts the bounds of partitions: set the column's option constant to the value of its rows.";
            log::notice(message, Some(hint.to_owned()));
        }
        if time_format.is_some() && !takes_time_format(attribute.atttypid) {
            let ty = type_name(attribute.atttypid);
            let message = format!("option \"time_format\" has no use for the column \"{name}\" of type {ty}");
            let error = Error::new(ErrorKind::OptionValue, message);
            raise(error.with_hint("Declare the column as timestamptz, timestamp or date."));
        }
        let column = PlannedColumn::declared(entity, attno, &name, path);
        columns.read.push(PlannedColumn { time_format, ..column });
    }
    columns
}

/// All columns of a foreign table that are read from the API's rows.
pub(super) fn table_columns<S: Source>(entity: &Entity, table: Oid) -> Vec<PlannedColumn> {
    columns::<S>(entity, table, |_| true).read
}

// Every name and operator is qualified: the search path is the user's.
const PARTITION_KEYS: &str = "with recursive parent (id) as (
    select inhparent from pg_catalog.pg_inherits where inhrelid operator(pg_catalog.=) $1
    union select i.inhparent from pg_catalog.pg_inherits i, parent p where i.inhrelid operator(pg_catalog.=) p.id
  )
  select pg_catalog.convert_to(c.attname::pg_catalog.text, 'UTF8') from parent p
  join pg_catalog.pg_partitioned_table t on t.partrelid operator(pg_catalog.=) p.id
  join pg_catalog.pg_attribute c on c.attrelid operator(pg_catalog.=) p.id
    and c.attnum operator(pg_catalog.=) any (t.partattrs::pg_catalog.int2[])";

/// The partition key columns of all partitioned tables above a partition.
fn partition_keys(table: Oid) -> Vec<String> {
    if !is_partition(table) {
        return Vec::new();
    }
    let keys = Spi::connect(|client| {
        let mut keys = Vec::new();
        for row in client.select(PARTITION_KEYS, None, &[DatumWithOid::from(table)])? {
            keys.extend(row.get::<&[u8]>(1)?.map(|name| String::from_utf8_lossy(name).into_owned()));
        }
        Ok(keys)
    });
    keys.map_err(|error: SpiError| {
        Error::new(ErrorKind::Internal, format!("partition keys cannot be looked up: {error}"))
    })
    .or_raise()
}

/// The name of a table; empty if the table is gone.
fn table_name(table: Oid) -> String {
    // SAFETY: returns a palloc'd copy of the name, or null if the table is gone.
    unsafe { from_server(pg_sys::get_rel_name(table)) }
}

/// The error for a plan that cannot be deserialised; only a bug can cause it.
pub(super) fn unreadable_plan(why: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the plan of a foreign scan cannot be read: {why}"))
}
