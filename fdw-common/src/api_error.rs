//! Messages in the bodies of error responses, in common formats: OAuth2 (RFC 6749, 5.2), problem details (RFC 9457),
//! JSON:API, Google, FastAPI, Django, and objects with a `message`. Also the members that make a response with status
//! 200 an error.

use serde_json::{Map, Value};

use crate::error::one_line;
use crate::json;

/// Members with a sentence about the failure, the most specific first.
const SENTENCES: &[&str] = &[
    "detail",
    "error_description",
    "message",
    "description",
    "reason",
    "msg",
    "error_message",
    "errorMessage",
    "faultstring",
];

/// Members with a short name for the kind of error.
const NAMES: &[&str] = &["title", "error", "code", "status"];

/// Members that hold one or several errors.
const ERRORS: &[&str] = &["errors", "error", "fault", "errorMessages", "non_field_errors"];

/// The longest message in characters. The caller removes secrets first and then shortens it further.
const LONGEST: usize = 10_000;

/// Limits for nested errors: their depth, and how many of a list are shown.
const DEEPEST: usize = 4;
const MOST: usize = 3;

/// The message of an error response's body, on one line. `None` if the body is not JSON or has no message.
pub fn message(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(json::without_byte_order_mark(body)).ok()?;
    let said = one_line(&text_in(&body, 0)?, LONGEST);
    Some(said.trim().to_owned()).filter(|said| !said.is_empty())
}

fn text_in(value: &Value, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(list) => {
            let said: Vec<String> = list.iter().filter_map(|value| text_in(value, depth + 1)).take(MOST).collect();
            Some(said.join("; ")).filter(|said| !said.is_empty())
        }
        Value::Object(object) => text_in_object(object, depth),
        _ => None,
    }
}

fn text_in_object(object: &Map<String, Value>, depth: usize) -> Option<String> {
    let member = |name: &str| find(object, name);
    let words = |value: &Value| text_in(value, depth + 1).filter(|_| !value.is_object());
    let sentence = SENTENCES.iter().find_map(|name| words(member(name)?));
    let name = NAMES.iter().find_map(|name| member(name)?.as_str().filter(|text| !is_verdict(text)));
    let below = ERRORS.iter().find_map(|name| text_in(member(name).filter(|value| !value.is_string())?, depth + 1));
    let text = match (sentence, name, below) {
        (Some(sentence), _, Some(below)) if sentence != below => Some(format!("{sentence} ({below})")),
        (Some(sentence), Some(name), _) if sentence != name => Some(format!("{sentence} ({name})")),
        (Some(only), _, _) | (None, _, Some(only)) => Some(only),
        (None, Some(name), None) => Some(name.to_owned()),
        (None, None, None) => text_in_fields(object, depth),
    }?;
    match place(object) {
        Some(place) => Some(format!("{place}: {text}")),
        None => Some(text),
    }
}

/// Texts by field name, as Django sends them: `{"field": ["why", …]}`.
fn text_in_fields(object: &Map<String, Value>, depth: usize) -> Option<String> {
    let is_text = |value: &Value| value.is_string() && depth > 0;
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().any(Value::is_string));
    let fields = object.iter().filter(|(_, value)| is_text(value) || is_list(value));
    let said: Vec<String> = fields
        .filter_map(|(field, value)| Some(format!("{field}: {}", text_in(value, depth + 1)?)))
        .take(MOST)
        .collect();
    Some(said.join("; ")).filter(|said| !said.is_empty())
}

/// The field that an error refers to: `field`, or FastAPI's `loc`.
fn place(error: &Map<String, Value>) -> Option<String> {
    if let Some(field) = error.get("field").and_then(Value::as_str) {
        return Some(field.to_owned());
    }
    let steps = error.get("loc")?.as_array()?.iter().map(|step| step.as_str().map_or(step.to_string(), str::to_owned));
    Some(steps.collect::<Vec<_>>().join("."))
}

