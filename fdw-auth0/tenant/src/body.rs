//! The body of an answer as hyper sends it: at once, or in steps that go wrong.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

use crate::fault::FaultKind;
use crate::state::State;

/// A wait that ends at the next `clear_faults`.
pub(crate) async fn until_released(mut released: watch::Receiver<u64>) {
    // An error means that the tenant is going away: its connections do too.
    let _ = released.changed().await;
}

enum Step {
    Send(Bytes),
    Pause(Duration),
    UntilReleased,
    Cut,
}

/// The connection is to be cut here.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut by a fault")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A body whose length is known from the start, kept or not.
pub(crate) struct AnswerBody {
    steps: VecDeque<Step>,
    length: u64,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    state: Arc<State>,
    request: Option<u64>,
    released: Option<watch::Receiver<u64>>,
}

impl AnswerBody {
    /// The whole body at once; noted as sent when it is handed over.
    pub(crate) fn whole(state: &Arc<State>, request: Option<u64>, bytes: Bytes) -> Self {
        if let Some(request) = request {
            state.log.sent(request, bytes.len() as u64);
        }
        Self {
            length: bytes.len() as u64,
            steps: VecDeque::from([Step::Send(bytes)]),
            wait: None,
            state: Arc::clone(state),
            request: None,
            released: None,
        }
    }

    /// The body sent as a fault of the transport wants it.
    pub(crate) fn faulty(
        state: &Arc<State>,
        request: u64,
        bytes: Bytes,
        fault: &FaultKind,
        released: watch::Receiver<u64>,
    ) -> Self {
        let length = bytes.len() as u64;
        let half = bytes.slice(..bytes.len() / 2);
        let rest = bytes.slice(bytes.len() / 2..);
        let steps = match fault {
            FaultKind::StallMidBody => VecDeque::from([Step::Send(half), Step::UntilReleased, Step::Send(rest)]),
            FaultKind::TruncateBody => VecDeque::from([
                Step::Send(half),
                // hyper drops what it has not written yet when a body fails.
                Step::Pause(Duration::from_millis(20)),
                Step::Cut,
            ]),
            FaultKind::SlowBody { chunk_bytes, pause_ms } => {
                let size = (*chunk_bytes).max(1);
                let mut steps = VecDeque::new();
                for from in (0..bytes.len()).step_by(size) {
                    if from > 0 {
                        steps.push_back(Step::Pause(Duration::from_millis(*pause_ms)));
                    }
                    let to = from.saturating_add(size).min(bytes.len());
                    steps.push_back(Step::Send(bytes.slice(from..to)));
                }
                steps
            }
            _ => VecDeque::from([Step::Send(bytes)]),
        };
        Self { steps, length, wait: None, state: Arc::clone(state), request: Some(request), released: Some(released) }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            if let Some(wait) = &mut self.wait {
                if wait.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.wait = None;
            }
            match self.steps.pop_front() {
                Some(Step::Send(bytes)) => {
                    if let Some(request) = self.request {
                        self.state.log.sent(request, bytes.len() as u64);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Pause(time)) => self.wait = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::UntilReleased) => {
                    if let Some(released) = self.released.take() {
                        self.wait = Some(Box::pin(until_released(released)));
                    }
                }
                Some(Step::Cut) => return Poll::Ready(Some(Err(Cut))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.length == 0
    }

    fn size_hint(&self) -> SizeHint {
        // Asked before the first frame, for `Content-Length`.
        SizeHint::with_exact(self.length)
    }
}
