//! The list of sources. Each has one `register!` behind its Cargo feature, and one `list_tables!` if it has
//! predefined tables.

use fdw_common::pg::copies::CopySource;
#[cfg(any(feature = "auth0_fdw", feature = "rest_fdw"))]
use fdw_common::pg::copies::copy_source as copy_source_of;

/// Defines the functions that every source has: the handler, the validator, the check of a server and the source's
/// name.
macro_rules! register {
    (
        $module:ident: $source:ty, $handler:ident, $meta:ident,
        $validator:ident = $validator_sql:literal, $check:ident = $check_sql:literal
    ) => {
        mod $module {
            use fdw_common::pg::status::{check_server, shown};
            use fdw_common::pg::{RestFdw, validate};
            use fdw_common::source::Source;
            use pgrx::prelude::*;
            use supabase_wrappers::prelude::ForeignDataWrapper;

            #[pg_extern(create_or_replace)]
            fn $handler() -> supabase_wrappers::FdwRoutine {
                RestFdw::<$source>::fdw_routine()
            }

            // Texts are in the database's encoding, so they are passed as bytes. The SQL is written by hand because
            // of their types.
            #[pg_extern(sql = $validator_sql)]
            fn $validator(options: Option<Array<'_, &[u8]>>, catalog: Option<pg_sys::Oid>) {
                validate::<$source>(options.iter().flat_map(Array::iter).flatten(), catalog);
            }

            #[pg_extern(sql = $check_sql)]
            fn $check(
                server: &[u8],
            ) -> TableIterator<
                'static,
                (name!(subject, &'static str), name!(verdict, &'static str), name!(message, String)),
            > {
                let findings = check_server::<$source>(server).into_iter();
                TableIterator::new(findings.map(|found| (found.subject, found.verdict.name(), shown(&found.message))))
            }

            #[pg_extern(create_or_replace)]
            fn $meta() -> TableIterator<'static, (name!(name, &'static str), name!(version, &'static str))> {
                TableIterator::once((<$source as Source>::LISTED_AS, env!("CARGO_PKG_VERSION")))
            }
        }
    };
}

/// Defines the functions that list the predefined tables of a source.
#[allow(unused_macros, reason = "a build may have no such source")]
macro_rules! list_tables {
    ($module:ident: $source:ty, $entities:ident, $columns:ident) => {
        mod $module {
            use fdw_common::model::{Parents, Stage};
            use fdw_common::source::Source;
            use pgrx::prelude::*;

            /// The predefined tables. No request is sent.
            #[pg_extern(create_or_replace, immutable, parallel_safe)]
            fn $entities() -> TableIterator<
                'static,
                (
                    name!(entity, &'static str),
                    name!(description, &'static str),
                    name!(path, &'static str),
                    name!(paging, &'static str),
                    name!(key, Vec<&'static str>),
                    name!(required, Vec<&'static str>),
                    name!(parents, Option<&'static str>),
                    name!(filters, Vec<String>),
                    name!(scopes, Vec<&'static str>),
                    name!(stage, &'static str),
                ),
            > {
                TableIterator::new(<$source as Source>::ENTITIES.iter().map(|entity| {
                    (
                        entity.name,
                        entity.doc,
                        entity.path,
                        fdw_common::docs::paging(entity),
                        entity.key.to_vec(),
                        entity.required().collect(),
                        match entity.parents {
                            Parents::Of { entity, .. } => Some(entity.name),
                            Parents::Values { .. } => Some("the documented values"),
                            Parents::None => None,
                        },
                        fdw_common::docs::pushed_filters(entity),
                        entity.scopes.to_vec(),
                        match entity.stage {
                            Stage::Stable => "stable",
                            Stage::Early => "early",
                            Stage::Deprecated => "deprecated",
                        },
                    )
                }))
            }

            /// The documented columns of all tables. No request is sent.
            #[pg_extern(create_or_replace, immutable, parallel_safe)]
            fn $columns() -> TableIterator<
                'static,
                (
                    name!(entity, &'static str),
                    name!(column_name, &'static str),
                    name!(column_type, &'static str),
                    name!(member, Option<&'static str>),
                    name!(description, &'static str),
                ),
            > {
                TableIterator::new(<$source as Source>::ENTITIES.iter().flat_map(|entity| {
                    entity
                        .columns
                        .iter()
                        .map(|column| (entity.name, column.name, column.ty.sql(), column.member(), column.doc))
                }))
            }
        }
    };
}

#[cfg(feature = "auth0_fdw")]
register!(
    auth0: fdw_auth0::Auth0, auth0_fdw_handler, auth0_fdw_meta,
    auth0_fdw_validator = r#"
CREATE OR REPLACE FUNCTION "auth0_fdw_validator"("options" TEXT[], "catalog" oid) RETURNS void
LANGUAGE c AS '@MODULE_PATHNAME@', 'auth0_fdw_validator_wrapper';
"#,
    auth0_check_server = r#"
CREATE OR REPLACE FUNCTION "auth0_check_server"("server" TEXT)
RETURNS TABLE ("subject" TEXT, "verdict" TEXT, "message" TEXT)
STRICT VOLATILE LANGUAGE c AS '@MODULE_PATHNAME@', 'auth0_check_server_wrapper';
"#
);
#[cfg(feature = "auth0_fdw")]
list_tables!(auth0_tables: fdw_auth0::Auth0, auth0_fdw_entities, auth0_fdw_columns);

#[cfg(feature = "auth0_fdw")]
mod auth0_logs {
    use fdw_auth0::log_types::LOG_TYPES;
    use pgrx::prelude::*;

    /// The codes of `logs.type`. No request is sent.
    #[pg_extern(immutable, parallel_safe)]
    fn auth0_log_types()
    -> TableIterator<'static, (name!(code, &'static str), name!(outcome, &'static str), name!(meaning, &'static str))>
    {
        TableIterator::new(LOG_TYPES.iter().map(|log_type| (log_type.code, log_type.outcome.name(), log_type.meaning)))
    }
}

#[cfg(feature = "rest_fdw")]
register!(
    rest: fdw_rest::Rest, rest_fdw_handler, rest_fdw_meta,
    rest_fdw_validator = r#"
CREATE OR REPLACE FUNCTION "rest_fdw_validator"("options" TEXT[], "catalog" oid) RETURNS void
LANGUAGE c AS '@MODULE_PATHNAME@', 'rest_fdw_validator_wrapper';
"#,
    rest_check_server = r#"
CREATE OR REPLACE FUNCTION "rest_check_server"("server" TEXT)
RETURNS TABLE ("subject" TEXT, "verdict" TEXT, "message" TEXT)
STRICT VOLATILE LANGUAGE c AS '@MODULE_PATHNAME@', 'rest_check_server_wrapper';
"#
);

pgrx::extension_sql_file!("comments.sql", name = "comments", requires = ["copies_freshness"]);

/// The properties of a foreign table by which it can be copied. `handler` is the C function of its wrapper's handler;
/// `None` if it is not one of this extension's.
pub(crate) fn copy_source(handler: &str, table: pgrx::pg_sys::Oid) -> Option<CopySource> {
    match handler {
        #[cfg(feature = "auth0_fdw")]
        "auth0_fdw_handler_wrapper" => Some(copy_source_of::<fdw_auth0::Auth0>(table)),
        #[cfg(feature = "rest_fdw")]
        "rest_fdw_handler_wrapper" => Some(copy_source_of::<fdw_rest::Rest>(table)),
        _ => None,
    }
}
