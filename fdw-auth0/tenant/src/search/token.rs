//! The words, quotes, ranges and operators of a query.

use std::iter::Peekable;
use std::str::Chars;

/// A token of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Value(Value),
    Colon,
    Open,
    Close,
    And,
    Or,
    Not,
}

/// The value that a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Word(Word),
    Quoted(String),
    Range(Range),
}

/// An unquoted word: its literal parts, with a wildcard between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<String>);

impl Word {
    /// The text of a word without wildcards.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// True for a single `*`.
    pub(super) fn is_star(&self) -> bool {
        matches!(self.0.as_slice(), [before, behind] if before.is_empty() && behind.is_empty())
    }
}

/// `[from TO to]`; `None` is an open end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Option<Bound>,
    pub(super) to: Option<Bound>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) text: String,
    pub(super) inclusive: bool,
}

/// Splits a query into tokens.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query.chars().peekable();
    while let Some(&character) = rest.peek() {
        let token = match character {
            _ if is_space(character) => {
                rest.next();
                continue;
            }
            '"' => Token::Value(Value::Quoted(quoted(&mut rest)?)),
            '[' | '{' => Token::Value(Value::Range(range(&mut rest)?)),
            '(' => single(&mut rest, Token::Open),
            ')' => single(&mut rest, Token::Close),
            ':' => single(&mut rest, Token::Colon),
            '!' => single(&mut rest, Token::Not),
            '<' | '>' => return Err(format!("{character} is no operator, a range is written [a TO b]")),
            '+' | '-' | '^' | '~' | '?' | ']' | '}' => {
                return Err(format!(
                    "{character} has no meaning here, as a part of a value it is written \\{character}"
                ));
            }
            _ => word(&mut rest)?,
        };
        tokens.push(token);
    }
    Ok(tokens)
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

fn single(rest: &mut Peekable<Chars<'_>>, token: Token) -> Token {
    rest.next();
    token
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Result<Token, String> {
    let mut parts = vec![];
    let mut literal = String::new();
    let mut escaped = false;
    while let Some(character) =
        rest.next_if(|character| !is_space(*character) && !r#"!():^[]"{}~?"#.contains(*character))
    {
        match character {
            '*' => parts.push(std::mem::take(&mut literal)),
            '\\' => {
                escaped = true;
                literal.push(rest.next().ok_or("it ends with a backslash that escapes nothing")?);
            }
            _ => literal.push(character),
        }
    }
    parts.push(literal);
    let word = Word(parts);
    Ok(match word.literal() {
        Some("AND" | "&&") if !escaped => Token::And,
        Some("OR" | "||") if !escaped => Token::Or,
        Some("NOT") if !escaped => Token::Not,
        _ => Token::Value(Value::Word(word)),
    })
}

/// Reads a text in quotes. Only `\"` and `\\` are escapes in it.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    rest.next();
    let mut text = String::new();
    loop {
        match rest.next() {
            Some('"') => return Ok(text),
            Some('\\') => {
                if !matches!(rest.peek(), Some('"' | '\\')) {
                    text.push('\\');
                }
                text.extend(rest.next());
            }
            Some(character) => text.push(character),
            None => return Err("a quote is not closed".to_owned()),
        }
    }
}

fn range(rest: &mut Peekable<Chars<'_>>) -> Result<Range, String> {
    let inclusive = rest.next() == Some('[');
    let from = end(rest)?;
    if end(rest)? != End::Text("TO".to_owned()) {
        return Err("a range is written [a TO b], with TO in upper case between its ends".to_owned());
    }
    let to = end(rest)?;
    skip_spaces(rest);
    let to_inclusive = match rest.next() {
        Some(']') => true,
        Some('}') => false,
        _ => return Err("a range is not closed with ] or } behind its second end".to_owned()),
    };
    Ok(Range { from: from.bound(inclusive), to: to.bound(to_inclusive) })
}

/// An end of a range, as in the query.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Open,
    Text(String),
    Quoted(String),
}

impl End {
    fn bound(self, inclusive: bool) -> Option<Bound> {
        match self {
            Self::Open => None,
            Self::Text(text) | Self::Quoted(text) => Some(Bound { text, inclusive }),
        }
    }
}

