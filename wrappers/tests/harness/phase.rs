//! The phases of a query in which it can fail or be ended.

use std::thread;

use auth0_tenant::{Exports, Fault, RequestRecord, Tenant, TenantConfig};
use postgres::Client;

use crate::{Database, ForeignTable, PgError, start_tenant_with};

const AUDIENCE: &str = "https://local-tenant.us.auth0.com/api/v2/";
const LOGIN_PATH: &str = "/oauth/token";
const LIST: &str = "select count(user_id) from auth0.users";
const LOOKUP: &str = "select count(email is null) from auth0.users where user_id = (select min(user_id) from ids)";
const JOIN: &str = "select count(u.user_id) from ids join auth0.users u using (user_id)";

/// Rows of the table `ids`, which has the keys of a lookup or a join.
const IDS: usize = 12;

/// A phase of a query: its requests, and a query that reaches it.
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// Users of the tenant.
    pub users: usize,
    /// Value of the option `bulk`.
    pub bulk: &'static str,
    /// Value of the option `pushdown`.
    pub pushdown: &'static str,
    /// True if the session logs in, false if it has a token.
    pub login: bool,
    /// A query with a single value, which is [`Phase::expected`].
    pub sql: &'static str,
    /// Prefix of the path of its requests.
    path: &'static str,
    /// Part of their query, if it distinguishes them from others.
    query: Option<&'static str>,
}

/// All phases.
pub const PHASES: &[Phase] = &[
    Phase { name: "login", login: true, path: LOGIN_PATH, query: None, ..FIRST_PAGE },
    FIRST_PAGE,
    Phase { name: "later page", query: Some("page=2"), ..FIRST_PAGE },
    Phase { name: "slice", users: 1_300, bulk: "search", query: Some("sort=created_at:1"), ..FIRST_PAGE },
    Phase { name: "lookup", sql: LOOKUP, path: "/api/v2/users/", query: None, ..FIRST_PAGE },
    Phase { name: "join", sql: JOIN, pushdown: "safe", path: "/api/v2/users/", query: None, ..FIRST_PAGE },
    EXPORT_JOB,
    Phase { name: "export status", path: "/api/v2/jobs/job_", ..EXPORT_JOB },
    Phase { name: "download", path: "/exports/", ..EXPORT_JOB },
    Phase { name: "batch", sql: JOIN, query: Some("search_engine=v3"), ..FIRST_PAGE },
];

const FIRST_PAGE: Phase = Phase {
    name: "first page",
    users: 250,
    bulk: "auto",
    pushdown: "search",
    login: false,
    sql: LIST,
    path: "/api/v2/users",
    query: Some("page=0"),
};

const EXPORT_JOB: Phase = Phase {
    name: "export job",
    users: 1_300,
    bulk: "export",
    path: "/api/v2/jobs/users-exports",
    query: None,
    ..FIRST_PAGE
};

