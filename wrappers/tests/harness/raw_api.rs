//! An API that responds with arbitrary bytes from the test, and stores its requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::container::HOST_NAME;

/// A received request.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// Method and target: `GET /api/v2/users?page=0`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As long as `content-length` says.
    pub body: String,
}

impl RawRequest {
    /// The value of a header (lower case); empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The request's bearer token.
    pub fn token(&self) -> &str {
        self.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
    }
}

/// The API. It closes each connection after one response, so a response may have any form.
#[derive(Debug)]
pub struct RawApi {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<RawRequest>>>,
}

impl RawApi {
    /// Starts it on a free port; `answer` writes the complete response, head and body.
    pub fn start(answer: impl Fn(&RawRequest, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requests = Arc::<Mutex<Vec<RawRequest>>>::default();
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream;
                    // If the client disconnects, the response ends without an error.
                    let _ = stream.set_write_timeout(Some(Duration::from_secs(10)));
                    let Some(request) = read(&stream) else { return };
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
                    answer(&request, &mut stream);
                });
            }
        });
        Self { address, requests }
    }

    /// An API that responds to every request with this JSON.
    pub fn with_json(body: impl Into<String>) -> Self {
        let answer = json_answer(&body.into());
        Self::start(move |_, stream| {
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    /// Its address as seen from Postgres.
    pub fn url(&self) -> String {
        format!("http://{HOST_NAME}:{}", self.address.port())
    }

    /// The requests received since the last call.
    pub fn take(&self) -> Vec<RawRequest> {
        std::mem::take(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A response with status 200 and a JSON body.
pub fn json_answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn read(stream: &TcpStream) -> Option<RawRequest> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    let mut request = RawRequest { line, headers, body: String::new() };
    let length: usize = request.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}
