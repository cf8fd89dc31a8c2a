//! The list of sources. Each is one `register!` behind its Cargo feature.

/// Makes the handler, the validator and the metadata function of a source.
macro_rules! register {
    ($module:ident: $source:ty, $handler:ident, $validator:ident, $meta:ident) => {
        mod $module {
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

            #[pg_extern(create_or_replace)]
            fn $meta() -> TableIterator<'static, (name!(name, &'static str), name!(version, &'static str))> {
                TableIterator::once((<$source as Source>::TITLE, env!("CARGO_PKG_VERSION")))
            }
        }
    };
}

#[cfg(feature = "auth0_fdw")]
register!(auth0: fdw_auth0::Auth0, auth0_fdw_handler, auth0_fdw_validator, auth0_fdw_meta);
