//! A database for one test.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use auth0_tenant::Tenant;
use postgres::error::DbError;
use postgres::{Client, NoTls};

use crate::container::{HOST_NAME, PASSWORD, START_AGAIN, Server, postgres_major};
use crate::foreign_table::{quote_ident, quote_literal};
use crate::{BackendStats, value};

/// The longest time for a line to appear in Docker's log.
const LOG_TIMEOUT: Duration = Duration::from_secs(30);

/// The template of all databases.
const TEMPLATE: &str = "wrappers_template";

const VAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dockerfiles/vault.sql");
const VAULT_0_2: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dockerfiles/vault-0.2.sql");

/// The version of Vault in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultVersion {
    /// `key_id` is null.
    V0_3,
    /// Every secret has a `key_id`.
    V0_2,
    /// There is no schema `vault`.
    None,
}

/// The mode of a server shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Sessions are terminated.
    Fast,
    /// All processes end at once, and the next start does recovery.
    Immediate,
}

/// A database with the extension, the wrappers `auth0_wrapper` and `rest_wrapper`, and Vault; dropping the value
/// drops it. Databases of one test binary share only the server, so tests run in parallel.
#[derive(Debug)]
pub struct Database {
    name: String,
    roles: Mutex<Vec<String>>,
}

impl Database {
    /// A new database.
    pub fn create() -> Self {
        Self::create_with_vault(VaultVersion::V0_3)
    }

    /// A new database in another encoding, without Vault.
    pub fn create_encoded(encoding: &str) -> Self {
        let server = Server::get();
        let name = next_name();
        let options = format!("template template0 encoding {} lc_collate 'C' lc_ctype 'C'", quote_literal(encoding));
        execute(&mut server.maintenance(), &format!("create database {} {options}", quote_ident(&name)));
        let db = Self { name, roles: Mutex::default() };
        create_extension(&mut db.client());
        db
    }

    /// A new database with another version of Vault.
    pub fn create_with_vault(version: VaultVersion) -> Self {
        static PREPARED: OnceLock<()> = OnceLock::new();

        let server = Server::get();
        PREPARED.get_or_init(|| prepare_template(server));
        let name = next_name();
        execute(&mut server.maintenance(), &format!("create database {} template {TEMPLATE}", quote_ident(&name)));
        let db = Self { name, roles: Mutex::default() };
        let vault = match version {
            VaultVersion::V0_3 => return db,
            VaultVersion::V0_2 => read(VAULT_0_2),
            VaultVersion::None => String::new(),
        };
        execute(&mut db.client(), &format!("drop schema vault cascade;\n{vault}"));
        db
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new session of the superuser `postgres`.
    pub fn client(&self) -> Client {
        self.client_as("postgres")
    }

    /// A new session of a role that may log in, such as one from [`Database::create_role`].
    pub fn client_as(&self, role: &str) -> Client {
        Server::get()
            .config(role, &self.name)
            .connect(NoTls)
            .unwrap_or_else(|error| panic!("can't connect as {role}: {error:?}"))
    }

    /// A new session of the superuser that keeps the server's notices and warnings.
    pub fn client_with_notices(&self) -> (Client, Notices) {
        let notices = Notices::default();
        let kept = notices.clone();
        let client = Server::get()
            .config("postgres", &self.name)
            .notice_callback(move |report| kept.push(&report))
            .connect(NoTls)
            .unwrap_or_else(|error| panic!("can't connect: {error:?}"));
        (client, notices)
    }

    /// Creates a login role without privileges; it is dropped with the database.
    ///
    /// Roles belong to the whole server, so the real name, which is returned, begins with the database's name.
    pub fn create_role(&self, name: &str) -> String {
        let role = format!("{}_{name}", self.name);
        execute(
            &mut Server::get().maintenance(),
            &format!("create role {} login password '{PASSWORD}'", quote_ident(&role)),
        );
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).push(role.clone());
        role
    }

    /// A tenant's base URL as seen from Postgres.
    pub fn tenant_url(&self, tenant: &Tenant) -> String {
        self.url(tenant.addr().port())
    }

    /// The URL of a port of this machine as seen from Postgres.
    pub fn url(&self, port: u16) -> String {
        format!("http://{HOST_NAME}:{port}")
    }

    /// The server's log so far, of all databases.
    pub fn server_log(&self) -> String {
        // Docker reads the log with a delay: when the marker line is in it, so is everything before.
        static MARKS: AtomicU64 = AtomicU64::new(0);
        let mark = format!("log read {}", MARKS.fetch_add(1, Ordering::Relaxed));
        let mut client = self.client();
        client.batch_execute(&format!("do $$ begin raise log '{mark};'; end $$")).expect("a line for the log");
        let deadline = Instant::now() + LOG_TIMEOUT;
        loop {
            let log = Server::get().log();
            if log.contains(&format!("{mark};")) {
                return log;
            }
            assert!(Instant::now() < deadline, "the marker is not in the log: {log}");
        }
    }

    /// The size of the extension's library, in bytes.
    pub fn library_size(&self) -> u64 {
        let path = format!("/usr/lib/postgresql/{}/lib/wrappers.so", postgres_major());
        let size = Server::get().shell(&format!("stat --format %s {path}"));
        size.trim().parse().expect("size of the library")
    }

