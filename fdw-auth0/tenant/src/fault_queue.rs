//! The queue of faults, and the fault that a request gets.

use std::sync::{Mutex, PoisonError};

use crate::fault::{Fault, FaultKind, FaultMatch, Subject};

/// The parts of a request that a [`FaultMatch`] compares.
pub(crate) struct RequestParts<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) subject: Subject,
}

impl FaultMatch {
    fn fits(&self, asked: &RequestParts<'_>) -> bool {
        let query_fits = match self.query.as_deref() {
            None => true,
            Some(wanted) => match wanted.split_once('=') {
                Some((name, value)) => asked.pairs.iter().any(|(n, v)| n == name && v == value),
                None => asked.query.contains(wanted),
            },
        };
        let method_fits = self.method.as_deref().is_none_or(|method| method == asked.method);
        method_fits && query_fits && asked.path.starts_with(&self.path_prefix)
    }
}

/// The queue of faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Queued>>);

#[derive(Debug)]
struct Queued {
    fault: Fault,
    seen: u64,
}

impl Faults {
    /// Puts a fault at the end of the queue.
    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(Queued { fault, seen: 0 });
    }

    /// Empties the queue.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault for this request, if one is due. Counts the request for all faults that match it.
    pub(crate) fn take(&self, asked: &RequestParts<'_>) -> Option<FaultKind> {
        let mut taken = None;
        self.lock().retain_mut(|queued| {
            let fault = &mut queued.fault;
            if !fault.when.fits(asked) || !fault.kind.concerns(asked.subject) {
                return true;
            }
            queued.seen += 1;
            if !fault.when.occurrence.is_due(queued.seen) || taken.is_some() || fault.times == Some(0) {
                return true;
            }
            taken = Some(fault.kind.clone());
            fault.times = fault.times.map(|times| times - 1);
            fault.times != Some(0)
        });
        taken
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Queued>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(faults: &Faults, path: &str, query: &str) -> Option<FaultKind> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let subject = match path {
            "/api/v2/users" => Subject::List,
            _ if path.starts_with("/api/v2/jobs/") => Subject::Job,
            _ if path.starts_with("/exports/") => Subject::Download,
            _ => Subject::Other,
        };
        faults.take(&RequestParts { method: "GET", path, query, pairs: &pairs, subject })
    }

    fn hits(fault: Fault, requests: &[(&str, &str)]) -> Vec<bool> {
        let faults = Faults::default();
        faults.add(fault);
        requests.iter().map(|(path, query)| ask(&faults, path, query).is_some()).collect()
    }

    #[test]
    fn a_fault_applies_to_the_requests_it_matches() {
        use FaultKind::{BrokenJson, EmptyPage, JobNeverEnds, LinkExpired, MissingRow};
        let users = ("/api/v2/users", "");
        let page = |query| ("/api/v2/users", query);
        let four = [users; 4];
        let table = vec![
            (Fault::once(BrokenJson), four.into(), vec![true, false, false, false]),
            (Fault::forever(BrokenJson), four.into(), vec![true; 4]),
            (Fault::once(BrokenJson).times(2), four.into(), vec![true, true, false, false]),
            (Fault::once(BrokenJson).nth(3), four.into(), vec![false, false, true, false]),
            (Fault::forever(BrokenJson).every(2), four.into(), vec![false, true, false, true]),
            (
                Fault::forever(BrokenJson).on_query("page=1"),
                vec![page("page=10"), page("per_page=1"), page("a=b&page=1"), page("page=%31")],
                vec![false, false, true, true],
            ),
            (Fault::forever(BrokenJson).on_query("sort"), vec![page("page=1"), page("sort=x:1")], vec![false, true]),
            (Fault::forever(BrokenJson), vec![("/oauth/token", "")], vec![false]),
            (Fault::forever(EmptyPage), vec![("/api/v2/users/auth0%7C1", ""), users], vec![false, true]),
            (Fault::forever(JobNeverEnds), vec![users, ("/api/v2/jobs/job_1", "")], vec![false, true]),
            (Fault::forever(LinkExpired), vec![("/exports/job_1/t.json.gz", "")], vec![false]),
            (
                Fault::forever(LinkExpired).on_downloads(),
                vec![users, ("/exports/job_1/t.json.gz", "Expires=1")],
                vec![false, true],
            ),
            (
                Fault::forever(MissingRow).on_downloads().on_query("Expires=2"),
                vec![("/exports/a", "Expires=1"), ("/exports/a", "Expires=2"), ("/api/v2/users", "Expires=2")],
                vec![false, true, false],
            ),
        ];
        for (fault, requests, expected) in table {
            assert_eq!(hits(fault.clone(), &requests), expected, "{fault:?}");
        }
    }

    #[test]
    fn the_first_due_fault_is_taken_and_the_next_one_stays() {
        let faults = Faults::default();
        faults.add(Fault::once(FaultKind::BrokenJson));
        faults.add(Fault::once(FaultKind::TruncateBody));
        assert_eq!(ask(&faults, "/api/v2/users", ""), Some(FaultKind::BrokenJson));
        assert_eq!(ask(&faults, "/api/v2/users", ""), Some(FaultKind::TruncateBody));
        assert_eq!(ask(&faults, "/api/v2/users", ""), None);
    }
}
