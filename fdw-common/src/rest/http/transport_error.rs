//! Errors of requests without a complete answer.

use std::error::Error as StdError;

use super::limits::Limits;
use super::retry::Failure;
use crate::error::{Error, ErrorKind};

/// The reason why there is no complete answer, and a hint.
#[derive(Debug)]
pub(crate) struct TransportError {
    pub(crate) failure: Failure,
    pub(crate) kind: ErrorKind,
    pub(crate) what: &'static str,
    hint: Option<&'static str>,
    /// The message of the system or of the other side, which may repeat parts of the request.
    pub(crate) cause: String,
}

impl TransportError {
    pub(crate) fn new(error: &reqwest::Error, limits: &Limits) -> Self {
        let (failure, kind, what, hint) = classify(error);
        let cause = if error.is_timeout() {
            let allowed = limits.connect_timeout.as_millis();
            format!("nothing answered within connect_timeout ({allowed} ms)")
        } else {
            innermost(error)
        };
        TransportError { failure, kind, what, hint, cause }
    }

    /// Adds the address, the redacted cause and the hint to an error.
    pub(crate) fn explain(&self, error: Error, address: &str, cause: &str) -> Error {
        let error = error.with_detail(format!("{address}: {cause}"));
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// The failure for the retry policy, the kind of the error, its message and its hint.
fn classify(error: &reqwest::Error) -> (Failure, ErrorKind, &'static str, Option<&'static str>) {
    if is_tls(error) {
        let hint = "Check that the address is https and that this machine trusts its certificate.";
        (Failure::Lasting, ErrorKind::Connect, "no trusted connection", Some(hint))
    } else if error.is_builder() {
        let hint = "Check the server's address.";
        (Failure::Lasting, ErrorKind::Connect, "the request cannot be sent", Some(hint))
    } else if is_unknown_name(error) {
        let hint = "Check the server's address: the name servers of this machine know no such host.";
        (Failure::Lasting, ErrorKind::Connect, "the host does not exist", Some(hint))
    } else if causes(error)
        .filter_map(|cause| cause.downcast_ref())
        .any(|cause| ErrorKind::of_system(cause) == ErrorKind::Resources)
    {
        let hint = "Raise the limit that is named, or run fewer sessions.";
        (Failure::Connect, ErrorKind::Resources, "this machine has nothing left for a connection", Some(hint))
    } else if error.is_connect() {
        let hint = "Check the server's address and that this machine may reach it.";
        (Failure::Connect, ErrorKind::Connect, "no connection", Some(hint))
    } else if error.is_decode() && !is_cut(error) {
        let hint = "Something between the API and this machine may damage answers, or label them wrongly.";
        let what = "the body cannot be decompressed as its header Content-Encoding says";
        (Failure::Undecodable, ErrorKind::Broken, what, Some(hint))
    } else {
        (Failure::Broken, ErrorKind::Broken, "the connection broke", None)
    }
}

/// The innermost cause: the message of the system or the TLS library. Outer causes only repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// True if the other side does not use TLS, or its certificate is not trusted.
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
}

/// The error and its causes, from the outside in.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |&error| {
        // An I/O error that wraps another one does not return it as its source.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

/// The ends of the system's messages for a host that does not exist (`EAI_NONAME`, `EAI_NODATA`), from glibc, musl and
/// macOS. Rust has no error code for a failed lookup. The transport thread has the locale C, so the messages are not
/// translated. A name server that does not answer has another message, and the request is retried.
const UNKNOWN_NAME: &[&str] = &[
    "Name or service not known",
    "No address associated with hostname",
    "Name does not resolve",
    "Name has no usable address",
    "nodename nor servname provided, or not known",
];

/// True if the connection broke within the body. reqwest reports every error of a body as a decoding error; errors of
/// the connection are hyper's.
fn is_cut(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<hyper::Error>())
}

/// True if the name servers do not know the host's name.
fn is_unknown_name(error: &reqwest::Error) -> bool {
    error.is_connect() && names_no_host(&innermost(error))
}

fn names_no_host(cause: &str) -> bool {
    cause
        .strip_prefix("failed to lookup address information: ")
        .is_some_and(|why| UNKNOWN_NAME.iter().any(|message| why.ends_with(message)))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    /// The error of reading a body that is declared to be compressed, after only `part` of it. With `is_reset` the
    /// connection ends with a reset, else it is closed.
    fn error_of_part(part: &'static [u8], length: usize, is_reset: bool) -> reqwest::Error {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (headers_came, wait) = channel::<()>();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // Closing a connection with unread bytes resets it.
            let mut request = [0; 4096];
            let _ = stream.read(if is_reset { &mut request[..1] } else { &mut request }).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(&[head.as_bytes(), part].concat()).unwrap();
            wait.recv().unwrap();
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
            headers_came.send(()).unwrap();
            response.bytes().await.unwrap_err()
        })
    }

    #[test]
    fn an_incomplete_body_is_a_broken_connection_and_a_damaged_one_is_not() {
        // A gzip header and a stored block with fewer bytes than it states.
        const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x00\xff\x00\x00\xff[";
        let cases: [(&[u8], usize, bool, &str); 4] = [
            (GZIP, 500, false, "the connection broke"),
            (GZIP, 500, true, "the connection broke"),
            (b"", 500, false, "the connection broke"),
            (b"no gzip", 7, false, "the body cannot be decompressed as its header Content-Encoding says"),
        ];
        for (part, length, is_reset, what) in cases {
            let (_, _, found, _) = classify(&error_of_part(part, length, is_reset));
            assert_eq!(found, what, "{part:?} of {length}, {is_reset}");
        }
    }

    #[test]
    fn an_unknown_host_is_distinguished_from_a_name_server_that_does_not_answer() {
        let cases = [
            ("failed to lookup address information: Name or service not known", true),
            ("failed to lookup address information: No address associated with hostname", true),
            ("failed to lookup address information: Name does not resolve", true),
            ("failed to lookup address information: Temporary failure in name resolution", false),
            ("failed to lookup address information: Try again", false),
            ("Connection refused (os error 111)", false),
        ];
        for (cause, unknown) in cases {
            assert_eq!(names_no_host(cause), unknown, "{cause}");
        }
    }

    #[test]
    fn the_standard_library_has_the_expected_message_for_a_failed_lookup() {
        use std::net::ToSocketAddrs as _;
        // `.invalid` never exists (RFC 6761, 6.4). Without a name server the message ends differently.
        let Err(error) = "no-such-host.invalid:443".to_socket_addrs() else { panic!("a host of .invalid exists") };
        assert!(error.to_string().starts_with("failed to lookup address information: "), "{error}");
    }
}
