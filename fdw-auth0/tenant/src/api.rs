//! Every GET endpoint of the Management API except those of users, from the API's description.

pub(crate) mod collection;
pub(crate) mod description;
pub(crate) mod edit;
mod filter;
mod generate;
pub(crate) mod key;
mod listing;
pub(crate) mod missing;
pub(crate) mod relation;
mod rows;
mod scopes;

use std::collections::HashMap;

use bytes::Bytes;
use hyper::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::fields::{Fields, root_members};
use crate::page::Page;
use crate::recordings::Interaction;
use crate::state::State;
use crate::store::{Store, text_member};
use collection::{CONNECTION_CONFIGURATIONS, CollectionPath, row_kind};
use description::{DESCRIPTION, Endpoint, Kind, Shape};
use listing::Listing;
pub(crate) use scopes::read_scopes;

/// An answer, or a page that a fault may still change.
pub(crate) enum Reply {
    Answer(Answer),
    Page(Page),
    /// The stream of events.
    Events,
}

/// An endpoint, found by the path of a request.
#[derive(Debug, Clone)]
pub(crate) struct EndpointMatch {
    endpoint: &'static Endpoint,
    parameters: Vec<String>,
}

/// The endpoint of a path below `/api/v2`.
pub(crate) fn find(path: &str) -> Option<EndpointMatch> {
    let (endpoint, parameters) = DESCRIPTION.find(path)?;
    Some(EndpointMatch { endpoint, parameters })
}

/// Sets how many rows a list has; false if there is no such list. The number of users cannot be set here.
pub(crate) fn set_rows(state: &State, list: &str, count: usize) -> bool {
    let template = description::template(&format!("/{}", list.trim_start_matches('/')));
    let known = template != "/users" && DESCRIPTION.endpoint(&template).is_some();
    if known {
        state.collections.set_size(&template, count);
        state.restart_followers();
    }
    known
}

/// Replaces the rows of a list, or a single object, by raw JSON objects; false if there is no such path below
/// `/api/v2`.
pub(crate) fn set_collection(state: &State, path: &str, rows: Vec<String>) -> bool {
    let Some((endpoint, parameters)) = DESCRIPTION.find(&format!("/{}", path.trim_start_matches('/'))) else {
        return false;
    };
    let template = endpoint.template.as_str();
    if template == "/users" {
        state.set_users(Store::from_json(&rows));
        return true;
    }
    let place = CollectionPath::new(template, &parameters);
    let key = key::member(template, &row_kind(template));
    state.collections.give(place, key, rows.into_iter().map(Into::into).collect());
    state.restart_followers();
    true
}

/// Replaces generated rows and single objects by those of recorded answers; the last state of each counts.
pub(crate) fn learn(state: &State, interactions: &[Interaction]) {
    let mut learnt: HashMap<CollectionPath, Vec<(String, Bytes)>> = HashMap::new();
    for interaction in interactions {
        let (path, query) = interaction.target().split_once('?').unwrap_or((interaction.target(), ""));
        let found = path.strip_prefix("/api/v2").and_then(find);
        let Some(found) = found.filter(|_| (200..300).contains(&interaction.status) && !query.contains("fields="))
        else {
            continue;
        };
        let body = interaction.response_body.get();
        for (place, key, row) in found.recorded(&interaction.method, body) {
            let rows = learnt.entry(place).or_default();
            let row = Bytes::copy_from_slice(row.as_bytes());
            match rows.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = row,
                None => rows.push((key, row)),
            }
        }
    }
    for (place, rows) in learnt {
        let key = key::member(&place.template, &row_kind(&place.template));
        state.collections.give(place, key, rows.into_iter().map(|(_, row)| row).collect());
    }
}

/// One request target for every GET endpoint, with the keys of existing objects and the required parameters.
/// An endpoint with an empty collection is left out.
pub(crate) fn example_targets(state: &State) -> Vec<String> {
    let mut targets: Vec<String> =
        DESCRIPTION.endpoints.iter().filter_map(|endpoint| example(state, endpoint)).collect();
    targets.sort();
    targets
}