fn find<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// True for a `status` value that only says that the whole response is an error (JSend).
fn is_verdict(text: &str) -> bool {
    ["error", "fail", "failed", "failure"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// True for a root member that may make a response an error.
pub fn may_say_error(name: &str) -> bool {
    ["error", "errors", "fault", "success", "ok", "status"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// True if a root member makes a response an error whatever its status: `error` or `errors` is not empty, `success`
/// or `ok` is false, `status` is `error`.
pub fn says_error(name: &str, value: &Value) -> bool {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("error") || is("errors") || is("fault") {
        !json::is_nothing(value)
    } else if is("success") || is("ok") {
        *value == Value::Bool(false) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
    } else {
        is("status") && value.as_str().is_some_and(is_verdict)
    }
}

/// True for an object with a member for which [`says_error`] is true.
pub fn is_error_envelope(body: &[u8]) -> bool {
    json::read_object::<Map<String, Value>>(body)
        .is_some_and(|object| object.iter().any(|(name, value)| says_error(name, value)))
}

/// The complaint in a response with status 200 that has no rows: the message of an error envelope, or a sentence that
/// does not report success.
pub fn complaint(body: &[u8]) -> Option<String> {
    /// Members with a sentence about the whole response.
    const COMPLAINTS: &[&str] =
        &["message", "detail", "error_description", "error_message", "errorMessage", "reason", "msg"];
    const ALL_IS_WELL: &[&str] = &["ok", "success", "successful"];
    let object = json::read_object::<Map<String, Value>>(body)?;
    let is_complaint = |name: &&str| match find(&object, name) {
        Some(Value::String(text)) => {
            let text = text.trim().trim_end_matches(['.', '!']);
            !text.is_empty() && !ALL_IS_WELL.iter().any(|word| text.eq_ignore_ascii_case(word))
        }
        Some(other) => other.is_array() && !json::is_nothing(other),
        None => false,
    };
    (COMPLAINTS.iter().any(is_complaint) || is_error_envelope(body)).then(|| message(body))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_reads_the_formats_of_many_apis() {
        let cases = [
            (r#"{"error":"quota used up"}"#, Some("quota used up")),
            (r#"{"error":{"code":17,"message":"quota used up"}}"#, Some("quota used up")),
            (
                r#"{"error":{"code":400,"message":"No such field.","status":"INVALID_ARGUMENT"}}"#,
                Some("No such field. (INVALID_ARGUMENT)"),
            ),
            (r#"{"data":null,"errors":[{"message":"a"},{"message":"b"}]}"#, Some("a; b")),
            (r#"{"errors":[{"title":"Invalid","detail":"No such field."}]}"#, Some("No such field. (Invalid)")),
            (r#"{"errors":[{"reason":"limit reached"}]}"#, Some("limit reached")),
            (r#"{"errors":["First.","Second."]}"#, Some("First.; Second.")),
            (r#"{"errors":{"email":["is taken"],"name":"is short"}}"#, Some("email: is taken; name: is short")),
            (r#"{"message":"Bad credentials","documentation_url":"x"}"#, Some("Bad credentials")),
            (r#"{"Message":"Bad credentials"}"#, Some("Bad credentials")),
            (
                r#"{"message":"Validation Failed","errors":[{"field":"title","code":"missing"}]}"#,
                Some("Validation Failed (title: missing)"),
            ),
            (r#"{"message":["a must be a text","b is unknown"]}"#, Some("a must be a text; b is unknown")),
            (r#"{"detail":"Not found."}"#, Some("Not found.")),
            (r#"{"detail":[{"loc":["query","n"],"msg":"no number","type":"int"}]}"#, Some("query.n: no number")),
            (r#"{"reason":"too many filters"}"#, Some("too many filters")),
            (r#"{"error":"invalid_client","error_description":"Unknown."}"#, Some("Unknown. (invalid_client)")),
            (r#"{"type":"about:blank","title":"Forbidden","detail":"No right."}"#, Some("No right. (Forbidden)")),
            (r#"{"fault":{"faultstring":"Rate exceeded","detail":{"errorcode":"x"}}}"#, Some("Rate exceeded")),
            (r#"{"status":"error","message":"quota used up"}"#, Some("quota used up")),
            (r#"{"name":["This field is required.","Really."]}"#, Some("name: This field is required.; Really.")),
            (r#"{"non_field_errors":["Not both."]}"#, Some("Not both.")),
            (r#"{"statusCode":404,"error":"Not Found","message":"No user."}"#, Some("No user. (Not Found)")),
            ("\u{feff}{\"message\":\"marked\"}", Some("marked")),
            ("{\"message\":\"two\\nlines\"}", Some("two lines")),
            (r#""Plain.""#, Some("Plain.")),
            (r#"{"message":7}"#, None),
            (r#"{"message":""}"#, None),
            (r#"{"errors":[]}"#, None),
            (r#"{"id":"1","name":"n"}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(message(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn complaint_is_an_error_message_but_not_a_success_message() {
        let cases = [
            (r#"{"message":"quota used up"}"#, Some("quota used up")),
            (r#"{"code":17,"msg":"quota used up"}"#, Some("quota used up")),
            (r#"{"error":{"message":"quota used up"}}"#, Some("quota used up")),
            (r#"{"next":null,"status":"ok","message":"Success."}"#, None),
            (r#"{"next":null,"tags":["a"],"title":"t","description":"d"}"#, None),
            (r#"{"message":""}"#, None),
            ("[]", None),
        ];
        for (body, expected) in cases {
            assert_eq!(complaint(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn message_is_bounded_in_length_and_depth() {
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(50_000));
        assert_eq!(message(long.as_bytes()).unwrap().len(), LONGEST);
        let deep = format!("{}1{}", r#"{"error":"#.repeat(100), "}".repeat(100));
        assert_eq!(message(deep.as_bytes()), None);
    }

    #[test]
    fn is_error_envelope_is_false_for_a_good_response() {
        let errors = [
            r#"{"error":"x"}"#,
            r#"{"error":true}"#,
            r#"{"error":{"code":17}}"#,
            r#"{"data":[{"id":1}],"errors":[{"message":"x"}]}"#,
            r#"{"success":false,"data":[]}"#,
            r#"{"Success":false}"#,
            r#"{"ok":false}"#,
            r#"{"status":"error"}"#,
            r#"{"fault":{"faultstring":"x"}}"#,
        ];
        for body in errors {
            assert!(is_error_envelope(body.as_bytes()), "{body}");
        }
        let good = [
            r#"{"errors":[],"error":null}"#,
            r#"{"error":false,"errors":{}}"#,
            r#"{"error":"","errors":0}"#,
            r#"{"error":{"code":0,"message":""}}"#,
            r#"{"success":true,"ok":1,"status":"ok"}"#,
            r#"{"data":[{"error":"x"}]}"#,
            r#"[{"error":"x"}]"#,
            r#"{"status":500}"#,
            "",
        ];
        for body in good {
            assert!(!is_error_envelope(body.as_bytes()), "{body}");
        }
    }
}
