//! The assignment of an API's endpoint groups to rate limit buckets, as learnt from answers. Pure.
//!
//! Depending on its plan, a tenant has one bucket for everything, or one for each group of endpoints, or both. The
//! answers state a bucket's size and remaining requests, not its name. So two groups with buckets of the same size
//! count as one bucket until an answer shows that there are two: treating two as one is slower for a moment, treating
//! one as two would exceed its limit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bucket::{Admission, Bucket, RateHeaders, RateLimitRules, WaiterId};
use crate::model::WHOLE_API;

/// The longest time, in seconds, that an unknown group waits for another group's bucket before it probes its own: the
/// other bucket may allow only a few requests a day.
const LONGEST_WAIT_FOR_ANOTHERS: f64 = 5.0;
/// The most buckets that are kept although no group uses them.
const MOST_UNUSED: usize = 16;

/// All buckets of one API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Buckets {
    pub(super) origin: String,
    /// The buckets, in the order in which they were found.
    found: Vec<Drawn>,
    /// The number of buckets found so far.
    count: u64,
}

/// A bucket and the groups of endpoints that are known to use it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Drawn {
    id: BucketId,
    groups: BTreeSet<String>,
    bucket: Bucket,
}

impl Drawn {
    /// The group's name, or [`WHOLE_API`] for a bucket of several groups; `None` if no group uses it.
    fn name(&self) -> Option<&str> {
        let first = self.groups.first()?;
        Some(if self.groups.len() == 1 { first } else { WHOLE_API })
    }
}

/// Identifies a bucket of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketId(u64);

/// A request that was admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) bucket: BucketId,
    /// Its number among the bucket's requests.
    pub(crate) number: u64,
    /// The time at which it was sent.
    pub(crate) sent: f64,
}

impl Buckets {
    /// Takes one request of a group for `id`, or puts it into the queue. `may_try` says whether it is sent even
    /// if the API probably refuses it.
    pub(crate) fn admit(
        &mut self,
        group: &str,
        id: WaiterId,
        rules: &RateLimitRules,
        now: f64,
        (is_alive, may_try): (impl Fn(u32) -> bool, impl Fn() -> bool),
    ) -> (Admission, BucketId) {
        let known = self.found.iter().position(|drawn| drawn.groups.contains(group));
        // Until its first answer, a group uses the bucket that was found first.
        let at = match (known, self.found.is_empty()) {
            (Some(at), _) => at,
            (None, false) => 0,
            (None, true) => self.add(group),
        };
        let (mut admission, mut bucket) = self.admit_from(at, id, rules, now, &is_alive);
        if let Admission::Wait { until, .. } = admission
            && known.is_none()
            && until > now + LONGEST_WAIT_FOR_ANOTHERS
        {
            self.leave(id);
            let at = self.add(group);
            (admission, bucket) = self.admit_from(at, id, rules, now, &is_alive);
        }
        if matches!(admission, Admission::Wait { stated_until: Some(_), .. })
            && may_try()
            && let Some(drawn) = self.found.iter_mut().find(|drawn| drawn.id == bucket)
        {
            admission = Admission::Go(drawn.bucket.admit_blocked(id, rules, now));
        }
        (admission, bucket)
    }

    fn admit_from(
        &mut self,
        at: usize,
        id: WaiterId,
        rules: &RateLimitRules,
        now: f64,
        is_alive: &impl Fn(u32) -> bool,
    ) -> (Admission, BucketId) {
        // The request may have waited for another bucket until now.
        for (other, drawn) in self.found.iter_mut().enumerate() {
            if other != at {
                drawn.bucket.leave(id);
            }
        }
        let drawn = &mut self.found[at];
        (drawn.bucket.admit(id, rules, now, is_alive), drawn.id)
    }

    /// True if every bucket has had an answer.
    pub(crate) fn is_known(&self) -> bool {
        self.found.iter().all(|drawn| drawn.bucket.is_known())
    }

    /// Takes `id` out of every queue.
    pub(crate) fn leave(&mut self, id: WaiterId) {
        self.found.iter_mut().for_each(|drawn| drawn.bucket.leave(id));
    }

    /// Records that a request got no answer.
    pub(crate) fn fail(&mut self, ticket: Ticket, now: f64) {
        if let Some(drawn) = self.found.iter_mut().find(|drawn| drawn.id == ticket.bucket) {
            drawn.bucket.fail(now);
        }
    }

