//! The check of a server from end to end: the login, the scopes, an answer of the API, and the rate limit. Each
//! finding has a message for the user.

use std::sync::{Arc, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::resources::Resources;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, Parents};
use crate::plan::RemotePlan;
use crate::rest::http::connection::Connection;
use crate::rest::http::counters::{Counters, Phase};
use crate::rest::http::limits::{Limits, RequestCount};
use crate::rest::http::request::Fetch;
use crate::rest::http::response::AcceptedStatus;
use crate::rest::shared::limiter::BucketState;
use crate::rest::wake::{Event, Wake};
use crate::source::{Source, TokenClaims};

/// The verdict on one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Ok,
    /// Not everything will work.
    Warning,
    /// Nothing will work.
    Failed,
}

impl Verdict {
    /// The verdict's name, for users.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
        }
    }
}

/// A subject of the check, with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The subject of the check.
    pub subject: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The explanation, and what to do.
    pub message: String,
}

impl Finding {
    /// A finding about a subject.
    pub fn new(subject: &'static str, verdict: Verdict, message: impl Into<String>) -> Self {
        Finding { subject, verdict, message: message.into() }
    }

    /// A finding about a subject that failed.
    pub fn failed(subject: &'static str, error: &Error) -> Self {
        Finding::new(subject, Verdict::Failed, error.to_string())
    }
}

/// A server to check.
#[derive(Debug)]
pub struct CheckRequest {
    connection: Connection,
    limits: Limits,
    entities: Vec<&'static Entity>,
    used: Vec<&'static Entity>,
}

impl CheckRequest {
    /// A server of source `S` with foreign tables of these entities.
    pub fn new<S: Source>(connection: Connection, limits: Limits, used: Vec<&'static Entity>) -> Self {
        let others = S::ENTITIES.iter().filter(|entity| !has(&used, entity));
        let entities = used.iter().copied().chain(others).collect();
        CheckRequest { connection, limits, entities, used }
    }

    /// True if requests have a credential.
    pub fn needs_credential(&self) -> bool {
        self.connection.needs_credential()
    }
}

/// A check that runs on the transport thread. Dropping it cancels the check.
#[derive(Debug)]
pub struct Check {
    wake: Arc<Wake>,
    findings: oneshot::Receiver<Vec<Finding>>,
    counters: Arc<Counters>,
    task: JoinHandle<()>,
}

impl Check {
    /// The findings, once the check is complete.
    ///
    /// # Errors
    /// `Internal` if the transport thread has failed.
    pub fn findings(&mut self) -> Result<Option<Vec<Finding>>> {
        self.wake.clear();
        match self.findings.try_recv() {
            Ok(findings) => Ok(Some(findings)),
            Err(oneshot::error::TryRecvError::Empty) => Ok(None),
            Err(oneshot::error::TryRecvError::Closed) => {
                Err(Error::new(ErrorKind::Internal, "the transport thread stopped in the middle of a check"))
            }
        }
    }

    /// The event that is set when [`Check::findings`] may have a new result.
    pub fn event(&self) -> Event {
        self.wake.event()
    }

