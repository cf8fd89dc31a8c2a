//! Joins on the users' key generated from a seed, with `{t}` in place of the table and `keys` on the other side.

use fastrand::Rng;

/// Generates joins, the same ones for the same seed.
pub(crate) struct Joins(Rng);

impl Joins {
    pub(crate) fn new(seed: u64) -> Self {
        Joins(Rng::with_seed(seed))
    }

    pub(crate) fn join(&mut self) -> String {
        let (outer, filter) = (self.outer(), self.filter());
        let equal = self.pick(&["t.user_id = k.id", "k.id = t.user_id", "t.user_id = k.id || ''"]);
        match self.0.u8(..11) {
            0 | 1 => {
                format!("select k.n, t.user_id, t.email, t.blocked from {outer} k join {{t}} t on {equal} and {filter}")
            }
            2 => format!("select k.n, t.* from {outer} k left join {{t}} t on {equal} and {filter}"),
            3 => format!("select k.n from {outer} k where exists (select from {{t}} t where {equal} and {filter})"),
            4 => format!("select k.n from {outer} k where not exists (select from {{t}} t where {equal} and {filter})"),
            5 => format!(
                "select g.g, (select count(t.email) from {outer} k join {{t}} t on {equal} where k.n % 7 = g.g and {filter}) \
                 from generate_series(0, {}) g (g)",
                self.0.u8(1..7)
            ),
            6 => format!(
                "select k.n, x.name from {outer} k, lateral (select t.name from {{t}} t join keys o on o.id = t.user_id \
                 where {equal} and o.n <= {} and {filter}) x",
                self.0.u8(..60)
            ),
            7 => format!(
                "select k.n, t.email, u.name from {outer} k join {{t}} t on {equal} left join {{t}} u \
                 on u.user_id = k.other and {}",
                filter.replace("t.", "u.")
            ),
            8 => format!(
                "select count(*) from (select from {outer} k join {{t}} t on {equal} where {filter} limit {}) l",
                self.0.u8(..40)
            ),
            9 => format!(
                "select max(t.email), count(*) from {outer} k join {{t}} t on {equal} group by k.n % 5, ({filter}) is null"
            ),
            _ => format!(
                "select t.user_id, t.app_metadata from {{t}} t where t.user_id in (select k.id from {outer} k) and {filter}"
            ),
        }
    }

    fn outer(&mut self) -> String {
        let (from, to) = (self.0.u8(..200), self.0.u8(..200));
        match self.0.u8(..5) {
            0 => "keys".to_owned(),
            1 => format!("(select * from keys where n between {} and {})", from.min(to), from.max(to)),
            2 => format!("(select * from keys order by n desc limit {from})"),
            3 => "(select * from keys union all select n + 1000, other, id from keys)".to_owned(),
            _ => format!("(select n, id, other from keys, generate_series(1, {}))", 1 + from % 4),
        }
    }

    fn filter(&mut self) -> &'static str {
        self.pick(&["true", "true", "t.blocked", "t.email like '%@x.%'", "t.name is not null", "t.logins_count > 1"])
    }

    fn pick(&mut self, values: &[&'static str]) -> &'static str {
        values[self.0.usize(..values.len())]
    }
}
