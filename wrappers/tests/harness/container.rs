//! The Postgres container of a test binary.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use postgres::{Client, Config, NoTls};
use testcontainers::core::{ExecCommand, Host, IntoContainerPort};
use testcontainers::runners::SyncRunner;
use testcontainers::{Container, GenericImage, ImageExt};

use crate::clock::Clock;

/// Host name of the tests' machine inside a container.
pub(crate) const HOST_NAME: &str = "host.docker.internal";

/// Password of every role; the server only lives as long as the tests.
pub(crate) const PASSWORD: &str = "tests-only";

/// Label of the containers, so that scripts can find leftover ones.
const LABEL: &str = "wrappers-tests";

const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Settings of the server: its data need not survive, tests read its log, and with a small buffer cache a backend's
/// memory is easy to read.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=16MB",
    "max_connections=200",
    "max_prepared_transactions=5",
    "autovacuum=off",
    "jit=off",
    "log_statement=none",
    "log_min_messages=info",
];

/// The Postgres major version under test: `PG_MAJOR`, else 15.
pub fn postgres_major() -> u32 {
    match std::env::var("PG_MAJOR") {
        Ok(major) => major.parse().unwrap_or_else(|_| panic!("PG_MAJOR is \"{major}\", expected a number such as 15")),
        Err(_) => 15,
    }
}

/// If this file exists when the server ends, the server is started again.
pub(crate) const START_AGAIN: &str = "/tmp/start-again";

/// The container's command: runs the server, and restarts it while requested. When its first process ends, the
/// container ends.
fn run_again() -> String {
    format!("while docker-entrypoint.sh postgres \"$@\" || :; rm {START_AGAIN} 2>/dev/null; do :; done")
}

/// A running server.
pub(crate) struct Server {
    container: Container<GenericImage>,
    host: String,
    port: u16,
    /// Child process that removes the containers; see [`remove_at_end`].
    _remover: Child,
}

impl Server {
    /// The server of this test binary, started at the first call.
    pub(crate) fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let major = postgres_major();
        // Each checkout on a machine has its own image.
        let name = std::env::var("WRAPPERS_IMAGE").unwrap_or_else(|_| "wrappers-postgres".to_owned());
        let image = format!("{name}:{major}");
        let label = unique_label();
        let remover = remove_at_end(&format!("{LABEL}={label}"));
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let command = ["sh", "-c", &run_again(), "postgres"].map(str::to_owned);
        let mut request = GenericImage::new(&name, &major.to_string())
            .with_exposed_port(5432.tcp())
            .with_env_var("POSTGRES_PASSWORD", PASSWORD)
            .with_label(LABEL, label)
            .with_host(HOST_NAME, Host::HostGateway)
            .with_startup_timeout(START_TIMEOUT)
            .with_cmd(command.into_iter().chain(settings.map(str::to_owned)));
        if let Some(clock) = Clock::wanted() {
            request = clock.part_of(request);
        }
        let container = request.start().unwrap_or_else(|error| {
            panic!("no container of image {image}: {error}\nTo build the image: scripts/image --pg {major}")
        });
        let host = container.get_host().expect("host of the container").to_string();
        let port = container.get_host_port_ipv4(5432).expect("published port of the container");
        let server = Self { container, host, port, _remover: remover };
        server.wait_until_ready();
        server
    }

    /// Connection parameters for a role and a database.
    pub(crate) fn config(&self, role: &str, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .user(role)
            .password(PASSWORD)
            .dbname(database)
            .application_name("wrappers-tests");
        config
    }

    /// A superuser's connection to the database `postgres`.
    pub(crate) fn maintenance(&self) -> Client {
        self.config("postgres", "postgres")
            .connect(NoTls)
            .unwrap_or_else(|error| panic!("can't connect as superuser: {error:?}"))
    }

    /// The server's log so far.
    pub(crate) fn log(&self) -> String {
        let log = self.container.stderr_to_vec().expect("log of the container");
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Runs a shell script in the container as the server's user; returns its output.
    pub(crate) fn shell(&self, script: &str) -> String {
        // Root lacks CAP_SYS_PTRACE in a container and can't read another user's /proc.
        let command = ["su", "postgres", "-s", "/bin/sh", "-c", script];
        let mut result = self
            .container
            .exec(ExecCommand::new(command))
            .unwrap_or_else(|error| panic!("can't run in the container: {error}"));
        let output = result.stdout_to_vec().expect("output of a command");
        let errors = result.stderr_to_vec().expect("errors of a command");
        let code = result.exit_code().expect("exit code of a command");
        assert!(
            matches!(code, None | Some(0)),
            "\"{script}\" ended with {code:?}: {}",
            String::from_utf8_lossy(&errors)
        );
        String::from_utf8_lossy(&output).into_owned()
    }

    /// Runs a script that restarts the server, and waits until it accepts connections.
    pub(crate) fn start_again(&self, script: &str) {
        let starts = || self.log().matches("ready to accept connections").count();
        let before = starts();
        self.shell(script);
        let started = Instant::now();
        while starts() == before {
            assert!(started.elapsed() < START_TIMEOUT, "Postgres does not come back: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.wait_until_ready();
    }

    /// Waits for TCP connections: during initialisation the server only listens on its socket.
    fn wait_until_ready(&self) {
        let started = Instant::now();
        loop {
            match self.config("postgres", "postgres").connect(NoTls) {
                Ok(_) => return,
                Err(error) if started.elapsed() > START_TIMEOUT => {
                    panic!("Postgres doesn't answer: {error:?}\n{}", self.log())
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}

/// Removes every container with this label when this process ends, however it ends.
///
/// Statics are not dropped, and a killed process runs no code. So a child process waits for the end of its input,
/// which is reached when the last handle of this process is closed.
fn remove_at_end(label: &str) -> Child {
    const SCRIPT: &str = r#"
        cat
        left=$(docker ps --all --quiet --filter "label=$0")
        [ -z "$left" ] || docker rm --force --volumes $left
    "#;
    Command::new("sh")
        .args(["-c", SCRIPT, label])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // In its own process group, so that Ctrl-C does not reach it.
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("can't run sh: {error}"))
}

/// A label value unique among all processes, including those of other machines on the same daemon.
fn unique_label() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let nanoseconds = now.map_or(0, |since| since.as_nanos());
    format!("{}-{nanoseconds}", std::process::id())
}