    /// The phase that the check is waiting in.
    pub fn phase(&self) -> Phase {
        self.counters.phase()
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn start(runtime: &Handle, shared: Arc<Resources>, request: CheckRequest) -> Result<Check> {
    let wake = Wake::new()?;
    let counters = Arc::new(Counters::waking(Arc::clone(&wake)));
    let (sender, findings) = oneshot::channel();
    let task = runtime.spawn({
        let (counters, wake_on_drop) = (Arc::clone(&counters), WakeOnDrop(Arc::clone(&wake)));
        async move {
            // If the receiver is gone, this task has been aborted.
            let _ = sender.send(inspect(&shared, &request, &counters).await);
            drop(wake_on_drop);
        }
    });
    Ok(Check { wake, findings, counters, task })
}

/// Wakes the waiting backend when it is dropped, even after a panic.
struct WakeOnDrop(Arc<Wake>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

async fn inspect(shared: &Resources, request: &CheckRequest, counters: &Counters) -> Vec<Finding> {
    let mut findings = Vec::new();
    let CheckRequest { connection, limits, entities, used } = request;
    let client = {
        let mut clients = shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.get(connection.is_encrypted(), limits.connect_timeout)
    };
    let client = match client {
        Ok(client) => client,
        Err(error) => return vec![Finding::failed("reachable", &error)],
    };
    let Some(first) = entities.first().copied() else {
        let message = "there is no foreign table to try it with";
        return vec![Finding::new("reachable", Verdict::Warning, message)];
    };
    let session = shared.session(connection);
    let requests = RequestCount::default();
    let fetch = |entity| Fetch {
        client: &client,
        session: &session,
        connection,
        limits,
        entity,
        counters,
        requests: &requests,
    };
    let claims = match fetch(first).token().await {
        Ok((token, granted)) => {
            let stated = token.as_ref().map(|token| connection.api().token_claims(token)).unwrap_or_default();
            let claims = TokenClaims { scopes: granted.or(stated.scopes), ..stated };
            findings.push(match token {
                Some(_) => login(&claims, connection),
                None => Finding::new("login", Verdict::Ok, "no credential is sent"),
            });
            claims
        }
        Err(error) => return vec![Finding::failed("login", &error)],
    };
    findings.extend(scopes(&claims, entities, used));
    // An entity with a list that needs no values, preferably one with a foreign table.
    let is_free = |entity: &Entity| matches!(entity.parents, Parents::None) && entity.required().next().is_none();
    let readable = entities
        .iter()
        .filter(|entity| is_free(entity) && is_granted(&claims, entity))
        .min_by_key(|entity| !has(used, entity))
        .copied()
        .unwrap_or(first);
    if readable.required().next().is_some() {
        let message = "there is no foreign table to try it with that can be read without a condition";
        findings.push(Finding::new("reachable", Verdict::Warning, message));
        return findings;
    }
    let target = RemotePlan::full_scan(readable, Vec::new(), 1).with_limit(1).first_target(readable);
    match fetch(readable).get(&target, AcceptedStatus::Nothing).await {
        Ok(_) => findings.push(Finding::new(
            "reachable",
            Verdict::Ok,
            format!("{} answers for \"{}\" at {}", connection.api().title(), readable.name, connection.origin()),
        )),
        Err(error) => findings.push(Finding::failed("reachable", &error)),
    }
    let bucket = session.limiter.state(connection.api().bucket(&target));
    findings.push(limit(bucket.as_ref(), limits, connection.api().title()));
    findings
}

fn login(claims: &TokenClaims, connection: &Connection) -> Finding {
    let how = if connection.login().is_some() { "the client has a token" } else { "a token is configured" };
    match claims.expires_in {
        Some(left) if left <= 0.0 => {
            Finding::new("login", Verdict::Failed, format!("{how} that has ended; give a new one"))
        }
        Some(left) => Finding::new("login", Verdict::Ok, format!("{how}, good for {left:.0} s")),
        None => Finding::new("login", Verdict::Ok, format!("{how} that does not state when it expires")),
    }
}

fn has(entities: &[&'static Entity], entity: &Entity) -> bool {
    entities.iter().any(|known| known.name == entity.name && known.definition == entity.definition)
}

fn is_granted(claims: &TokenClaims, entity: &Entity) -> bool {
    if entity.scopes.is_empty() {
        return true;
    }
    let Some(scopes) = &claims.scopes else { return false };
    entity.scopes.iter().any(|wanted| scopes.iter().any(|scope| scope == wanted))
}

/// The findings about scopes: which entities with a foreign table the token may read, and how many others.
fn scopes(claims: &TokenClaims, entities: &[&'static Entity], used: &[&'static Entity]) -> Vec<Finding> {
    if entities.iter().all(|entity| entity.scopes.is_empty()) {
        return Vec::new();
    }
    if claims.scopes.is_none() {
        return vec![Finding::new("scopes", Verdict::Warning, "the token does not state its scopes")];
    }
    let (with_table, others): (Vec<&Entity>, Vec<&Entity>) = entities.iter().partition(|entity| has(used, entity));
    let (granted, missing): (Vec<&Entity>, Vec<&Entity>) =
        with_table.into_iter().partition(|entity| is_granted(claims, entity));
    let mut findings = Vec::new();
    if !granted.is_empty() {
        let names: Vec<&str> = granted.iter().map(|entity| entity.name).collect();
        findings.push(Finding::new("scopes", Verdict::Ok, format!("granted for {}", names.join(", "))));
    }
    for entity in missing {
        let message = format!("missing for \"{}\": one of {}", entity.name, entity.scopes.join(", "));
        findings.push(Finding::new("scopes", Verdict::Warning, message));
    }
    if !others.is_empty() {
        let readable = others.iter().filter(|entity| is_granted(claims, entity)).count();
        let message = format!("granted for {readable} of the {} objects without a foreign table here", others.len());
        findings.push(Finding::new("scopes", Verdict::Ok, message));
    }
    findings
}

/// The finding about the API's rate limit.
fn limit(bucket: Option<&BucketState>, limits: &Limits, title: &str) -> Finding {
    let kept = format!("{:.0} % are left to others", limits.rate_limit.headroom * 100.0);
    let message = match (bucket.and_then(|bucket| Some((bucket, bucket.limit?))), limits.rate_limit.rate) {
        (Some((bucket, limit)), _) => format!(
            "{title} allows {limit:.0} requests at once (bucket \"{}\"), and about {:.1} a second come in; {kept}",
            bucket.name,
            bucket.rate.unwrap_or_default()
        ),
        (None, Some(rate)) => format!("option rate_limit allows {rate:.1} requests a second; {kept}"),
        (None, None) => format!("{title} states no limit"),
    };
    match bucket.and_then(|bucket| bucket.refused_for) {
        Some(left) => {
            Finding::new("rate limit", Verdict::Warning, format!("{message}; used up for {:.0} s", left.as_secs_f64()))
        }
        None => Finding::new("rate limit", Verdict::Ok, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ENTITY;

    fn claims(scopes: Option<&[&str]>) -> TokenClaims {
        let scopes = scopes.map(|scopes| scopes.iter().map(|scope| (*scope).to_owned()).collect());
        TokenClaims { scopes, expires_in: Some(60.0) }
    }

    #[test]
    fn missing_scopes_are_named_for_entities_with_a_table() {
        type Case = (Option<&'static [&'static str]>, &'static [&'static str], Verdict, &'static str);
        let cases: &[Case] = &[
            (Some(&["read:things", "x"]), &["things"], Verdict::Ok, "granted for things"),
            (Some(&["read:others"]), &["things"], Verdict::Warning, "missing for \"things\": one of read:things"),
            (
                Some(&["read:things"]),
                &["others"],
                Verdict::Ok,
                "granted for 1 of the 1 objects without a foreign table here",
            ),
            (Some(&[]), &[], Verdict::Ok, "granted for 0 of the 1 objects without a foreign table here"),
            (None, &["things"], Verdict::Warning, "the token does not state its scopes"),
        ];
        for (granted, used, verdict, message) in cases {
            static OTHER: Entity = Entity { name: "others", ..ENTITY };
            static THING: Entity = ENTITY;
            let entity = |name: &&str| if *name == "things" { &THING } else { &OTHER };
            let used: Vec<&'static Entity> = used.iter().map(entity).collect();
            let findings = scopes(&claims(*granted), &[&THING], &used);
            assert_eq!(findings, [Finding::new("scopes", *verdict, *message)]);
        }
    }
}