    /// The process id of a session's backend.
    pub fn backend_pid(client: &mut Client) -> i32 {
        let pid = value(client, "select pg_backend_pid()");
        pid.and_then(|pid| pid.parse().ok()).expect("process id")
    }

    /// Resource usage of the backend `pid`.
    pub fn backend_stats(&self, pid: i32) -> BackendStats {
        BackendStats::read(Server::get(), pid)
    }

    /// Resets [`BackendStats::peak_kib`] of the backend `pid` to its current resident memory.
    pub fn reset_peak(&self, pid: i32) {
        Server::get().shell(&format!("echo 5 > /proc/{pid}/clear_refs"));
    }

    /// Kills backends as the kernel does when memory runs out, and waits until the server, which also ends all other
    /// sessions, accepts connections again.
    pub fn kill(&self, pids: &[i32]) {
        let pids = pids.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
        Server::get().start_again(&format!("kill -9 {pids}"));
    }

    /// Shuts the server down and restarts it, with the same data, port and memory.
    pub fn restart(&self, mode: Shutdown) {
        let mode = match mode {
            Shutdown::Fast => "fast",
            Shutdown::Immediate => "immediate",
        };
        Server::get().start_again(&format!("touch {START_AGAIN}; pg_ctl --mode {mode} --no-wait stop"));
    }

    /// Runs a shell script on the server's machine as the server's user; returns its output.
    pub fn shell(&self, script: &str) -> String {
        Server::get().shell(script)
    }

    /// Number of locks that the backend `pid` holds or waits for.
    pub fn locks(&self, pid: i32) -> u64 {
        let sql = format!("select count(*) from pg_locks where pid = {pid}");
        let count = value(&mut self.client(), &sql);
        count.and_then(|count| count.parse().ok()).expect("count")
    }

    /// Wait event of the backend `pid` in `pg_stat_activity`: `Extension/Extension`.
    pub fn wait_event(&self, pid: i32) -> Option<String> {
        let sql = format!("select wait_event_type || '/' || wait_event from pg_stat_activity where pid = {pid}");
        value(&mut self.client(), &sql)
    }

    /// True if the backend `pid` waits for `event` of the extension: `WrappersHttp`. Before 17 an extension's events
    /// have no names.
    pub fn waits_for(&self, pid: i32, event: &str) -> bool {
        let event = if postgres_major() < 17 { "Extension" } else { event };
        self.wait_event(pid).as_deref() == Some(&format!("Extension/{event}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server ends with the test binary anyway; dropping the database keeps it small until then.
        let Ok(mut client) = Server::get().config("postgres", "postgres").connect(NoTls) else {
            return;
        };
        let drop = format!("drop database if exists {} with (force)", quote_ident(&self.name));
        let _ = client.batch_execute(&drop);
        let roles = self.roles.get_mut().unwrap_or_else(PoisonError::into_inner);
        for role in roles {
            let _ = client.batch_execute(&format!("drop role {}", quote_ident(role)));
        }
    }
}

/// A notice or warning sent to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE`, `WARNING`, `INFO`…
    pub severity: String,
    /// Primary message.
    pub message: String,
    /// HINT, empty if there is none.
    pub hint: String,
}

/// The notices of one session, in order.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<Notice>>>);

impl Notices {
    /// The notices since the last call.
    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, report: &DbError) {
        let notice = Notice {
            severity: report.severity().to_owned(),
            message: report.message().to_owned(),
            hint: report.hint().unwrap_or_default().to_owned(),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }
}

/// Creates the extension; with `WRAPPERS_UPGRADED_FROM`, in that version, then upgraded to the current one.
fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    database_name(COUNT.fetch_add(1, Ordering::Relaxed))
}

fn prepare_template(server: &Server) {
    execute(&mut server.maintenance(), &format!("create database {TEMPLATE}"));
    let mut client = server
        .config("postgres", TEMPLATE)
        .connect(NoTls)
        .unwrap_or_else(|error| panic!("can't connect to the template: {error:?}"));
    execute(&mut client, &read(VAULT));
    create_extension(&mut client);
}

/// Creates the extension and a foreign data wrapper for each of its sources.
fn create_extension(client: &mut Client) {
    match std::env::var("WRAPPERS_UPGRADED_FROM") {
        Ok(version) => execute(
            client,
            &format!("create extension wrappers version {}; alter extension wrappers update", quote_literal(&version)),
        ),
        Err(_) => execute(client, "create extension wrappers"),
    }
    // A build without a source's feature has no handler for it.
    for source in ["auth0", "rest"] {
        if value(client, &format!("select to_regproc('{source}_fdw_handler')")).is_some() {
            let wrapper = format!(
                "create foreign data wrapper {source}_wrapper \
                 handler {source}_fdw_handler validator {source}_fdw_validator"
            );
            execute(client, &wrapper);
        }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs statements, without their rows.
///
/// # Panics
/// If Postgres refuses one.
#[track_caller]
pub fn execute(client: &mut Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql) {
        panic!("{sql}\n{error:?}");
    }
}

/// A name derived from the test's: the test runner names its threads.
fn database_name(number: u32) -> String {
    let thread = thread::current();
    let test: String = thread
        .name()
        .unwrap_or("test")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        // Leaves space for a role's name within Postgres's 63 bytes.
        .take(36)
        .collect();
    format!("{test}_{number}")
}