fn example(state: &State, endpoint: &Endpoint) -> Option<String> {
    let segments: Vec<&str> = endpoint.template.split('/').skip(1).collect();
    let mut keys = keys_on_the_way(state, &segments, 0, &[])?.into_iter();
    // Characters that need no encoding in the path of a URL.
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    let target = segments.iter().map(|segment| match *segment {
        "{}" => format!("/{}", utf8_percent_encode(&keys.next().unwrap_or_default(), PLAIN)),
        segment => format!("/{segment}"),
    });
    let target: String = target.collect();
    let required = endpoint.parameters.iter().filter(|parameter| parameter.required);
    let pairs = required.map(|parameter| {
        let value = match parameter.name.as_str() {
            "user_id" => state.users().user_ids().next().unwrap_or_default(),
            name => format!("some {name}"),
        };
        (parameter.name.as_str(), value)
    });
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Some(if query.is_empty() { format!("/api/v2{target}") } else { format!("/api/v2{target}?{query}") })
}

/// A key for every parameter from segment `begin` on. Each is the key of an existing object that has the next one.
fn keys_on_the_way(state: &State, segments: &[&str], begin: usize, parents: &[String]) -> Option<Vec<String>> {
    let Some(index) = (begin..segments.len()).find(|index| segments[*index] == "{}") else {
        return Some(Vec::new());
    };
    let collection = format!("/{}", segments[..index].join("/"));
    example_keys(state, &collection, parents).into_iter().find_map(|key| {
        let mut below = parents.to_vec();
        below.push(key.clone());
        let mut keys = keys_on_the_way(state, segments, index + 1, &below)?;
        keys.insert(0, key);
        Some(keys)
    })
}

fn example_keys(state: &State, collection: &str, parents: &[String]) -> Vec<String> {
    let of = |template: &str, parents: &[String], member: &str| -> Vec<String> {
        let rows = state.collections.rows(state, &CollectionPath::new(template, parents), &row_kind(template));
        (0..rows.len()).filter_map(|index| text_member(&rows.get(state, index)?, member)).collect()
    };
    let below_users = |template: &str| {
        let ids = state.users().user_ids().flat_map(|user| of(template, &[user], "id")).next();
        ids.into_iter().collect()
    };
    let one = |key: &str| vec![key.to_owned()];
    match collection {
        "/users" | "/user-blocks" => state.users().user_ids().collect(),
        "/organizations/name" => of("/organizations", &[], "name"),
        "/organizations/{}/discovery-domains/name" => of("/organizations/{}/discovery-domains", parents, "domain"),
        // The roles of an organization are roles of the tenant.
        "/organizations/{}/roles" => state.collections.keys(state, "/roles"),
        "/sessions" => below_users("/users/{}/sessions"),
        "/refresh-tokens" => below_users("/users/{}/refresh-tokens"),
        "/guardian/enrollments" => below_users("/users/{}/enrollments"),
        "/jobs" => state.jobs.any().into_iter().collect(),
        "/anomaly/blocks/ips" => one("203.0.113.7"),
        "/prompts" => one("login-id"),
        "/prompts/{}/screen" => one("login-id"),
        "/prompts/{}/custom-text" | "/self-service-profiles/{}/custom-text" => one("en"),
        "/self-service-profiles/{}/custom-text/{}" => one("get-started"),
        collection => of(collection, parents, &key::member(collection, &row_kind(collection))),
    }
}

