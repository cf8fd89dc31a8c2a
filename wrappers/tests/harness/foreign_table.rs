//! Builder for servers and foreign tables.

use auth0_tenant::Tenant;

use crate::{Database, PgError};

/// The 21 columns of the best-known example with native types.
pub const TYPED_COLUMNS: &str = "user_id text, email text, email_verified bool, username text, phone_number text, \
    phone_verified bool, created_at timestamptz, updated_at timestamptz, identities jsonb, app_metadata jsonb, \
    user_metadata jsonb, picture text, name text, nickname text, multifactor jsonb, last_ip text, \
    last_login timestamptz, logins_count int8, blocked bool, given_name text, family_name text";

/// A quoted SQL identifier.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted SQL literal.
pub fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Options in the given order; setting one again replaces it.
#[derive(Debug, Clone, Default)]
struct Options(Vec<(String, String)>);

impl Options {
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    fn unset(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// `options (name 'value', …)`, or nothing.
    fn sql(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{} {}", quote_ident(name), quote_literal(value))).collect();
        format!(" options ({})", pairs.join(", "))
    }
}

/// Builder for a foreign table with its server and user mapping.
///
/// Defaults: server `auth0_server` with the tenant's url, a user mapping for PUBLIC with a token for `read:users`,
/// and the table `auth0.users` with some columns of each kind.
#[derive(Debug, Clone)]
pub struct ForeignTable<'a> {
    db: &'a Database,
    server: String,
    server_options: Options,
    mapping_options: Option<Options>,
    name: String,
    columns: String,
    options: Options,
}

impl<'a> ForeignTable<'a> {
    /// The users of a tenant.
    pub fn users(db: &'a Database, tenant: &Tenant) -> Self {
        let mut server_options = Options::default();
        server_options.set("url", &db.tenant_url(tenant));
        server_options.set("allow_http", "true");
        let mut mapping_options = Options::default();
        mapping_options.set("api_key", &tenant.default_token());
        let mut options = Options::default();
        options.set("object", "users");
        Self {
            db,
            server: "auth0_server".to_owned(),
            server_options,
            mapping_options: Some(mapping_options),
            name: "users".to_owned(),
            columns: "user_id text, email text, email_verified bool, name text, \
                      created_at timestamptz, identities jsonb, app_metadata jsonb, attrs jsonb"
                .to_owned(),
            options,
        }
    }

    /// Sets the server's name, for a second server in one database.
    pub fn server(mut self, name: &str) -> Self {
        name.clone_into(&mut self.server);
        self
    }

    /// Sets the table's name; its schema stays `auth0`.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the columns, as SQL: `user_id text, plan text options (json_path 'app_metadata.plan')`.
    pub fn columns(mut self, columns: &str) -> Self {
        columns.clone_into(&mut self.columns);
        self
    }

    /// Sets an option of the server.
    pub fn server_option(mut self, name: &str, value: &str) -> Self {
        self.server_options.set(name, value);
        self
    }

    /// Omits an option of the server.
    pub fn without_server_option(mut self, name: &str) -> Self {
        self.server_options.unset(name);
        self
    }

    /// Sets an option of the user mapping.
    pub fn mapping_option(mut self, name: &str, value: &str) -> Self {
        self.mapping_options.get_or_insert_default().set(name, value);
        self
    }

    /// Omits the user mapping, and with it the credential.
    pub fn without_mapping(mut self) -> Self {
        self.mapping_options = None;
        self
    }

    /// Sets an option of the table.
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.set(name, value);
        self
    }

    /// Omits an option of the table.
    pub fn without_option(mut self, name: &str) -> Self {
        self.options.unset(name);
        self
    }

    /// The statement that creates the server.
    pub fn server_sql(&self) -> String {
        format!(
            "create server {} foreign data wrapper auth0_wrapper{}",
            quote_ident(&self.server),
            self.server_options.sql()
        )
    }

    /// The statement that creates the user mapping; empty without one.
    pub fn mapping_sql(&self) -> String {
        let Some(options) = &self.mapping_options else {
            return String::new();
        };
        format!("create user mapping for public server {}{}", quote_ident(&self.server), options.sql())
    }

    /// The statement that creates the table.
    pub fn table_sql(&self) -> String {
        format!(
            "create foreign table auth0.{} ({}) server {}{}",
            quote_ident(&self.name),
            self.columns,
            quote_ident(&self.server),
            self.options.sql()
        )
    }

    /// Creates server, user mapping and table.
    ///
    /// # Panics
    /// If Postgres refuses.
    #[track_caller]
    pub fn create(&self) {
        if let Err(error) = self.try_create() {
            panic!("{error}");
        }
    }

    /// Creates server, user mapping and table; if Postgres refuses one, none is created.
    pub fn try_create(&self) -> Result<(), PgError> {
        self.run(&[
            self.server_sql(),
            self.mapping_sql(),
            "create schema if not exists auth0".to_owned(),
            self.table_sql(),
        ])
    }

    /// Creates only the table, on an existing server.
    ///
    /// # Panics
    /// If Postgres refuses.
    #[track_caller]
    pub fn create_on_server(&self) {
        let schema = "create schema if not exists auth0".to_owned();
        if let Err(error) = self.run(&[schema, self.table_sql()]) {
            panic!("{error}");
        }
    }

    fn run(&self, statements: &[String]) -> Result<(), PgError> {
        // One simple query is one transaction.
        self.db.client().batch_execute(&statements.join(";\n")).map_err(|error| PgError::from_client(&error))
    }
}
