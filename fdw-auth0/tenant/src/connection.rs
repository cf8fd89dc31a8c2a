//! One TCP connection: reads requests, applies faults, sends answers and logs both.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::answer::Answer;
use crate::body::{AnswerBody, Cut, Sending, until_released};
use crate::control;
use crate::events::EventStream;
use crate::export::ExportFile;
use crate::fault::{FaultKind, Subject};
use crate::fault_queue::RequestParts;
use crate::oauth;
use crate::rate_limit::{Taken, since_epoch};
use crate::request_log::{Authorization, Origin, RequestRecord};
use crate::route::{self, Outcome};
use crate::socket::{Reset, Socket};
use crate::state::State;
use crate::storage;
use crate::token::Refusal;

/// Auth0 accepts bodies of at most 1 MB.
const BODY_LIMIT: usize = 1024 * 1024;
/// User objects in control requests are test data of any size.
const CONTROL_BODY_LIMIT: usize = 256 * 1024 * 1024;

/// Serves `stream`, which was accepted at `origin`, until either side closes it.
pub(crate) async fn serve(state: Arc<State>, stream: TcpStream, origin: Origin) {
    // Without TCP_NODELAY a small answer may wait for the acknowledgement of the previous one.
    let _ = stream.set_nodelay(true);
    let reset = Reset::default();
    let socket = Socket::new(stream, reset.clone());
    let connection = Connection { number: state.next_connection(), origin, reset };
    let service = service_fn(move |request| {
        let (state, connection) = (Arc::clone(&state), connection.clone());
        async move { answer(state, connection, request).await }
    });
    // The client or a fault causes an error. Either way the connection is closed.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

#[derive(Debug, Clone)]
struct Connection {
    number: u64,
    origin: Origin,
    reset: Reset,
}

async fn answer(
    state: Arc<State>,
    connection: Connection,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Cut> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let origin = connection.origin;
    if let (Origin::Tenant, Some(control)) = (origin, path.strip_prefix("/_tenant/")) {
        let body = collect(body, CONTROL_BODY_LIMIT).await;
        let pairs = pairs(head.uri.query());
        let answer = control::answer(&state, &head.method, control, &pairs, body.as_deref());
        let body = AnswerBody::whole(&state, None, answer.body.clone());
        return Ok(respond(answer, body));
    }

    let pairs = pairs(head.uri.query());
    let query = head.uri.query().unwrap_or_default();
    let bearer = text(head.headers.get(header::AUTHORIZATION));
    let number = state.log.begin(RequestRecord {
        number: 0,
        at: SystemTime::now(),
        origin,
        method: head.method.to_string(),
        path: path.to_owned(),
        query: query.to_owned(),
        pairs: pairs.clone(),
        headers: logged(&head.headers),
        authorization: authorization(&state, bearer.as_deref()),
        body: String::new(),
        status: None,
        bytes_sent: 0,
        connection: connection.number,
    });
    let released = state.released();
    let subject = match origin {
        Origin::Tenant => route::subject(&head.method, path),
        Origin::Storage => Subject::Download,
    };
    let fault = state.faults.take(&RequestParts { method: head.method.as_str(), path, query, pairs: &pairs, subject });
    let latency = state.settings().latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match &fault {
        Some(FaultKind::DropBeforeHeaders) => return Err(Cut),
        Some(FaultKind::ResetBeforeHeaders) => {
            connection.reset.ask();
            return Err(Cut);
        }
        Some(FaultKind::StallBeforeHeaders) => until_released(released.clone()).await,
        _ => {}
    }

    let real = match fault.as_ref().and_then(replacement) {
        Some(answer) => RealAnswer::Answer(answer),
        None => {
            let kind = text(head.headers.get(header::CONTENT_TYPE));
            let body = collect(body, BODY_LIMIT).await;
            if let Some(body) = body.as_deref().filter(|_| path.starts_with("/api/v2/")) {
                state.log.received(number, body);
            }
            let last_event_id = text(head.headers.get("last-event-id"));
            let host = text(head.headers.get(header::HOST)).unwrap_or_default();
            let asked = IncomingRequest {
                origin,
                method: &head.method,
                path,
                target_length: head.uri.path_and_query().map_or(0, |target| target.as_str().len()),
                pairs: &pairs,
                bearer: bearer.as_deref(),
                content_type: kind.as_deref(),
                authority: &host,
                last_event_id: last_event_id.as_deref(),
                body: body.as_deref(),
            };
            real_answer(&state, &asked, fault.as_ref())
        }
    };
    match &fault {
        Some(FaultKind::DropAfterRequest) => return Err(Cut),
        Some(FaultKind::StallAfterRequest) => until_released(released.clone()).await,
        _ => {}
    }
    let sending = Sending { state: &state, request: number, released, reset: connection.reset };
    let mut answer = match real {
        RealAnswer::Answer(answer) => answer,
        RealAnswer::File(file) => {
            state.log.answered(number, StatusCode::OK.as_u16());
            let answer = Answer { content_type: "application/octet-stream".to_owned(), ..Answer::json("") };
            return Ok(respond(answer, AnswerBody::file(sending, file, fault.as_ref())));
        }
        RealAnswer::Events(events, headers) => {
            state.log.answered(number, StatusCode::OK.as_u16());
            let (out, sent) = mpsc::channel(1);
            tokio::spawn(events.send(out));
            let answer = Answer { content_type: "text/event-stream".to_owned(), headers, ..Answer::json("") };
            return Ok(respond(answer, AnswerBody::stream(sending, sent, fault.as_ref())));
        }
    };
    if let Some(FaultKind::StatusAfterRequest { code, body }) = &fault {
        answer.status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        answer.body = Bytes::copy_from_slice(body.as_bytes());
    }
    if fault == Some(FaultKind::BrokenJson) {
        answer.body.truncate(answer.body.len() / 2);
    }
    if state.settings().compress && accepts_gzip(&head.headers) {
        compress(&mut answer);
    }
    state.log.answered(number, answer.status.as_u16());
    let bytes = std::mem::take(&mut answer.body);
    let body = match &fault {
        Some(fault) => AnswerBody::faulty(sending, bytes, fault),
        None => AnswerBody::whole(&state, Some(number), bytes),
    };
    Ok(respond(answer, body))
}

/// The answer to a request, before faults of the transport.
enum RealAnswer {
    Answer(Answer),
    File(Box<ExportFile>),
    /// The stream of events, with the headers of the answer.
    Events(EventStream, Vec<(String, String)>),
}

/// The parts of a request that its real answer depends on.
struct IncomingRequest<'a> {
    origin: Origin,
    method: &'a Method,
    path: &'a str,
    target_length: usize,
    pairs: &'a [(String, String)],
    bearer: Option<&'a str>,
    content_type: Option<&'a str>,
    authority: &'a str,
    last_event_id: Option<&'a str>,
    body: Option<&'a [u8]>,
}

