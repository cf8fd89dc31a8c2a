//! The objects of Postgres that take options.

/// The kind of catalog object an option is set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumIter)]
pub enum Catalog {
    /// `CREATE FOREIGN DATA WRAPPER`
    #[strum(to_string = "foreign data wrapper")]
    Wrapper,
    /// `CREATE SERVER`
    #[strum(to_string = "server")]
    Server,
    /// `CREATE USER MAPPING`
    #[strum(to_string = "user mapping")]
    UserMapping,
    /// `CREATE FOREIGN TABLE`
    #[strum(to_string = "foreign table")]
    Table,
    /// A column of a foreign table
    #[strum(to_string = "column")]
    Column,
    /// `IMPORT FOREIGN SCHEMA`
    #[strum(to_string = "schema's import")]
    Import,
}