fn skip_spaces(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|character| is_space(*character)).is_some() {}
}

/// Reads a word inside a range, in which only brackets and spaces need an escape.
fn end(rest: &mut Peekable<Chars<'_>>) -> Result<End, String> {
    skip_spaces(rest);
    if rest.peek() == Some(&'"') {
        return quoted(rest).map(End::Quoted);
    }
    let mut text = String::new();
    let mut escaped = false;
    while let Some(character) = rest.next_if(|character| !is_space(*character) && !"[]{}\"".contains(*character)) {
        match character {
            '\\' => {
                escaped = true;
                text.extend(rest.next());
            }
            _ => text.push(character),
        }
    }
    match text.as_str() {
        "" => Err("an end of a range is missing".to_owned()),
        "*" if !escaped => Ok(End::Open),
        _ => Ok(End::Text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(parts: &[&str]) -> Token {
        Token::Value(Value::Word(Word(parts.iter().map(|part| (*part).to_owned()).collect())))
    }

    fn quoted(text: &str) -> Token {
        Token::Value(Value::Quoted(text.to_owned()))
    }

    fn range(from: Option<(&str, bool)>, to: Option<(&str, bool)>) -> Token {
        let bound =
            |bound: Option<(&str, bool)>| bound.map(|(text, inclusive)| Bound { text: text.to_owned(), inclusive });
        Token::Value(Value::Range(Range { from: bound(from), to: bound(to) }))
    }

    #[test]
    fn a_query_is_split_into_tokens() {
        let table = [
            (r"a.b:c", vec![word(&["a.b"]), Token::Colon, word(&["c"])]),
            (r"John\ Doe\*", vec![word(&["John Doe*"])]),
            (r"auth0|1-2+3&4", vec![word(&["auth0|1-2+3&4"])]),
            (r"*", vec![word(&["", ""])]),
            (r"*ab*c", vec![word(&["", "ab", "c"])]),
            (r#""a \"b\" \\ \n *""#, vec![quoted(r#"a "b" \ \n *"#)]),
            (r"AND OR NOT", vec![Token::And, Token::Or, Token::Not]),
            (r"&& || !a", vec![Token::And, Token::Or, Token::Not, word(&["a"])]),
            (r"\AND and &&&", vec![word(&["AND"]), word(&["and"]), word(&["&&&"])]),
            ("(\t)\u{3000}", vec![Token::Open, Token::Close]),
            ("[1 TO 5]", vec![range(Some(("1", true)), Some(("5", true)))]),
            ("{-1 TO 5]", vec![range(Some(("-1", false)), Some(("5", true)))]),
            ("[ 1  TO * }", vec![range(Some(("1", true)), None)]),
            (r#"["a b" TO "*"}"#, vec![range(Some(("a b", true)), Some(("*", false)))]),
            (r"[* TO \*]", vec![range(None, Some(("*", true)))]),
            ("[2024-01-01T00:00:00Z TO *]", vec![range(Some(("2024-01-01T00:00:00Z", true)), None)]),
        ];
        for (query, expected) in table {
            assert_eq!(tokens(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let table = [
            ("+a", "+ has no meaning"),
            ("-a", "- has no meaning"),
            ("a~", "~ has no meaning"),
            ("a^2", "^ has no meaning"),
            ("a?", "? has no meaning"),
            ("a]", "] has no meaning"),
            (">5", "> is no operator"),
            ("a\\", "backslash"),
            (r#""a"#, "a quote is not closed"),
            (r#""a\"#, "a quote is not closed"),
            ("[1 TO 5", "a range is not closed"),
            ("[1 TO 5 6]", "a range is not closed"),
            ("[1 to 5]", "with TO in upper case"),
            (r#"[1 "TO" 5]"#, "with TO in upper case"),
            ("[1 TO ]", "an end of a range is missing"),
            ("[", "an end of a range is missing"),
        ];
        for (query, expected) in table {
            let problem = tokens(query).unwrap_err();
            assert!(problem.contains(expected), "{query}: {problem}");
        }
    }
}