impl Phase {
    /// The phase of this name.
    pub fn named(name: &str) -> &'static Self {
        PHASES.iter().find(|phase| phase.name == name).unwrap_or_else(|| panic!("there is no phase {name}"))
    }

    /// Limits a fault to the requests of this phase.
    pub fn strike(&self, fault: Fault) -> Fault {
        let fault = fault.on_path(self.path);
        match self.query {
            Some(query) => fault.on_query(query),
            None => fault,
        }
    }

    /// True if the tenant has received a request of this phase.
    pub fn is_reached(&self, tenant: &Tenant) -> bool {
        tenant.requests().iter().any(|request| self.has(request))
    }

    fn has(&self, request: &RequestRecord) -> bool {
        let pair = self.query.and_then(|query| query.split_once('='));
        request.path.starts_with(self.path) && pair.is_none_or(|(name, value)| request.param(name) == Some(value))
    }

    /// True if a backend hangs in this phase.
    pub fn is_waited_for(&self, db: &Database, tenant: &Tenant, pid: i32) -> bool {
        let event = if self.path == LOGIN_PATH { "WrappersLogin" } else { "WrappersHttp" };
        self.is_reached(tenant) && db.waits_for(pid, event)
    }

    /// The same phase of a session that has to log in first.
    pub fn with_login(self) -> Self {
        Self { login: true, ..self }
    }

    /// Prepares the next query to go through this phase from its start: another login occurs only without a token.
    pub fn prepare(&self, tenant: &Tenant) {
        if self.path == LOGIN_PATH {
            tenant.revoke_tokens();
        }
        tenant.clear_requests();
    }

    /// The expected value of the query.
    pub fn expected(&self) -> String {
        match self.sql {
            LOOKUP => "1".to_owned(),
            JOIN => IDS.to_string(),
            _ => self.users.to_string(),
        }
    }

    /// The configuration of this phase's tenant.
    pub fn config(&self) -> TenantConfig {
        let exports = Exports { pending_polls: 0, processing_polls: 0, ..Exports::default() };
        TenantConfig { users: self.users, unstable_ties: false, exports, ..TenantConfig::default() }
    }

    /// Starts a tenant, and creates its table and keys in a database, with additional options of the server.
    pub fn start(&self, db: &Database, options: &[(&str, &str)]) -> Tenant {
        let tenant = start_tenant_with(self.config());
        let mut table = ForeignTable::users(db, &tenant).option("bulk", self.bulk).option("pushdown", self.pushdown);
        for (name, value) in options {
            table = table.server_option(name, value);
        }
        if self.login {
            table = table
                .without_mapping()
                .server_option("audience", AUDIENCE)
                .mapping_option("client_id", "local-client-id")
                .mapping_option("client_secret", "local-client-secret");
        }
        table.create();
        let mut client = db.client();
        client.batch_execute("create table ids (user_id text)").expect("a table");
        for index in 0..IDS {
            let json = tenant.user_json(index).expect("a user");
            let user: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            client.execute("insert into ids values ($1)", &[&user["user_id"].as_str()]).expect("a key");
        }
        client.batch_execute("analyze ids").expect("statistics");
        tenant
    }

    /// Runs the query; returns its value.
    ///
    /// # Errors
    /// The server's error.
    pub fn ask(&self, client: &mut Client) -> Result<String, PgError> {
        match client.query_one(self.sql, &[]) {
            Ok(row) => Ok(row.get::<_, i64>(0).to_string()),
            Err(error) => Err(PgError::from_client(&error)),
        }
    }

    /// Runs the query, and `meanwhile` as soon as the tenant has received a request of this phase; returns both
    /// results.
    pub fn ask_while<T>(
        &self,
        client: &mut Client,
        tenant: Tenant,
        meanwhile: impl FnOnce(Tenant) -> T,
    ) -> (Result<String, PgError>, T) {
        thread::scope(|scope| {
            let asked = scope.spawn(|| self.ask(client));
            while !self.is_reached(&tenant) {
                assert!(!asked.is_finished(), "{} was not reached", self.name);
                thread::yield_now();
            }
            let done = meanwhile(tenant);
            (asked.join().expect("an outcome"), done)
        })
    }
}

/// Defines a test for each phase that calls the given function, and a test that no phase is missing.
#[macro_export]
macro_rules! test_each_phase {
    ($run:ident) => {
        $crate::test_each_phase! {
            $run:
            login: 0,
            first_page: 1,
            later_page: 2,
            slice: 3,
            lookup: 4,
            join: 5,
            export_job: 6,
            export_status: 7,
            download: 8,
            batch: 9,
        }
    };
    ($run:ident: $($test:ident: $at:literal,)*) => {
        $(
            #[test]
            fn $test() {
                $run(&$crate::PHASES[$at]);
            }
        )*

        #[test]
        fn every_phase_is_tested() {
            assert_eq!($crate::PHASES.len(), [$($at),*].len());
        }
    };
}