impl EndpointMatch {
    /// True for a list. Faults may change its pages.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.endpoint.shape, Shape::Rows { .. })
    }

    /// True for the stream of events.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.endpoint.shape, Shape::Stream)
    }

    /// The scopes; a token needs one of them.
    pub(crate) fn scopes(&self) -> Vec<String> {
        scopes::of(&self.endpoint.template)
    }

    /// A further scope that the query needs.
    pub(crate) fn scope_of_query(&self, pairs: &[(String, String)]) -> Option<&'static str> {
        listing::scope_of_roles(&self.endpoint.template, pairs)
    }

    /// The answer to an authorized request.
    pub(crate) fn answer(&self, state: &State, pairs: &[(String, String)], authority: &str) -> Result<Reply, Answer> {
        let template = self.endpoint.template.as_str();
        self.parents_exist(state)?;
        for parameter in self.endpoint.parameters.iter().filter(|parameter| parameter.required) {
            if !pairs.iter().any(|(name, _)| *name == parameter.name) {
                return Err(Answer::error(
                    StatusCode::BAD_REQUEST,
                    &format!("Query validation error: 'Missing required property: {}'.", parameter.name),
                    Some("invalid_query_string"),
                ));
            }
        }
        for (name, value) in pairs {
            let declared = self.endpoint.parameters.iter().find(|parameter| parameter.name == *name);
            declared.map_or(Ok(()), |parameter| parameter.check(value))?;
        }
        let mut place = CollectionPath::new(template, &self.parameters);
        match &self.endpoint.shape {
            Shape::Rows { .. } if template == "/jobs/{}/errors" => {
                Ok(Reply::Answer(Answer { status: StatusCode::NO_CONTENT, ..Answer::json("") }))
            }
            Shape::Rows { row, paging } => {
                if template == "/refresh-tokens" {
                    // The list of the user in the parameter `user_id`.
                    let user = pairs.iter().find(|(name, _)| name == "user_id").map(|(_, value)| value.clone());
                    place = CollectionPath::new("/users/{}/refresh-tokens", &[user.unwrap_or_default()]);
                }
                let listing = Listing { endpoint: self.endpoint, place: &place, row, paging, pairs, authority };
                listing.page(state).map(Reply::Page)
            }
            Shape::Object(kind) => {
                let fields = Fields::from_pairs(pairs)?;
                let object = self.object(state, &place, kind)?;
                let object = fields.map_or_else(|| object.clone(), |fields| fields.project(&object));
                Ok(Reply::Answer(Answer::json(object)))
            }
            Shape::Nothing if state.collections.given(&place).is_none() && template.starts_with("/anomaly/") => {
                Err(missing::answer(template))
            }
            Shape::Nothing => Ok(Reply::Answer(Answer::json(""))),
            Shape::Stream => Ok(Reply::Events),
        }
    }

    /// The rows in a recorded answer, with their collections and keys.
    fn recorded<'a>(&self, method: &str, body: &'a str) -> Vec<(CollectionPath, String, &'a str)> {
        let template = self.endpoint.template.as_str();
        let of = |template: &str, parents: &[String], row: &'a str| {
            let place = CollectionPath::new(template, parents);
            let key = text_member(row.as_bytes(), &key::member(template, &row_kind(template)))?;
            Some((place, key, row))
        };
        let is_list = |template: &str| {
            DESCRIPTION.endpoint(template).is_some_and(|endpoint| matches!(endpoint.shape, Shape::Rows { .. }))
        };
        match (&self.endpoint.shape, template.strip_suffix("/{}"), self.parameters.split_last()) {
            (Shape::Rows { .. }, ..) if method == "POST" => of(template, &self.parameters, body).into_iter().collect(),
            (Shape::Rows { paging, .. }, ..) if method == "GET" => {
                let members = root_members(body.as_bytes()).unwrap_or_default();
                let listed = members.iter().find(|(name, _)| Some(name.as_ref()) == paging.key());
                let rows = listed.map_or(body, |(_, rows)| rows.get());
                let rows: Vec<&RawValue> = serde_json::from_str(rows).unwrap_or_default();
                rows.into_iter().filter_map(|row| of(template, &self.parameters, row.get())).collect()
            }
            (Shape::Object(_), Some(list), Some((_, parents))) if method != "DELETE" && is_list(list) => {
                of(list, parents, body).into_iter().collect()
            }
            (Shape::Object(_), None, _) if method == "GET" => {
                vec![(CollectionPath::new(template, &self.parameters), String::new(), body)]
            }
            _ => Vec::new(),
        }
    }

    /// Returns a 404 if an object in the path before the last segment does not exist.
    fn parents_exist(&self, state: &State) -> Result<(), Answer> {
        let segments: Vec<&str> = self.endpoint.template.split('/').collect();
        let mut number = 0;
        for (index, segment) in segments.iter().enumerate() {
            if *segment != "{}" {
                continue;
            }
            let collection = segments[..index].join("/");
            let key = &self.parameters[number];
            let place = CollectionPath::new(&collection, &self.parameters[..number]);
            number += 1;
            let is_last = index + 1 == segments.len();
            // A collection without objects of its own, such as `/prompts/{}/partials`, exists under any name.
            let has_objects = DESCRIPTION.endpoint(&format!("{collection}/{{}}")).is_some()
                || DESCRIPTION
                    .endpoint(&collection)
                    .is_some_and(|endpoint| matches!(endpoint.shape, Shape::Rows { .. }));
            let is_there = match collection.as_str() {
                "/jobs" => state.jobs.has(key),
                _ if is_last || !has_objects => true,
                _ => state.collections.find(state, &place, key).is_some(),
            };
            if !is_there {
                return Err(missing::answer(&collection));
            }
        }
        Ok(())
    }

    /// A single object.
    fn object(&self, state: &State, place: &CollectionPath, kind: &Kind) -> Result<Bytes, Answer> {
        let template = self.endpoint.template.as_str();
        if let Some(given) = state.collections.given(place) {
            return given.rows().first().cloned().ok_or_else(|| missing::answer(template));
        }
        let (Some(collection), Some((key, parents))) = (template.strip_suffix("/{}"), self.parameters.split_last())
        else {
            return match template {
                "/connections/{}/directory-provisioning" | "/connections/{}/scim-configuration" => {
                    let list = CONNECTION_CONFIGURATIONS
                        .iter()
                        .find(|(_, single)| *single == template)
                        .map_or("", |(list, _)| list);
                    let of = self.parameters.first().map(String::as_str).unwrap_or_default();
                    let row = state.collections.find(state, &CollectionPath::new(list, &[]), of);
                    row.ok_or_else(|| missing::answer(template))
                }
                "/prompts/{}/screen/{}/rendering" => {
                    let list = CollectionPath::new("/prompts/rendering", &[]);
                    let is_it = |row: &Bytes| {
                        let member = |name: &str| text_member(row, name);
                        [member("prompt"), member("screen")]
                            == [self.parameters.first().cloned(), self.parameters.get(1).cloned()]
                    };
                    let rows = state.collections.made(state, &list);
                    let listed = rows.rows().iter().find(|row| is_it(row)).cloned();
                    Ok(listed.unwrap_or_else(|| state.collections.object(state, place, kind)))
                }
                "/branding/themes/default" => {
                    let themes = state.collections.made(state, &CollectionPath::new("/branding/themes", &[]));
                    themes.rows().first().cloned().ok_or_else(|| missing::answer("/branding/themes"))
                }
                _ => Ok(state.collections.object(state, place, kind)),
            };
        };
        let of = |template: &str| CollectionPath::new(template, parents);
        let row = match collection {
            "/prompts/{}/custom-text" | "/self-service-profiles/{}/custom-text/{}" => {
                return Ok(state.collections.object(state, place, kind));
            }
            "/user-blocks" => {
                state.users().by_id(key).ok_or_else(|| missing::answer(collection))?;
                return Ok(state.collections.object(state, place, kind));
            }
            "/organizations/name" => by_member(state, &of("/organizations"), "name", key),
            "/organizations/{}/discovery-domains/name" => {
                by_member(state, &of("/organizations/{}/discovery-domains"), "domain", key)
            }
            "/sessions" => state.collections.find_below_users(state, "/users/{}/sessions", key),
            "/refresh-tokens" => state.collections.find_below_users(state, "/users/{}/refresh-tokens", key),
            "/guardian/enrollments" => state.collections.find_below_users(state, "/users/{}/enrollments", key),
            "/resource-servers" => state
                .collections
                .find(state, &of(collection), key)
                .or_else(|| by_member(state, &of(collection), "identifier", key)),
            collection => state.collections.find(state, &of(collection), key),
        };
        let row = row.ok_or_else(|| missing::answer(collection))?;
        let listed = match collection {
            "/organizations/name" => row_kind("/organizations"),
            collection => row_kind(collection),
        };
        if listed == *kind || state.collections.given(&of(collection)).is_some() {
            return Ok(row);
        }
        // The object has more members than its row in the list, and the same values for the members of both.
        let mut object: Map<String, Value> =
            serde_json::from_slice(&state.collections.object(state, place, kind)).unwrap_or_default();
        let row: Map<String, Value> = serde_json::from_slice(&row).unwrap_or_default();
        for field in DESCRIPTION.fields(&listed, 0).iter().filter(|field| field.optional) {
            object.remove(&field.name);
        }
        object.extend(row);
        Ok(Value::Object(object).to_string().into())
    }
}

/// The first row of a collection with the text `wanted` in `member`.
fn by_member(state: &State, place: &CollectionPath, member: &str, wanted: &str) -> Option<Bytes> {
    let rows = state.collections.rows(state, place, &row_kind(&place.template));
    let mut rows = (0..rows.len()).filter_map(|index| rows.get(state, index));
    rows.find(|row| text_member(row, member).as_deref() == Some(wanted))
}