fn real_answer(state: &Arc<State>, asked: &IncomingRequest<'_>, fault: Option<&FaultKind>) -> RealAnswer {
    if asked.origin == Origin::Tenant {
        return of_tenant(state, asked, fault);
    }
    let asked = storage::StorageRequest {
        method: asked.method,
        path: asked.path,
        pairs: asked.pairs,
        authorized: asked.bearer.is_some(),
    };
    storage::answer(state, &asked, fault).map_or_else(RealAnswer::Answer, RealAnswer::File)
}

fn of_tenant(state: &Arc<State>, asked: &IncomingRequest<'_>, fault: Option<&FaultKind>) -> RealAnswer {
    if asked.target_length > state.max_target {
        let message = "The address of the request is too long.";
        return RealAnswer::Answer(Answer::error(StatusCode::URI_TOO_LONG, message, None));
    }
    let Some(body) = asked.body else {
        let message = "Payload content length greater than maximum allowed: 1048576";
        return RealAnswer::Answer(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, message, None));
    };
    if asked.path == "/oauth/token" && asked.method == Method::POST {
        return RealAnswer::Answer(oauth::token(state, asked.content_type, body));
    }
    if !asked.path.starts_with("/api/v2/") {
        return RealAnswer::Answer(route::not_found());
    }
    let taken = state.take_from_buckets(asked.method.as_str(), asked.path);
    let mut real = if let Some(Taken { allowed: false, is_endpoint, .. }) = taken {
        let message =
            if is_endpoint { "The limit of this endpoint has been reached" } else { "Global limit has been reached" };
        RealAnswer::Answer(Answer::error(StatusCode::TOO_MANY_REQUESTS, message, Some("too_many_requests")))
    } else {
        let request = route::Request {
            method: asked.method,
            path: asked.path,
            pairs: asked.pairs,
            authorization: asked.bearer,
            authority: asked.authority,
            body,
        };
        let outcome = route::management_api(state, &request, fault);
        match (outcome, fault) {
            (Outcome::Answer(answer), _) => RealAnswer::Answer(answer),
            (Outcome::Events, fault) => match EventStream::open(state, asked.pairs, asked.last_event_id, fault) {
                Ok(events) => RealAnswer::Events(events, vec![("cache-control".to_owned(), "no-cache".to_owned())]),
                Err(refusal) => RealAnswer::Answer(refusal),
            },
            (Outcome::Page(page), fault) => {
                let headers = page.headers.clone();
                let body = match fault {
                    None => page.render(),
                    Some(fault) => page.render_wrong(fault),
                };
                RealAnswer::Answer(Answer { headers, ..Answer::json(body) })
            }
        }
    };
    if let (Some(taken), RealAnswer::Answer(Answer { headers, .. }) | RealAnswer::Events(_, headers)) =
        (taken, &mut real)
    {
        headers.extend(limit_headers(taken));
    }
    real
}

