//! The settings of the stream of events.

use serde::{Deserialize, Serialize};

/// The settings of the event stream. They also apply to open connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// Number of events that are kept; a cursor before them has expired. Default 10,000.
    pub kept: usize,
    /// Number of connections at a time; the next one is answered with 429. Default 8, as Auth0's plan Enterprise.
    pub connections: usize,
    /// Milliseconds after which an idle connection is closed, as Auth0 does every few minutes. Default five minutes; 0
    /// closes it after the events that there are.
    pub cycle_ms: u64,
    /// Number of events after which a connection is closed; `None` (default) for any number.
    pub cycle_events: Option<u64>,
    /// Milliseconds without an event after which a connection gets an offset and a heartbeat. Default 15 seconds.
    pub heartbeat_ms: u64,
    /// Milliseconds in `retry:`, which clients wait before they connect again. Default 2,000.
    pub retry_ms: u64,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            kept: 10_000,
            connections: 8,
            cycle_ms: 300_000,
            cycle_events: None,
            heartbeat_ms: 15_000,
            retry_ms: 2_000,
        }
    }
}