    /// Learns from the answer to a request of a group; `refused` is the wait in seconds that a refusal asks for.
    pub(crate) fn learn(
        &mut self,
        group: &str,
        ticket: Ticket,
        said: &RateHeaders,
        refused: Option<Option<f64>>,
        rules: &RateLimitRules,
        now: f64,
    ) {
        let at = self.place(group, ticket, said, refused.is_some(), now);
        let drawn = &mut self.found[at];
        let bucket = &mut drawn.bucket;
        match refused {
            Some(wait) => bucket.refuse(said, wait, rules, now),
            None => {
                // Another bucket did not count this request, so it needs a number there.
                let number = if drawn.id == ticket.bucket { ticket.number } else { bucket.count(rules, now) };
                bucket.learn(number, said, rules, now - ticket.sent, now);
            }
        }
    }

    /// Finds the bucket that an answer is about, and assigns the answer's group to it.
    fn place(&mut self, group: &str, ticket: Ticket, said: &RateHeaders, is_refused: bool, now: f64) -> usize {
        let fits = |drawn: &Drawn| drawn.bucket.can_have_said(said, ticket.sent, now);
        let drawn_from = self.found.iter().position(|drawn| drawn.groups.contains(group));
        let sent_by = self.found.iter().position(|drawn| drawn.id == ticket.bucket);
        let Some(current) = drawn_from.or(sent_by) else { return self.add(group) };
        // A group may share another group's bucket if its own was just found, or if its own refused a request that it
        // should have had.
        let is_unsure = is_refused || !self.found[current].bucket.is_known();
        let stays = fits(&self.found[current]);
        if stays && !is_unsure {
            return self.join(group, current);
        }
        let another = |(at, drawn): &(usize, &Drawn)| *at != current && drawn.bucket.has_limit(said) && fits(drawn);
        if let Some((at, _)) = self.found.iter().enumerate().find(another) {
            return self.join(group, at);
        }
        let is_alone = self.found[current].groups.iter().all(|other| other == group);
        // The only group of a bucket need not be separated from others: the bucket itself has changed.
        if stays || (is_alone && drawn_from.is_some()) { self.join(group, current) } else { self.add(group) }
    }

    /// Assigns a group to a bucket, and to no other.
    fn join(&mut self, group: &str, at: usize) -> usize {
        for (other, drawn) in self.found.iter_mut().enumerate() {
            if other == at {
                if !drawn.groups.contains(group) {
                    drawn.groups.insert(group.to_owned());
                }
            } else {
                drawn.groups.remove(group);
            }
        }
        at
    }

    /// Adds a bucket for one group alone.
    fn add(&mut self, group: &str) -> usize {
        let mut unused = self.found.iter().filter(|drawn| drawn.groups.is_empty()).count();
        self.found.retain(|drawn| {
            let is_kept = unused < MOST_UNUSED || !drawn.groups.is_empty();
            unused -= usize::from(!is_kept);
            is_kept
        });
        self.count += 1;
        self.found.push(Drawn { id: BucketId(self.count), groups: BTreeSet::new(), bucket: Bucket::default() });
        self.join(group, self.found.len() - 1)
    }

