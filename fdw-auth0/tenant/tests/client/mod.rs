//! A raw HTTP client: one socket, raw requests, answers as they arrive.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test binary uses a part of it, and fails by panicking"
)]

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use auth0_tenant::Tenant;
use serde_json::Value;

/// One connection, kept alive between requests.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    token: Option<String>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Client {
    /// A connection to the tenant with its default token.
    pub fn new(tenant: &Tenant) -> Self {
        Self::connect(tenant.addr(), Some(tenant.default_token()))
    }

    pub fn connect(addr: SocketAddr, token: Option<String>) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Self { stream, buffer: Vec::new(), token }
    }

    pub fn timeout(&self, timeout: Duration) {
        self.stream.set_read_timeout(Some(timeout)).unwrap();
    }

    /// Sends a GET request and reads its whole answer.
    pub fn get(&mut self, target: &str) -> io::Result<Reply> {
        self.send("GET", target, "", "")?;
        self.receive()
    }

    pub fn json(&mut self, target: &str) -> Value {
        let reply = self.get(target).unwrap();
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        reply.json()
    }

    /// Sends a request; `headers` are whole lines.
    pub fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) -> io::Result<()> {
        let bearer = match &self.token {
            Some(token) => format!("Authorization: Bearer {token}\r\n"),
            None => String::new(),
        };
        let length = match body.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        let request = format!("{method} {target} HTTP/1.1\r\nHost: t\r\n{bearer}{headers}{length}\r\n{body}");
        self.stream.write_all(request.as_bytes())
    }

    pub fn call(&mut self, method: &str, target: &str, headers: &str, body: &str) -> Reply {
        self.send(method, target, headers, body).unwrap();
        self.receive().unwrap()
    }

    /// Reads one answer to the end of its `Content-Length` or of its chunks.
    pub fn receive(&mut self) -> io::Result<Reply> {
        let (status, headers) = self.receive_head()?;
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let body = match header("content-length") {
            Some(length) => self.take(length.parse().unwrap())?,
            None if status == 204 => Vec::new(),
            None => {
                assert_eq!(header("transfer-encoding"), Some("chunked"), "answers have a length or chunks");
                let mut body = Vec::new();
                while let Some(chunk) = self.receive_chunk()? {
                    body.extend(chunk);
                }
                body
            }
        };
        Ok(Reply { status, headers, body })
    }

    /// Reads one chunk of a body; `None` is its end.
    pub fn receive_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let end = loop {
            match self.buffer.windows(2).position(|part| part == b"\r\n") {
                Some(at) => break at + 2,
                None => self.fill()?,
            }
        };
        let line = self.take(end)?;
        let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        let mut chunk = self.take(size + 2)?;
        chunk.truncate(size);
        Ok((size > 0).then_some(chunk))
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    /// Reads one answer's head only.
    pub fn receive_head(&mut self) -> io::Result<(u16, Vec<(String, String)>)> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|part| part == b"\r\n\r\n") {
                break at + 4;
            }
            self.fill()?;
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap()[9..12].parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Ok((status, headers))
    }

    /// Number of bytes of the body received so far, without waiting.
    pub fn received(&self) -> usize {
        self.buffer.len()
    }

    /// Reads the next bytes; the end of the connection is `UnexpectedEof`.
    pub fn fill(&mut self) -> io::Result<()> {
        let mut piece = [0; 65_536];
        match self.stream.read(&mut piece)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.buffer.extend_from_slice(&piece[..count]);
                Ok(())
            }
        }
    }
}
