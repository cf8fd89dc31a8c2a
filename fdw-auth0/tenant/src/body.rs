//! The body of an answer for hyper: sent at once, or in steps with a fault.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::{mpsc, watch};

use crate::export::{self, Chunk, ExportFile};
use crate::fault::FaultKind;
use crate::socket::Reset;
use crate::state::State;

/// Waits until the next `clear_faults`.
pub(crate) async fn until_released(mut released: watch::Receiver<u64>) {
    // An error means that the tenant is being dropped, which closes its connections.
    let _ = released.changed().await;
}

enum Step {
    Send(Bytes),
    /// The rest of a file, chunk by chunk.
    File(Box<ExportFile>),
    /// The rest of a stream, as its chunks come.
    Stream(mpsc::Receiver<Chunk>),
    Pause(Duration),
    UntilReleased,
    Reset,
    Cut,
}

/// Error that cuts the connection.
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

/// A body that is sent step by step. A fault may send fewer bytes than `length`.
pub(crate) struct AnswerBody {
    steps: VecDeque<Step>,
    /// `None` for a chunked body.
    length: Option<u64>,
    /// The fault's steps after the middle of a file is sent.
    at_middle: VecDeque<Step>,
    slow: Option<(usize, Duration)>,
    reset: Reset,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    state: Arc<State>,
    request: Option<u64>,
    released: Option<watch::Receiver<u64>>,
}

impl AnswerBody {
    /// The whole body at once. The log counts it as sent before hyper sends it.
    pub(crate) fn whole(state: &Arc<State>, request: Option<u64>, bytes: Bytes) -> Self {
        if let Some(request) = request {
            state.log.sent(request, bytes.len() as u64);
        }
        Self {
            length: Some(bytes.len() as u64),
            steps: VecDeque::from([Step::Send(bytes)]),
            at_middle: VecDeque::new(),
            slow: None,
            reset: Reset::default(),
            wait: None,
            state: Arc::clone(state),
            request: None,
            released: None,
        }
    }

    /// The body with a fault of the transport.
    pub(crate) fn faulty(sending: Sending<'_>, bytes: Bytes, fault: &FaultKind) -> Self {
        let half = bytes.slice(..bytes.len() / 2);
        let rest = bytes.slice(bytes.len() / 2..);
        let steps = match fault {
            FaultKind::CorruptBody => {
                let mut bytes = bytes.to_vec();
                export::corrupt(&mut bytes);
                VecDeque::from([Step::Send(bytes.into())])
            }
            FaultKind::SlowBody { chunk_bytes, pause_ms } => {
                in_pieces(&bytes, *chunk_bytes, Duration::from_millis(*pause_ms))
            }
            _ => match at_middle(fault) {
                middle if middle.is_empty() => VecDeque::from([Step::Send(bytes.clone())]),
                middle => [Step::Send(half)].into_iter().chain(middle).chain([Step::Send(rest)]).collect(),
            },
        };
        Self { steps, length: Some(bytes.len() as u64), ..Self::empty(sending) }
    }

    /// A file in chunks, with a fault of the transport if there is one.
    pub(crate) fn file(sending: Sending<'_>, file: Box<ExportFile>, fault: Option<&FaultKind>) -> Self {
        let slow = match fault {
            Some(FaultKind::SlowBody { chunk_bytes, pause_ms }) => {
                Some((*chunk_bytes, Duration::from_millis(*pause_ms)))
            }
            _ => None,
        };
        Self {
            steps: VecDeque::from([Step::File(file)]),
            at_middle: fault.map(at_middle).unwrap_or_default(),
            slow,
            ..Self::empty(sending)
        }
    }

    /// A stream whose chunks are made while it is sent, with a fault of the transport if there is one.
    pub(crate) fn stream(sending: Sending<'_>, chunks: mpsc::Receiver<Chunk>, fault: Option<&FaultKind>) -> Self {
        Self {
            steps: VecDeque::from([Step::Stream(chunks)]),
            at_middle: fault.map(at_middle).unwrap_or_default(),
            ..Self::empty(sending)
        }
    }

    fn empty(sending: Sending<'_>) -> Self {
        Self {
            steps: VecDeque::new(),
            length: None,
            at_middle: VecDeque::new(),
            slow: None,
            reset: sending.reset,
            wait: None,
            state: Arc::clone(sending.state),
            request: Some(sending.request),
            released: Some(sending.released),
        }
    }

    /// Queues the next chunk of a file and the steps after it, in front of the other steps.
    fn chunk(&mut self, mut file: Box<ExportFile>) {
        let Some(Chunk { bytes, is_middle }) = file.next() else { return };
        let mut steps = match self.slow {
            Some((size, pause)) => {
                let mut steps = in_pieces(&bytes, size, pause);
                steps.push_back(Step::Pause(pause));
                steps
            }
            None => VecDeque::from([Step::Send(bytes)]),
        };
        if is_middle {
            steps.append(&mut self.at_middle);
        }
        steps.push_back(Step::File(file));
        steps.append(&mut self.steps);
        self.steps = steps;
    }
}

/// The context for sending a body in steps.
pub(crate) struct Sending<'a> {
    pub(crate) state: &'a Arc<State>,
    pub(crate) request: u64,
    pub(crate) released: watch::Receiver<u64>,
    pub(crate) reset: Reset,
}

/// The steps of a fault in the middle of a body.
fn at_middle(fault: &FaultKind) -> VecDeque<Step> {
    // When a body fails, hyper drops the bytes that it has not written yet.
    let written = Step::Pause(Duration::from_millis(20));
    match fault {
        FaultKind::StallMidBody => VecDeque::from([Step::UntilReleased]),
        FaultKind::TruncateBody => VecDeque::from([written, Step::Cut]),
        FaultKind::ResetMidBody => VecDeque::from([written, Step::Reset, Step::Cut]),
        _ => VecDeque::new(),
    }
}

fn in_pieces(bytes: &Bytes, size: usize, pause: Duration) -> VecDeque<Step> {
    let size = size.max(1);
    let mut steps = VecDeque::new();
    for from in (0..bytes.len()).step_by(size) {
        if from > 0 {
            steps.push_back(Step::Pause(pause));
        }
        let to = from.saturating_add(size).min(bytes.len());
        steps.push_back(Step::Send(bytes.slice(from..to)));
    }
    steps
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
                Some(Step::File(file)) => self.chunk(file),
                Some(Step::Stream(mut chunks)) => match chunks.poll_recv(context) {
                    Poll::Pending => {
                        self.steps.push_front(Step::Stream(chunks));
                        return Poll::Pending;
                    }
                    Poll::Ready(None) => {}
                    Poll::Ready(Some(Chunk { bytes, is_middle })) => {
                        self.steps.push_front(Step::Stream(chunks));
                        if is_middle {
                            while let Some(step) = self.at_middle.pop_back() {
                                self.steps.push_front(step);
                            }
                        }
                        self.steps.push_front(Step::Send(bytes));
                    }
                },
                Some(Step::Reset) => self.reset.ask(),
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
        self.length == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        // hyper calls this before the first frame, for `Content-Length`.
        self.length.map(SizeHint::with_exact).unwrap_or_default()
    }
}
