//! The grammar: clauses, their operators and groups.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::field::Field;
use super::node::Node;
use super::token::{Token, Value, tokens};

/// Maximum depth of groups and negations, which protects the stack.
const DEPTH: usize = 50;

/// Parses a whole query.
pub(super) fn query(text: &str) -> Result<Node, String> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable() };
    let node = parser.any(None, 0)?;
    match parser.tokens.next() {
        None => Ok(node),
        Some(Token::Close) => Err("there is a ) without its (".to_owned()),
        Some(token) => Err(format!("there is neither AND nor OR before {}", shown(&token))),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
}

impl Parser {
    /// Parses clauses with `OR` between them; `field` is the field of values without one.
    fn any(&mut self, field: Option<&Field>, depth: usize) -> Result<Node, String> {
        let first = self.all(field, depth)?;
        let mut nodes = vec![first];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            nodes.push(self.all(field, depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    /// Parses clauses with `AND` between them.
    fn all(&mut self, field: Option<&Field>, depth: usize) -> Result<Node, String> {
        let first = self.negated(field, depth)?;
        let mut nodes = vec![first];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            nodes.push(self.negated(field, depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn negated(&mut self, field: Option<&Field>, depth: usize) -> Result<Node, String> {
        if self.tokens.next_if_eq(&Token::Not).is_none() {
            return self.clause(field, depth);
        }
        let node = self.negated(field, deeper(depth)?)?;
        Ok(Node::Not(Box::new(node)))
    }

    fn clause(&mut self, field: Option<&Field>, depth: usize) -> Result<Node, String> {
        let value = match self.tokens.next() {
            Some(Token::Open) => return self.group(field, depth),
            Some(Token::Value(value)) => value,
            other => return Err(expected("a clause", other)),
        };
        if self.tokens.next_if_eq(&Token::Colon).is_some() {
            return self.named(&value, depth);
        }
        match field {
            Some(field) => field.test(value).map(Node::Test),
            None => Err(format!("{} has no field, a clause is written field:value", shown(&Token::Value(value)))),
        }
    }

    /// Parses the part after `name:`.
    fn named(&mut self, name: &Value, depth: usize) -> Result<Node, String> {
        let name = literal(name).ok_or("a field is a word without quotes and wildcards")?;
        if name == "_exists_" {
            return match self.tokens.next() {
                Some(Token::Value(value)) if literal(&value).is_some() => {
                    let field = Field::named(literal(&value).unwrap_or_default())?;
                    Ok(Node::Test(field.exists()))
                }
                other => Err(expected("the name of a field behind _exists_:", other)),
            };
        }
        let field = Field::named(name)?;
        match self.tokens.next() {
            Some(Token::Open) => self.group(Some(&field), depth),
            Some(Token::Value(value)) => field.test(value).map(Node::Test),
            other => Err(expected(&format!("a value of {field}"), other)),
        }
    }

    /// Parses the part after a `(`, up to its `)`.
    fn group(&mut self, field: Option<&Field>, depth: usize) -> Result<Node, String> {
        let node = self.any(field, deeper(depth)?)?;
        match self.tokens.next() {
            Some(Token::Close) => Ok(node),
            None => Err("a ( is not closed".to_owned()),
            Some(token) => Err(format!("there is neither AND nor OR before {}", shown(&token))),
        }
    }
}

fn deeper(depth: usize) -> Result<usize, String> {
    if depth == DEPTH {
        return Err(format!("more than {DEPTH} groups or negations are inside each other"));
    }
    Ok(depth + 1)
}

fn literal(value: &Value) -> Option<&str> {
    match value {
        Value::Word(word) => word.literal(),
        _ => None,
    }
}

fn expected(what: &str, found: Option<Token>) -> String {
    match found {
        None => format!("it ends where {what} is expected"),
        Some(token) => format!("{} is where {what} is expected", shown(&token)),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Value(Value::Word(word)) => format!("'{}'", word.0.join("*")),
        Token::Value(Value::Quoted(text)) => format!("\"{text}\""),
        Token::Value(Value::Range(_)) => "a range".to_owned(),
        Token::Colon => "a colon".to_owned(),
        Token::Open => "a (".to_owned(),
        Token::Close => "a )".to_owned(),
        Token::And => "AND".to_owned(),
        Token::Or => "OR".to_owned(),
        Token::Not => "NOT".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The structure of a query: `|`, `&`, `!` and the text that each test wants.
    fn structure(node: &Node) -> String {
        use crate::search::field::Condition;
        let list = |nodes: &[Node]| nodes.iter().map(structure).collect::<Vec<_>>().join(" ");
        match node {
            Node::Any(nodes) => format!("(| {})", list(nodes)),
            Node::All(nodes) => format!("(& {})", list(nodes)),
            Node::Not(node) => format!("!{}", structure(node)),
            Node::Test(test) => match &test.condition {
                Condition::Text(text) => format!("{}={text}", test.field),
                Condition::Exists => format!("{}?", test.field),
                other => format!("{}{other:?}", test.field),
            },
        }
    }

    #[test]
    fn operators_have_their_precedence_and_groups_override_it() {
        let table = [
            ("name:a", "name=a"),
            ("name: a", "name=a"),
            ("name:a OR name:b AND name:c", "(| name=a (& name=b name=c))"),
            ("name:a AND name:b OR name:c", "(| (& name=a name=b) name=c)"),
            ("(name:a OR name:b) AND name:c", "(& (| name=a name=b) name=c)"),
            ("NOT name:a AND name:b", "(& !name=a name=b)"),
            ("name:a AND NOT (name:b OR name:c)", "(& name=a !(| name=b name=c))"),
            ("!name:a && !!name:b || name:c", "(| (& !name=a !!name=b) name=c)"),
            (r#"name:("a" OR b AND NOT c)"#, "(| name=a (& name=b !name=c))"),
            ("name:(a OR (b AND c)) AND name:d", "(& (| name=a (& name=b name=c)) name=d)"),
            ("name:(a OR nickname:b)", "(| name=a nickname=b)"),
            (r"name:NOT\ a OR name:\OR", "(| name=not a name=or)"),
            ("NOT _exists_:email", "!email?"),
            ("_exists_:user_metadata.a\\ b.c", "user_metadata.a b.c?"),
            ("name:*", "name?"),
            ("((name:a))", "name=a"),
        ];
        for (text, expected) in table {
            assert_eq!(query(text).map(|node| structure(&node)).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn malformed_queries_are_refused() {
        let nested = |count: usize| format!("{}name:a{}", "(".repeat(count), ")".repeat(count));
        assert!(query(&nested(DEPTH)).is_ok());
        let (deep, negated) = (nested(DEPTH + 1), format!("{}name:a", "!".repeat(5_000)));
        let table = [
            (" ", "it ends where a clause is expected"),
            ("jane", "'jane' has no field"),
            ("\"jane\"", "\"jane\" has no field"),
            ("[1 TO 2]", "a range has no field"),
            ("(jane)", "'jane' has no field"),
            ("name:a and name:b", "neither AND nor OR before 'and'"),
            ("name:a name:b", "neither AND nor OR before 'name'"),
            ("name:a NOT name:b", "neither AND nor OR before NOT"),
            ("name:a(name:b)", "neither AND nor OR before a ("),
            ("name:(a b)", "neither AND nor OR before 'b'"),
            ("name:a:b", "neither AND nor OR before a colon"),
            ("name:", "it ends where a value of name is expected"),
            ("name:NOT a", "NOT is where a value of name is expected"),
            (":a", "a colon is where a clause is expected"),
            ("AND name:a", "AND is where a clause"),
            ("name:a OR", "it ends where a clause"),
            ("NOT", "it ends where a clause"),
            ("()", "a ) is where a clause"),
            ("(name:a", "a ( is not closed"),
            ("name:(a", "a ( is not closed"),
            ("name:a)", "a ) without its ("),
            ("*:*", "a field is a word"),
            ("\"name\":a", "a field is a word"),
            ("_exists_:", "it ends where the name of a field"),
            ("_exists_:em*", "'em*' is where the name of a field"),
            ("_exists_:(email OR name)", "a ( is where the name of a field"),
            ("name:-a", "- has no meaning"),
            (&deep, "inside each other"),
            (&negated, "inside each other"),
        ];
        for (text, expected) in table {
            let problem = query(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
