//! The part of Lucene 2.9.4's query language that searches use, written without ambiguity.
//!
//! Every group holds one operator only, and every value is quoted or escaped
//! (<https://lucene.apache.org/core/2_9_4/queryparsersyntax.html>).

use fdw_common::filter::Search;

/// The longest query sent, percent-encoded. Auth0 refuses long ones (414) without naming a limit; 8 kB
/// for a whole request line is a common limit of servers.
const MAX_ENCODED: usize = 4_000;

/// The longest text that is searched, in bytes. An index may leave out longer ones.
const MAX_TEXT: usize = 256;

/// The rows that a search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rows {
    /// All rows: no search is needed.
    All,
    /// No rows.
    None,
    /// The rows that the clause finds.
    Found(Clause),
}

/// A piece of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clause {
    /// `field:value`
    Term(String),
    /// `field:("a" OR "b")`
    AnyOf {
        field: String,
        values: Vec<String>,
    },
    And(Vec<Clause>),
    Or(Vec<Clause>),
    Not(Box<Clause>),
}

impl Rows {
    pub(super) fn and(all: Vec<Rows>) -> Rows {
        let mut clauses = Vec::new();
        for rows in all {
            match rows {
                Rows::All => {}
                Rows::None => return Rows::None,
                Rows::Found(Clause::And(inner)) => clauses.extend(inner),
                Rows::Found(clause) => clauses.push(clause),
            }
        }
        // A single clause is not grouped: a group has two members or more.
        match clauses.pop() {
            None => Rows::All,
            Some(only) if clauses.is_empty() => Rows::Found(only),
            Some(last) => {
                clauses.push(last);
                Rows::Found(Clause::And(clauses))
            }
        }
    }

    /// The union of `any`; `otherwise` if the `OR` cannot be written safely.
    pub(super) fn or(any: Vec<Rows>, otherwise: Rows) -> Rows {
        let mut clauses = Vec::new();
        for rows in any {
            match rows {
                Rows::All => return Rows::All,
                Rows::None => {}
                Rows::Found(Clause::Or(inner)) => clauses.extend(inner),
                Rows::Found(clause) => clauses.push(clause),
            }
        }
        match clauses.pop() {
            None => Rows::None,
            Some(only) if clauses.is_empty() => Rows::Found(only),
            Some(last) => {
                clauses.push(last);
                if clauses.iter().any(Clause::is_negative) { otherwise } else { Rows::Found(Clause::Or(clauses)) }
            }
        }
    }

    pub(super) fn not(self) -> Rows {
        match self {
            Rows::All => Rows::None,
            Rows::None => Rows::All,
            Rows::Found(Clause::Not(clause)) => Rows::Found(*clause),
            Rows::Found(clause) => Rows::Found(Clause::Not(Box::new(clause))),
        }
    }
}

impl Clause {
    /// True if the clause has only exclusions.
    fn is_negative(&self) -> bool {
        match self {
            Clause::Not(_) => true,
            Clause::And(clauses) => clauses.iter().all(Clause::is_negative),
            _ => false,
        }
    }

    /// The query's text; a group inside another group is in parentheses.
    fn write(&self, inside: bool) -> String {
        let join = |clauses: &[Clause], operator: &str| {
            let text = clauses.iter().map(|clause| clause.write(true)).collect::<Vec<_>>().join(operator);
            if inside { format!("({text})") } else { text }
        };
        match self {
            Clause::Term(term) => term.clone(),
            Clause::AnyOf { field, values } => format!("{field}:({})", values.join(" OR ")),
            Clause::And(clauses) => join(clauses, " AND "),
            Clause::Or(clauses) => join(clauses, " OR "),
            Clause::Not(clause) => format!("NOT {}", clause.write(true)),
        }
    }

    fn encoded_len(&self) -> usize {
        encoded_len(&self.write(false))
    }
}

fn encoded_len(text: &str) -> usize {
    url::form_urlencoded::byte_serialize(text.as_bytes()).map(str::len).sum()
}

/// The queries for a clause: one, or one for each part of a list if the list makes a single query too long. Other
/// clauses that are too long are left out, so that the search finds more rows.
pub(super) fn queries(clause: Clause) -> Search {
    let mut clauses = match clause {
        Clause::And(clauses) => clauses,
        clause => vec![clause],
    };
    loop {
        let whole = Clause::And(clauses.clone());
        let length = whole.encoded_len();
        if length <= MAX_ENCODED {
            return match clauses.as_slice() {
                [] => Search::Whole,
                // Every query is a conjunction, so that a slice of it can be searched.
                [only] => Search::Queries(vec![only.write(true)]),
                _ => Search::Queries(vec![whole.write(false)]),
            };
        }
        let Some(longest) = (0..clauses.len()).max_by_key(|at| clauses[*at].encoded_len()) else {
            return Search::Whole;
        };
        let removed = clauses.swap_remove(longest);
        if let Clause::AnyOf { field, values } = removed
            && length - encoded_len(&values.join(" OR ")) <= MAX_ENCODED / 2
        {
            return Search::Queries(parts(&clauses, &field, values));
        }
    }
}

fn parts(others: &[Clause], field: &str, values: Vec<String>) -> Vec<String> {
    let mut queries = Vec::new();
    let mut part: Vec<String> = Vec::new();
    let mut room = MAX_ENCODED / 2;
    let query = |values: Vec<String>| {
        let mut clauses = others.to_vec();
        clauses.push(Clause::AnyOf { field: field.to_owned(), values });
        Clause::And(clauses).write(false)
    };
    for value in values {
        let length = encoded_len(&value) + " OR ".len();
        if length > room && !part.is_empty() {
            queries.push(query(std::mem::take(&mut part)));
            room = MAX_ENCODED / 2;
        }
        room = room.saturating_sub(length);
        part.push(value);
    }
    if !part.is_empty() {
        queries.push(query(part));
    }
    queries
}

/// True for a text that the index holds unchanged, as far as is documented.
pub(super) fn is_searchable(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TEXT && text.trim() == text && !text.contains(char::is_control)
}

/// The text in quotes, which is compared as a whole. Inside the quotes only the quote and the backslash are special.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// The text with every special character escaped, for use outside of quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_ascii_alphanumeric() && character != '_' {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
