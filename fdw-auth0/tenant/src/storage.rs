//! The storage for exported files: another origin with signed links, which answers as S3 does.

use hyper::{Method, StatusCode};

use crate::answer::Answer;
use crate::export::ExportFile;
use crate::fault::FaultKind;
use crate::rate_limit::since_epoch;
use crate::state::State;

/// The path of files on the storage.
pub(crate) const FILES: &str = "/exports/";

/// A request to the storage.
pub(crate) struct StorageRequest<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) pairs: &'a [(String, String)],
    /// True if the request has an `Authorization` header.
    pub(crate) authorized: bool,
}

/// The file of a link, or the refusal.
pub(crate) fn answer(
    state: &State,
    asked: &StorageRequest<'_>,
    fault: Option<&FaultKind>,
) -> Result<Box<ExportFile>, Answer> {
    if asked.authorized {
        // A token in a request to the storage has leaked from the tenant's origin.
        return Err(refused(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "Only one auth mechanism allowed; only the Signature query string parameter or the Authorization header should be specified",
        ));
    }
    if asked.method != Method::GET {
        return Err(refused(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ));
    }
    let parameter = |name: &str| asked.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (Some(expires), Some(signature)) = (parameter("Expires"), parameter("Signature")) else {
        return Err(refused(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied"));
    };
    let id = asked.path.strip_prefix(FILES).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let file = state.jobs.file(id, expires, signature);
    let live = expires.parse::<u64>().is_ok_and(|expires| since_epoch().as_secs() < expires);
    match file {
        None => Err(refused(
            StatusCode::FORBIDDEN,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        )),
        Some(_) if !live || fault == Some(&FaultKind::LinkExpired) => {
            Err(refused(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired"))
        }
        Some((users, selection)) => Ok(Box::new(ExportFile::new(users, selection, fault.cloned()))),
    }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Answer { status, content_type: "application/xml".to_owned(), headers: Vec::new(), body: body.into() }
}
