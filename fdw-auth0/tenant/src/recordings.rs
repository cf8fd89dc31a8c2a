//! Users from recorded interactions with real tenants.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fields::root_members;

/// One line of a recording: a request and its answer.
#[derive(Debug, Deserialize)]
pub struct Interaction {
    /// HTTP method.
    pub method: String,
    /// Whole URL, percent-encoded.
    pub url: String,
    /// The request's body as in the file; `None` if there was none.
    #[serde(default)]
    pub request_body: Option<Box<RawValue>>,
    /// HTTP status.
    pub status: u16,
    /// The answer's body as in the file; `null` if there was none.
    pub response_body: Box<RawValue>,
    /// Name of the recording. Interactions of one recording are in order of time.
    pub recording: String,
    /// Position in the recording.
    #[serde(default)]
    pub seq: u64,
}

impl Interaction {
    /// Path and query of the URL.
    pub fn target(&self) -> &str {
        let host = self.url.find("://").map_or(0, |scheme| scheme + 3);
        match self.url[host..].find('/') {
            Some(path) => &self.url[host + path..],
            None => "/",
        }
    }

    /// The users in the body of a successful answer about users; else empty.
    pub fn users(&self) -> Vec<&str> {
        let target = self.target();
        let path = target.split('?').next().unwrap_or(target);
        let about_users = match path.strip_prefix("/api/v2/users") {
            Some("" | "-by-email") => true,
            Some(id) => id.starts_with('/') && !id[1..].contains('/'),
            None => false,
        };
        let body = self.response_body.get();
        if !about_users || !(200..300).contains(&self.status) {
            return Vec::new();
        }
        if let Ok(rows) = serde_json::from_str::<Vec<&RawValue>>(body) {
            return rows.iter().map(|row| row.get()).collect();
        }
        let members = root_members(body.as_bytes()).unwrap_or_default();
        match members.iter().find(|(name, _)| name == "users") {
            Some((_, rows)) => serde_json::from_str::<Vec<&RawValue>>(rows.get())
                .map(|rows| rows.iter().map(|row| row.get()).collect())
                .unwrap_or_default(),
            None if members.iter().any(|(name, _)| name == "user_id") => vec![body],
            None => Vec::new(),
        }
    }
}

/// The interactions of one file (JSON Lines), in its order.
///
/// Fails if the file can't be read; a line that is no interaction is `InvalidData`.
pub fn interactions(file: &Path) -> io::Result<Vec<Interaction>> {
    let text = fs::read_to_string(file)?;
    let parsed = text.lines().enumerate().map(|(index, line)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("{}:{}: {error}", file.display(), index + 1);
            io::Error::new(io::ErrorKind::InvalidData, place)
        })
    });
    parsed.collect()
}

/// The interactions of all files of a folder, file by file in the order of their names.
///
/// Fails like [`interactions`].
pub fn all_interactions(folder: &Path) -> io::Result<Vec<Interaction>> {
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(interactions(&file)?);
    }
    Ok(all)
}

/// All users in the answers of `users.jsonl` and `users_by_email.jsonl`, as raw JSON.
///
/// A user in several answers is taken from the last one, and keeps the position of the first one. Fails like
/// [`interactions`]; `users_by_email.jsonl` may be missing.
pub fn users(folder: &Path) -> io::Result<Vec<String>> {
    let mut all = interactions(&folder.join("users.jsonl"))?;
    match interactions(&folder.join("users_by_email.jsonl")) {
        Ok(more) => all.extend(more),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut known = KnownUsers::default();
    for interaction in &all {
        known.learn(interaction);
    }
    Ok(known.into_users())
}

/// The last state of each user, by id.
#[derive(Debug, Default)]
pub struct KnownUsers {
    users: Vec<String>,
    places: HashMap<String, usize>,
}

impl KnownUsers {
    /// Adds or replaces the users of one answer.
    pub fn learn(&mut self, interaction: &Interaction) {
        for user in interaction.users() {
            let members = root_members(user.as_bytes()).unwrap_or_default();
            let user_id = members.iter().find(|(name, _)| name == "user_id").map(|(_, raw)| raw.get().to_owned());
            let Some(user_id) = user_id else { continue };
            match self.places.get(&user_id) {
                Some(place) => user.clone_into(&mut self.users[*place]),
                None => {
                    self.places.insert(user_id, self.users.len());
                    self.users.push(user.to_owned());
                }
            }
        }
    }

    /// The users so far, each as raw JSON.
    pub fn to_users(&self) -> Vec<String> {
        self.users.clone()
    }

    /// The users, each as raw JSON.
    pub fn into_users(self) -> Vec<String> {
        self.users
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interaction(method: &str, target: &str, status: u16, body: &str) -> Interaction {
        Interaction {
            method: method.to_owned(),
            url: format!("https://t.eu.auth0.com{target}"),
            request_body: None,
            status,
            response_body: RawValue::from_string(body.to_owned()).unwrap(),
            recording: "r".to_owned(),
            seq: 0,
        }
    }

    #[test]
    fn the_last_answer_has_the_users_state() {
        let mut known = KnownUsers::default();
        let id = "/api/v2/users/auth0%7Ca";
        for (method, target, status, body) in [
            ("POST", "/api/v2/users", 201, r#"{"user_id":"a","n":1}"#),
            ("POST", "/api/v2/users", 409, r#"{"user_id":"x"}"#),
            ("GET", "/api/v2/users?page=0", 200, r#"{"users":[{"user_id":"b"}],"total":1}"#),
            ("GET", "/api/v2/users-by-email?email=c", 200, r#"[{"user_id":"c"}]"#),
            ("PATCH", id, 200, r#"{"user_id":"a","n":2}"#),
            ("GET", "/api/v2/users/a/roles", 200, r#"[{"user_id":"d"}]"#),
            ("DELETE", id, 204, "null"),
        ] {
            known.learn(&interaction(method, target, status, body));
        }
        assert_eq!(known.into_users(), [r#"{"user_id":"a","n":2}"#, r#"{"user_id":"b"}"#, r#"{"user_id":"c"}"#]);
    }
}
