//! One connection to the stream of events.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::cursor::{Cursor, Refusal};
use super::log::Next;
use super::message;
use super::settings::EventSettings;
use crate::answer::Answer;
use crate::export::Chunk;
use crate::fault::FaultKind;
use crate::search::instant;
use crate::state::State;

/// The longest `from_timestamp`: without milliseconds.
const LONGEST_TIMESTAMP: usize = 20;

/// A connection that was accepted.
pub(crate) struct EventStream {
    cursor: Cursor,
    /// The types of events to send; all if there are none.
    types: Vec<String>,
    changed: watch::Receiver<()>,
    /// Number of events, code of the error and whether it has a cursor.
    error: Option<(u64, String, bool)>,
    state: Arc<State>,
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.state.followers().events.open -= 1;
    }
}

impl EventStream {
    /// Reads a request, or returns the refusal. `last_event_id` is the header of that name.
    pub(crate) fn open(
        state: &Arc<State>,
        pairs: &[(String, String)],
        last_event_id: Option<&str>,
        fault: Option<&FaultKind>,
    ) -> Result<Self, Answer> {
        let parameter = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let (from, timestamp) = (parameter("from"), parameter("from_timestamp"));
        if from.is_some() && timestamp.is_some() {
            return Err(invalid("Only one of from and from_timestamp is allowed."));
        }
        let mut followers = state.followers();
        let events = &mut followers.events;
        let cursor = match (last_event_id.or(from), timestamp) {
            (Some(text), _) => events.check(text).map_err(refused)?,
            (None, Some(time)) => {
                let time = Some(time).filter(|time| time.len() <= LONGEST_TIMESTAMP).and_then(instant);
                let time = time.ok_or_else(|| invalid("from_timestamp is no RFC 3339 timestamp."))?;
                let position = events.since(time).ok_or_else(|| refused(Refusal::Expired))?;
                events.cursor(position)
            }
            (None, None) => events.cursor(events.end()),
        };
        if events.open >= events.settings.connections {
            let message = "Maximum concurrent event stream connections reached. Please close existing connections.";
            let mut answer = Answer::error(StatusCode::TOO_MANY_REQUESTS, message, Some("too_many_requests"));
            answer.headers.push(("retry-after".to_owned(), "1".to_owned()));
            return Err(answer);
        }
        events.open += 1;
        let error = match fault {
            Some(FaultKind::EventError { after, code, offset }) => Some((*after, code.clone(), *offset)),
            _ => None,
        };
        let types = pairs.iter().filter(|(name, _)| name == "event_type").map(|(_, value)| value.clone()).collect();
        let changed = events.changed.subscribe();
        Ok(Self { cursor, types, changed, error, state: Arc::clone(state) })
    }

    /// Sends events until the connection cycles, fails or is closed by the client.
    pub(crate) async fn send(mut self, out: mpsc::Sender<Chunk>) {
        let opened = Instant::now();
        let mut idle_since = opened;
        let mut sent = 0;
        let retry = self.settings().retry_ms;
        if !put(&out, message::connected(retry), false).await {
            return;
        }
        loop {
            let settings = self.settings();
            self.changed.mark_unchanged();
            if let Some((_, code, offset)) = self.error.as_ref().filter(|(after, ..)| sent >= *after) {
                put(&out, message::error(code, offset.then_some(self.cursor)), false).await;
                return;
            }
            match self.next() {
                Ok(Some(text)) => {
                    sent += 1;
                    if !put(&out, text, sent == 1).await || Some(sent) == settings.cycle_events {
                        return;
                    }
                    idle_since = Instant::now();
                    continue;
                }
                Ok(None) => {}
                Err(code) => {
                    put(&out, message::error(code, None), false).await;
                    return;
                }
            }
            let cycle = opened + Duration::from_millis(settings.cycle_ms);
            let beat = idle_since + Duration::from_millis(settings.heartbeat_ms.max(1));
            tokio::select! {
                changed = self.changed.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = sleep_until(cycle.min(beat)) => {
                    if Instant::now() >= cycle || !put(&out, message::heartbeat(self.cursor), false).await {
                        return;
                    }
                    idle_since = Instant::now();
                }
                () = out.closed() => return,
            }
        }
    }

    fn settings(&self) -> EventSettings {
        self.state.followers().events.settings
    }

    /// The next event's text, if there is one; the error's code if the cursor has expired.
    fn next(&mut self) -> Result<Option<String>, &'static str> {
        let state = Arc::clone(&self.state);
        let followers = state.followers();
        let events = &followers.events;
        if !events.is_current(self.cursor) {
            return Err("cursor_expired");
        }
        match events.next(self.cursor.position, &self.types) {
            Next::Event(number, event) => {
                self.cursor.position = number + 1;
                Ok(Some(message::event(&event, self.cursor, state.issuer.domain())))
            }
            Next::End(position) => {
                self.cursor.position = position;
                Ok(None)
            }
            Next::Expired => Err("cursor_expired"),
        }
    }
}

/// Sends a text; false if the client is gone. `is_middle` is where faults of the transport break the stream.
async fn put(out: &mpsc::Sender<Chunk>, text: String, is_middle: bool) -> bool {
    out.send(Chunk { bytes: text.into(), is_middle }).await.is_ok()
}

fn invalid(message: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, message, Some("invalid_query_string"))
}

fn refused(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Invalid => Answer::error(StatusCode::BAD_REQUEST, "Invalid cursor format.", Some("invalid_cursor")),
        Refusal::Expired => Answer::error(
            StatusCode::GONE,
            "Cursor points to data no longer available in the stream.",
            Some("cursor_expired"),
        ),
    }
}