/// The answer of the faults that replace the real one.
fn replacement(fault: &FaultKind) -> Option<Answer> {
    match fault {
        FaultKind::Status { code, body, content_type, headers } => Some(Answer {
            status: StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: content_type.clone(),
            headers: headers.clone(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }),
        FaultKind::HtmlInsteadOfJson => Some(Answer {
            content_type: "text/html; charset=utf-8".to_owned(),
            ..Answer::json(
                "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\
                 <body><h1>Please sign in to the network</h1></body></html>\n",
            )
        }),
        _ => None,
    }
}

fn limit_headers(taken: Taken) -> impl Iterator<Item = (String, String)> {
    [
        ("x-ratelimit-limit", Some(taken.limit.into())),
        ("x-ratelimit-remaining", Some(taken.remaining.into())),
        ("x-ratelimit-reset", Some(taken.reset)),
        ("retry-after", taken.retry_after),
    ]
    .into_iter()
    .filter_map(|(name, value): (&str, Option<u64>)| Some((name.to_owned(), value?.to_string())))
}

fn respond(answer: Answer, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let kind = ("content-type".to_owned(), answer.content_type);
    for (name, value) in std::iter::once(kind).chain(answer.headers) {
        // Headers of a fault come from a test; those that are not valid in HTTP are left out.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The request's body; `None` if it is longer than `limit` or incomplete.
async fn collect(body: Incoming, limit: usize) -> Option<Bytes> {
    let collected = Limited::new(body, limit).collect().await.ok()?;
    Some(collected.to_bytes())
}

fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn logged(headers: &hyper::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| **name != header::AUTHORIZATION)
        .map(|(name, value)| (name.to_string(), text(Some(value)).unwrap_or_default().into_owned()))
        .collect()
}

fn text(value: Option<&HeaderValue>) -> Option<Cow<'_, str>> {
    value.map(|value| String::from_utf8_lossy(value.as_bytes()))
}

fn authorization(state: &State, bearer: Option<&str>) -> Authorization {
    match state.issuer.check(bearer, since_epoch().as_secs()) {
        Ok(_) => Authorization::Valid,
        Err(Refusal::Expired) => Authorization::Expired,
        Err(_) if bearer.is_none() => Authorization::Absent,
        Err(_) => Authorization::Invalid,
    }
}

fn accepts_gzip(headers: &hyper::HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0")
        })
}

fn compress(answer: &mut Answer) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(&answer.body).and_then(|()| encoder.finish());
    if let Ok(packed) = packed {
        answer.body = packed.into();
        let headers = [("content-encoding", "gzip"), ("vary", "Accept-Encoding")];
        answer.headers.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
