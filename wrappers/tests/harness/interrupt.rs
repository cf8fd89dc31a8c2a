//! Ends a statement from another session.

use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use crate::{Database, PgError, value};

/// The way a statement is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// `pg_cancel_backend`.
    Cancel,
    /// `pg_terminate_backend`.
    Terminate,
}

/// Runs `sql` and ends it as soon as `hangs` returns true.
///
/// Returns the error and the time between the signal and the error.
///
/// # Panics
/// If the statement succeeds, ends before the signal, or `hangs` is not true within 10 s.
#[track_caller]
pub fn interrupt(
    db: &Database,
    client: &mut Client,
    sql: &str,
    how: Interrupt,
    hangs: impl Fn() -> bool + Send,
) -> (PgError, Duration) {
    let pid = Database::backend_pid(client);
    let mut other = db.client();
    let (sent, error, ended, mut other) = thread::scope(|scope| {
        let signal = scope.spawn(move || {
            let started = Instant::now();
            while !hangs() {
                if started.elapsed() > Duration::from_secs(10) {
                    // Otherwise the statement and the test would hang forever.
                    terminate(&mut other, pid);
                    panic!("the statement did not get to where it should be interrupted");
                }
                thread::sleep(Duration::from_millis(5));
            }
            let sent = Instant::now();
            match how {
                Interrupt::Cancel => {
                    value(&mut other, &format!("select pg_cancel_backend({pid})"));
                }
                Interrupt::Terminate => terminate(&mut other, pid),
            }
            (sent, other)
        });
        let result = client.batch_execute(sql);
        let ended = Instant::now();
        let (sent, other) = signal.join().unwrap_or_else(|_| panic!("no signal was sent during: {sql}"));
        let Err(error) = result else {
            panic!("this succeeded: {sql}");
        };
        (sent, error, ended, other)
    });
    let Some(waited) = ended.checked_duration_since(sent) else {
        panic!("this ended before the signal: {sql}\n{error}");
    };
    // The client loses the report of a terminated session if the connection's end arrives with it. A crashed server
    // would have ended the other session too.
    if how == Interrupt::Terminate && error.is_closed() {
        assert_eq!(value(&mut other, "select 1").as_deref(), Some("1"));
        return (PgError::terminated(), waited);
    }
    (PgError::from_client(&error), waited)
}

fn terminate(client: &mut Client, pid: i32) {
    value(client, &format!("select pg_terminate_backend({pid})"));
}
