//! The endpoint of a request, and its answer.

use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::answer::Answer;
use crate::api;
use crate::fault::{FaultKind, Subject};
use crate::fields::Fields;
use crate::jobs;
use crate::list::List;
use crate::page::Page;
use crate::rate_limit::since_epoch;
use crate::state::State;
use crate::write;

/// A finished answer, or a page that a fault may still change.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Answer),
    Page(Page),
    /// The stream of events, if its parameters are valid.
    Events,
}

/// A request below `/api/v2/`.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) authorization: Option<&'a str>,
    /// Host and port of the request.
    pub(crate) authority: &'a str,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// The host without the port, for the storage's links; IPv6 keeps its brackets.
    fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
            _ => self.authority,
        }
    }
}

/// An endpoint, with the part of the path that names one object.
#[derive(Debug, Clone)]
enum Endpoint<'a> {
    Users,
    User(&'a str),
    UsersByEmail,
    UsersExports,
    Job(&'a str),
    /// Any other GET endpoint.
    Described(api::EndpointMatch),
}

impl<'a> Endpoint<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let below = path.strip_prefix("/api/v2/")?;
        match below.split_once('/') {
            None if below == "users" => Some(Self::Users),
            None if below == "users-by-email" => Some(Self::UsersByEmail),
            Some(("jobs", "users-exports")) => Some(Self::UsersExports),
            Some(("users", id)) if !id.is_empty() && !id.contains('/') => Some(Self::User(id)),
            Some(("jobs", id)) if !id.is_empty() && !id.contains('/') => Some(Self::Job(id)),
            _ => api::find(&path["/api/v2".len()..]).map(Self::Described),
        }
    }

    fn method(&self) -> Method {
        if matches!(self, Self::UsersExports) { Method::POST } else { Method::GET }
    }

    /// The scopes; a token needs one of them.
    fn scopes(&self) -> Vec<String> {
        let scopes: &[&str] = match self {
            Self::User(_) => &["read:users", "read:current_user", "read:user_idp_tokens"],
            Self::Users => &["read:users", "read:user_idp_tokens"],
            Self::UsersByEmail | Self::UsersExports => &["read:users"],
            Self::Job(_) => &["create:users", "read:users"],
            Self::Described(found) => return found.scopes(),
        };
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }
}

impl Endpoint<'_> {
    /// A further scope that the query needs, in addition to [`Endpoint::scopes`].
    fn scope_of_query(&self, pairs: &[(String, String)]) -> Option<&'static str> {
        match self {
            Self::Described(found) => found.scope_of_query(pairs),
            _ => None,
        }
    }
}

/// The kind of answer to a request below `/api/v2/`, as far as faults depend on it.
pub(crate) fn subject(method: &Method, path: &str) -> Subject {
    match Endpoint::of(path) {
        Some(endpoint) if *method == endpoint.method() => match endpoint {
            Endpoint::Users => Subject::List,
            Endpoint::Described(found) if found.is_list() => Subject::List,
            Endpoint::Described(found) if found.is_stream() => Subject::Events,
            Endpoint::Job(_) => Subject::Job,
            _ => Subject::Other,
        },
        _ => Subject::Other,
    }
}

/// Answers a request below `/api/v2/`, with `fault` applied.
pub(crate) fn management_api(state: &State, request: &Request<'_>, fault: Option<&FaultKind>) -> Outcome {
    answer(state, request, fault).unwrap_or_else(Outcome::Answer)
}

fn answer(state: &State, request: &Request<'_>, fault: Option<&FaultKind>) -> Result<Outcome, Answer> {
    state.count_request();
    let write = request.path.strip_prefix("/api/v2").and_then(|path| write::find(request.method, path));
    let endpoint = match &write {
        Some(_) => None,
        None => Some(Endpoint::of(request.path).ok_or_else(not_found)?),
    };
    let claims =
        state.issuer.check(request.authorization, since_epoch().as_secs()).map_err(|refusal| refusal.answer())?;
    let allow = |scopes: Vec<String>| match claims.has_any(&scopes) {
        true => Ok(()),
        false => Err(Answer::error(
            StatusCode::FORBIDDEN,
            &format!("Insufficient scope, expected any of: {}", scopes.join(",")),
            Some("insufficient_scope"),
        )),
    };
    if let Some(write) = write {
        allow(write.scopes())?;
        return write.answer(state, request.body).map(Outcome::Answer);
    }
    let endpoint = endpoint.filter(|endpoint| *request.method == endpoint.method()).ok_or_else(|| {
        Answer::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "The local tenant does not change this object.",
            Some("operation_not_supported"),
        )
    })?;
    allow(endpoint.scopes())?;
    if let Some(scope) = endpoint.scope_of_query(request.pairs) {
        allow(vec![scope.to_owned()])?;
    }
    match endpoint {
        Endpoint::User(id) => by_id(state, id, request.pairs).map(Outcome::Answer),
        Endpoint::UsersByEmail => by_email(state, request.pairs).map(Outcome::Answer),
        Endpoint::UsersExports => jobs::export(state, request.body).map(Outcome::Answer),
        Endpoint::Job(id) => {
            let storage = format!("http://{}:{}", request.host(), state.storage_port);
            let id = percent_decode_str(id).decode_utf8_lossy();
            jobs::job(state, &id, fault, &storage).map(Outcome::Answer)
        }
        Endpoint::Users => {
            let list = List::from_pairs(request.pairs)?;
            let limits = state.settings().limits();
            let page = list.page(&state.searched_users(), limits, state.next_turn());
            state.listed();
            page.map(Outcome::Page)
        }
        Endpoint::Described(found) => Ok(match found.answer(state, request.pairs, request.authority)? {
            api::Reply::Answer(answer) => Outcome::Answer(answer),
            api::Reply::Page(page) => Outcome::Page(page),
            api::Reply::Events => Outcome::Events,
        }),
    }
}

fn by_id(state: &State, id: &str, pairs: &[(String, String)]) -> Result<Answer, Answer> {
    let fields = Fields::from_pairs(pairs)?;
    let user = percent_decode_str(id)
        .decode_utf8()
        .ok()
        .and_then(|id| state.users().by_id(&id))
        .ok_or_else(|| Answer::error(StatusCode::NOT_FOUND, "The user does not exist.", Some("inexistent_user")))?;
    Ok(Answer::json(match fields {
        Some(fields) => fields.project(&user),
        None => user,
    }))
}

fn by_email(state: &State, pairs: &[(String, String)]) -> Result<Answer, Answer> {
    let fields = Fields::from_pairs(pairs)?;
    let Some((_, email)) = pairs.iter().find(|(name, _)| name == "email") else {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "Query validation error: 'Missing required property: email'.",
            Some("invalid_query_string"),
        ));
    };
    let mut rows = state.users().by_email(email);
    if let Some(fields) = fields {
        rows = rows.iter().map(|user| fields.project(user)).collect();
    }
    Ok(Answer::json(Page::array(rows).render()))
}

/// Auth0's 404 for a path it does not have.
pub(crate) fn not_found() -> Answer {
    Answer::error(StatusCode::NOT_FOUND, "Not Found", None)
}
