//! The list of sources. Each is one `register!` behind its Cargo feature.

/// Makes the handler, the validator, the metadata function and the check of a source.
macro_rules! register {
    ($module:ident: $source:ty, $handler:ident, $validator:ident, $meta:ident, $check:ident) => {
        mod $module {
            use fdw_common::pg::status::check_server;
            use fdw_common::pg::{RestFdw, validate};
            use fdw_common::source::Source;
            use pgrx::prelude::*;
            use supabase_wrappers::prelude::ForeignDataWrapper;

            #[pg_extern(create_or_replace)]
            fn $handler() -> supabase_wrappers::FdwRoutine {
                RestFdw::<$source>::fdw_routine()
            }

            #[pg_extern(create_or_replace)]
            fn $validator(options: Vec<Option<String>>, catalog: Option<pg_sys::Oid>) {
                validate::<$source>(options, catalog);
            }

            #[pg_extern(create_or_replace, volatile)]
            fn $check(
                server: &str,
            ) -> TableIterator<
                'static,
                (name!(subject, &'static str), name!(verdict, &'static str), name!(message, String)),
            > {
                let findings = check_server::<$source>(server).into_iter();
                TableIterator::new(findings.map(|found| (found.subject, found.verdict.name(), found.message)))
            }

            #[pg_extern(create_or_replace)]
            fn $meta() -> TableIterator<'static, (name!(name, &'static str), name!(version, &'static str))> {
                TableIterator::once((<$source as Source>::TITLE, env!("CARGO_PKG_VERSION")))
            }
        }
    };
}

#[cfg(feature = "auth0_fdw")]
register!(auth0: fdw_auth0::Auth0, auth0_fdw_handler, auth0_fdw_validator, auth0_fdw_meta, auth0_check_server);
