//! A local API that answers as a test defines, and records its requests.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A request that the API received.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path with the query.
    pub target: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Request {
    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The value of a query parameter that is a number.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name).map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers except for the length, including `content-type`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it is sent completely.
    pub ending: Ending,
}

/// Whether an answer is sent completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is sent completely.
    Whole,
    /// Half of the body is sent, and then the connection is closed.
    Cut,
    /// Nothing is sent, as long as the client waits.
    Never,
}

impl Answer {
    /// An answer with status 200 and a JSON body.
    pub fn json(body: impl ToString) -> Self {
        Self::status(200, &body.to_string())
    }

    /// An answer with a status.
    pub fn status(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Answer { status, headers, body: body.as_bytes().to_vec(), ending: Ending::Whole }
    }

    /// The same answer with this header added or replaced.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer with another ending.
    pub fn with_ending(self, ending: Ending) -> Self {
        Answer { ending, ..self }
    }
}

type Answers = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

struct State {
    answers: Mutex<Answers>,
    requests: Mutex<Vec<Request>>,
    /// Connections stay open for further requests.
    keeps_alive: bool,
    /// The number of clients that wait for answers that are never sent.
    waited_for: AtomicUsize,
}

/// An API on a free port, until the process ends.
pub struct Api {
    addr: SocketAddr,
    state: Arc<State>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Api {
    /// Starts an API for this machine only.
    pub fn start() -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST, false)
    }

    /// Starts an API that keeps connections open (HTTP/1.1 keep-alive), for tests with many requests.
    pub fn start_with_keep_alive() -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST, true)
    }

    /// Starts an API that containers can reach as well.
    pub fn start_for_containers() -> Self {
        Self::start_on(Ipv4Addr::UNSPECIFIED, false)
    }

    fn start_on(address: Ipv4Addr, keeps_alive: bool) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let nothing: Answers = Arc::new(|request| panic!("no answer to {}", request.target));
        let state = Arc::new(State {
            answers: Mutex::new(nothing),
            requests: Mutex::default(),
            keeps_alive,
            waited_for: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // An error means that the client is gone, and needs no answer.
                thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Api { addr, state }
    }

    /// Its address on this machine.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// Sets the answers from now on, and clears the recorded requests.
    pub fn answer(&self, answers: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        *lock(&self.state.answers) = Arc::new(answers);
        lock(&self.state.requests).clear();
    }

    /// The requests since then, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.requests).clone()
    }

    /// The methods and targets of the requests: `GET /things?page=1`.
    pub fn request_lines(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
    }

    /// Waits until this number of clients wait for answers that are never sent.
    ///
    /// # Panics
    /// After 20 seconds.
    pub fn wait_until_waited_for(&self, clients: usize) {
        let started = Instant::now();
        while self.state.waited_for.load(Ordering::SeqCst) != clients {
            assert!(started.elapsed() < Duration::from_secs(20), "not {clients} clients wait");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    stream.set_nodelay(true)?;
    loop {
        let request = read(&mut reader)?;
        let answers = Arc::clone(&lock(&state.answers));
        lock(&state.requests).push(request.clone());
        let answer = answers(&request);
        if answer.ending == Ending::Never {
            state.waited_for.fetch_add(1, Ordering::SeqCst);
            // The read ends when the client closes the connection.
            let ended = reader.read(&mut [0]);
            state.waited_for.fetch_sub(1, Ordering::SeqCst);
            return ended.map(drop);
        }
        stream.write_all(&message(&answer, state.keeps_alive))?;
        if !state.keeps_alive || answer.ending == Ending::Cut {
            return Ok(());
        }
    }
}

/// The bytes of an answer, complete or cut short.
fn message(answer: &Answer, keeps_alive: bool) -> Vec<u8> {
    let mut message = format!("HTTP/1.1 {} Said\r\n", answer.status);
    if !keeps_alive {
        message.push_str("connection: close\r\n");
    }
    // An answer without content has no length (RFC 9110, 8.6).
    if answer.status != 204 {
        message.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    for (name, value) in &answer.headers {
        message.push_str(&format!("{name}: {value}\r\n"));
    }
    message.push_str("\r\n");
    let sent = if answer.ending == Ending::Cut { answer.body.len() / 2 } else { answer.body.len() };
    let mut message = message.into_bytes();
    message.extend_from_slice(&answer.body[..sent]);
    message
}

fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Request> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "no request");
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().ok_or_else(invalid)?.to_owned(), words.next().ok_or_else(invalid)?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Request { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
