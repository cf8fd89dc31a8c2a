//! `IMPORT FOREIGN SCHEMA`: all tables of a source, or those that the statement selects.

use std::ptr;

use pgrx::pg_sys::{self, Oid};
use pgrx::{PgList, pg_guard};

use super::catalog::read_options;
use super::convert::text::{from_server, to_server};
use super::report::{OrRaise, raise};
use crate::error::{Error, ErrorKind};
use crate::import::create_foreign_table;
use crate::model::Stage;
use crate::options::{self, Catalog};
use crate::source::Source;

/// Returns the statements that create the tables (fdwhandler.h, `ImportForeignSchema`). Postgres runs them in the
/// local schema and skips tables that the statement excludes.
#[pg_guard]
pub(super) extern "C-unwind" fn import_foreign_schema<S: Source>(
    statement: *mut pg_sys::ImportForeignSchemaStmt,
    server: Oid,
) -> *mut pg_sys::List {
    // SAFETY: Postgres passes a valid statement node and an existing server; the result is a list of C strings in the
    // current memory context.
    unsafe {
        if S::ENTITIES.is_empty() {
            raise(
                Error::new(ErrorKind::Unsupported, format!("{} has no schema to import", S::LISTED_AS))
                    .with_hint("This server has no predefined tables. Use CREATE FOREIGN TABLE."),
            );
        }
        let schema = from_server((*statement).remote_schema);
        if schema != S::NAME {
            raise(
                Error::new(ErrorKind::OptionValue, format!("{} has no schema \"{schema}\"", S::TITLE))
                    .with_hint(format!("Import the schema \"{}\": it has all tables.", S::NAME)),
            );
        }
        let options = read_options::<S>(Catalog::Import, (*statement).options).or_raise();
        let types = options.get(options::TYPES).or_raise();
        let exclude_deprecated = options.get(options::EXCLUDE_DEPRECATED).or_raise();
        let named: Vec<String> = PgList::<pg_sys::RangeVar>::from_pg((*statement).table_list)
            .iter_ptr()
            .map(|table| from_server((*table).relname))
            .collect();
        let is_selected = |name: &str| {
            use pg_sys::ImportForeignSchemaType::{FDW_IMPORT_SCHEMA_EXCEPT, FDW_IMPORT_SCHEMA_LIMIT_TO};
            match (*statement).list_type {
                FDW_IMPORT_SCHEMA_LIMIT_TO => named.iter().any(|named| named == name),
                FDW_IMPORT_SCHEMA_EXCEPT => !named.iter().any(|named| named == name),
                _ => true,
            }
        };
        let server = from_server((*pg_sys::GetForeignServer(server)).servername);
        let mut statements = ptr::null_mut();
        for entity in S::ENTITIES {
            if is_selected(entity.name) && !(exclude_deprecated && entity.stage == Stage::Deprecated) {
                let sql = to_server(&create_foreign_table(entity, &server, types)).or_raise();
                statements = pg_sys::lappend(statements, sql.cast());
            }
        }
        statements
    }
}