    /// The buckets that groups use, by name.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, &Bucket)> {
        self.found.iter().filter_map(|drawn| Some((drawn.name()?, &drawn.bucket)))
    }

    /// The bucket of a group, with its name; `None` before the group's first answer.
    pub(crate) fn of(&self, group: &str) -> Option<(&str, &Bucket)> {
        let drawn = self.found.iter().find(|drawn| drawn.groups.contains(group))?;
        Some((drawn.name()?, &drawn.bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: RateLimitRules = RateLimitRules { rate: None, headroom: 0.2, longest_block: 60.0 };

    fn id(process: u32) -> WaiterId {
        WaiterId { process, number: 0 }
    }

    fn said(limit: f64, remaining: f64) -> RateHeaders {
        RateHeaders { limit: Some(limit), remaining: Some(remaining), reset: None }
    }

    fn send(buckets: &mut Buckets, group: &str, now: f64) -> Option<Ticket> {
        match buckets.admit(group, id(1), &RULES, now, (|_| true, || false)) {
            (Admission::Go(number), bucket) => Some(Ticket { bucket, number, sent: now }),
            (Admission::Wait { .. } | Admission::ProbeFailed, _) => None,
        }
    }

    /// Sends a request that is answered at once.
    fn ask(buckets: &mut Buckets, group: &str, said: RateHeaders, now: f64) {
        let ticket = send(buckets, group, now).unwrap_or_else(|| panic!("{group} has to wait at {now}"));
        buckets.learn(group, ticket, &said, None, &RULES, now);
    }

    fn names(buckets: &Buckets) -> Vec<&str> {
        buckets.named().map(|(name, _)| name).collect()
    }

    #[test]
    fn groups_share_a_bucket_until_an_answer_shows_two_buckets() {
        // The answers in order, 0.01 s apart: group, limit, remaining.
        type Answers = &'static [(&'static str, f64, f64)];
        let cases: &[(Answers, &[&str])] = &[
            (&[("users", 10.0, 9.0)], &["users"]),
            (&[("users", 10.0, 9.0), ("clients", 10.0, 8.0), ("logs", 10.0, 7.0)], &[WHOLE_API]),
            // Another client took some.
            (&[("users", 10.0, 9.0), ("clients", 10.0, 4.0)], &[WHOLE_API]),
            // A small bucket is treated like any other.
            (&[("users", 2.0, 1.0)], &["users"]),
            (&[("users", 10.0, 5.0), ("clients", 10.0, 9.0)], &["users", "clients"]),
            (&[("users", 40.0, 39.0), ("clients", 5.0, 4.0)], &["users", "clients"]),
            (
                &[("users", 50.0, 49.0), ("organizations", 10.0, 9.0), ("clients", 50.0, 48.0)],
                &[WHOLE_API, "organizations"],
            ),
            // The plan changes, and the second group learns it later.
            (
                &[("users", 50.0, 49.0), ("clients", 50.0, 48.0), ("users", 10.0, 9.0), ("clients", 10.0, 8.0)],
                &[WHOLE_API],
            ),
            // Two buckets that have the same level at first.
            (
                &[("a", 20.0, 19.0), ("b", 20.0, 19.0), ("a", 20.0, 18.0), ("a", 20.0, 17.0), ("b", 20.0, 19.0)],
                &["a", "b"],
            ),
            // A bucket of one group changes its size and stays the same bucket.
            (&[("users", 10.0, 9.0), ("users", 50.0, 49.0), ("users", 10.0, 9.0)], &["users"]),
        ];
        for (answers, expected) in cases {
            let mut buckets = Buckets::default();
            for (number, (group, limit, remaining)) in answers.iter().enumerate() {
                ask(&mut buckets, group, said(*limit, *remaining), 100.0 + number as f64 / 100.0);
            }
            assert_eq!(names(&buckets), *expected, "{answers:?}");
        }
    }

    #[test]
    fn the_first_request_probes_for_all_groups() {
        let mut buckets = Buckets::default();
        let first = send(&mut buckets, "users", 100.0).unwrap();
        assert_eq!(send(&mut buckets, "clients", 100.1), None, "it waits for the first answer");
        buckets.learn("users", first, &said(2.0, 1.0), None, &RULES, 100.2);
        assert_eq!(send(&mut buckets, "clients", 100.2), None, "one remains, and it is reserved for others");
    }

    #[test]
    fn a_refusal_joins_groups_with_buckets_of_the_same_size() {
        let mut buckets = Buckets::default();
        ask(&mut buckets, "users", said(10.0, 5.0), 100.0);
        ask(&mut buckets, "clients", said(10.0, 9.0), 100.0);
        assert_eq!(names(&buckets), ["users", "clients"]);
        let ticket = send(&mut buckets, "clients", 100.1).unwrap();
        buckets.learn("clients", ticket, &said(10.0, 0.0), Some(Some(3.0)), &RULES, 100.1);
        assert_eq!(names(&buckets), [WHOLE_API]);
        assert_eq!(send(&mut buckets, "users", 100.2), None, "the refusal applies to this group too");
    }

    #[test]
    fn an_unknown_group_does_not_wait_long_for_another_groups_bucket() {
        let mut buckets = Buckets::default();
        let ticket = send(&mut buckets, "keys", 100.0).unwrap();
        buckets.learn("keys", ticket, &said(5.0, 0.0), Some(Some(3600.0)), &RULES, 100.0);
        ask(&mut buckets, "users", said(40.0, 39.0), 100.1);
        assert_eq!(names(&buckets), ["keys", "users"]);
        assert_eq!(send(&mut buckets, "keys", 100.1), None);
    }

    #[test]
    fn limits_that_change_with_every_answer_do_not_fill_the_record() {
        let mut buckets = Buckets::default();
        for number in 0..500 {
            let group = ["a", "b", "c"][number % 3];
            let limit = 100.0 + number as f64;
            ask(&mut buckets, group, said(limit, limit - 1.0), 100.0 + number as f64);
        }
        assert!(buckets.found.len() <= MOST_UNUSED + 3, "{}", buckets.found.len());
    }

    /// Simulates groups with requests in flight, and another client; returns the numbers of sent requests, of refused ones,
    /// and of refused ones of the other client.
    fn simulate(
        limit: f64,
        rate: f64,
        groups: u32,
        (others, first): (f64, f64),
        latency: f64,
        is_one: bool,
    ) -> (u32, u32, u32) {
        const STEP: f64 = 0.002;
        let size = if is_one { 1 } else { groups as usize };
        let (mut fillings, mut buckets) = (vec![limit; size], Buckets::default());
        let (mut sent, mut refused, mut others_refused, mut others_due) = (0, 0, 0, first);
        // (answered at, group, ticket)
        let mut flights: Vec<(f64, u32, Ticket)> = Vec::new();
        for step in 0..30_000 {
            let now = 1000.0 + f64::from(step) * STEP;
            fillings.iter_mut().for_each(|filling| *filling = (*filling + rate * STEP).min(limit));
            others_due += others * STEP;
            if others_due >= 1.0 {
                others_due -= 1.0;
                match fillings[0] >= 1.0 {
                    true => fillings[0] -= 1.0,
                    false => others_refused += 1,
                }
            }
            flights.retain(|(at, group, ticket)| {
                if *at > now {
                    return true;
                }
                let filling = &mut fillings[if is_one { 0 } else { *group as usize }];
                let is_refused = *filling < 1.0;
                if !is_refused {
                    *filling -= 1.0;
                }
                let reset = Some((1.0 / rate).ceil());
                let said = RateHeaders { limit: Some(limit), remaining: Some(filling.floor()), reset };
                let refusal = is_refused.then_some(reset);
                buckets.learn(&format!("group {group}"), *ticket, &said, refusal, &RULES, now);
                (sent, refused) = (sent + u32::from(!is_refused), refused + u32::from(is_refused));
                false
            });
            for group in 0..groups {
                if flights.iter().all(|flight| flight.1 != group)
                    && let (Admission::Go(number), bucket) =
                        buckets.admit(&format!("group {group}"), id(group), &RULES, now, (|_| true, || false))
                {
                    let late = latency * (1.0 + f64::from((group * 7 + number as u32 * 3) % 5) / 3.0);
                    flights.push((now + late, group, Ticket { bucket, number, sent: now }));
                }
            }
        }
        (sent, refused, others_refused)
    }

    #[test]
    fn groups_that_share_a_bucket_leave_the_headroom_to_others() {
        // Limit, rate per second, groups, requests of others per second, how many of these may be refused, and the least
        // share of the allowed requests that must be sent. If one request is left to others, two of theirs at once may
        // not find it; if that is half of the bucket, each answer is waited for.
        let cases = [
            (10.0, 2.0, 3, 1.0 / 1.5, 0, 0.85),
            (10.0, 2.5, 6, 0.5, 0, 0.85),
            (50.0, 16.0, 8, 4.0, 0, 0.85),
            (2.0, 2.0, 3, 1.0 / 1.5, 0, 0.5),
            (5.0, 0.8, 3, 0.2, 1, 0.85),
        ];
        for (limit, rate, groups, others, most_refused, least) in cases {
            for phase in 0..10_u8 {
                let (first, latency) = (f64::from(phase) / 10.0, [0.003, 0.05, 0.2][usize::from(phase) % 3]);
                let (sent, refused, others_refused) = simulate(limit, rate, groups, (others, first), latency, true);
                let case = format!("{limit}, {rate}/s, {groups} groups, {latency} s, {others}/s others from {first}");
                assert!(refused <= 2, "{refused} refused: {case}");
                assert!(others_refused <= most_refused, "{others_refused} of others refused: {case}");
                let allowed = (limit + (rate - others) * 60.0) * (1.0 - RULES.headroom);
                assert!(f64::from(sent) >= least * allowed, "too slow, {sent} of {allowed}: {case}");
            }
        }
    }

    #[test]
    fn groups_with_buckets_of_their_own_use_them() {
        for (limit, rate, groups) in [(10.0, 2.0, 3), (40.0, 8.3, 2), (5.0, 0.8, 3)] {
            let (sent, refused, _) = simulate(limit, rate, groups, (0.0, 0.0), 0.05, false);
            let allowed = f64::from(groups) * (limit + rate * 60.0) * (1.0 - RULES.headroom);
            let by_latency = f64::from(groups) * 60.0 / 0.1;
            let case = format!("{limit}, {rate}/s, {groups} groups: {sent} sent of {allowed}, {refused} refused");
            assert!(f64::from(sent) >= 0.8 * allowed.min(by_latency) && refused <= 2, "{case}");
        }
    }
}
