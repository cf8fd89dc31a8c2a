//! Synthetic users: any number from a seed, with the oddities of real tenants.
//!
//! User `n` depends on the seed and `n` only. Identity providers, ids, missing members, types
//! that vary and JSON escapes are those of real tenants; `\u0000` is not among them.

mod attributes;
mod dice;
mod json;
mod names;
mod provider;

use crate::store::{Store, StoreBuilder};
use attributes::{from_provider, logins, metadata};
pub(crate) use dice::Dice;
use json::Object;
pub(crate) use json::timestamp;
use names::{FAMILY, GIVEN};
use provider::Provider;

/// 2020-01-01T00:00:00Z in milliseconds.
const EPOCH_MS: u64 = 1_577_836_800_000;
/// Users are created within five years after it.
const CREATED_WITHIN_MS: u64 = 5 * 365 * 86_400_000;
/// Number of users with the same `created_at`.
const TIES: u64 = 3;

/// The names of the users' connections.
pub(crate) const CONNECTIONS: [&str; 8] = [
    "Username-Password-Authentication",
    "google-oauth2",
    "github",
    "corp-saml",
    "corp-entra",
    "sms",
    "legacy",
    "facebook",
];

/// A store of `count` users, followed by the clusters, each created at one millisecond.
pub(crate) fn users(count: usize, seed: u64, clusters: &[(usize, u64)]) -> Store {
    let mut builder = StoreBuilder::new(count + clusters.iter().map(|(size, _)| size).sum::<usize>());
    let mut text = String::with_capacity(2048);
    let clustered = clusters.iter().flat_map(|(size, created)| std::iter::repeat_n(Some(*created), *size));
    for (n, created) in std::iter::repeat_n(None, count).chain(clustered).enumerate() {
        text.clear();
        render(&mut text, seed, n as u64, Times { created, latest: u64::MAX });
        builder.push(|out| out.extend_from_slice(text.as_bytes()));
    }
    builder.finish()
}

/// User `n`, created at the millisecond `now` and unchanged since.
pub(crate) fn user_of_now(seed: u64, n: u64, now: u64) -> String {
    let mut text = String::with_capacity(2048);
    render(&mut text, seed, n, Times { created: Some(now), latest: now });
    text
}

/// The constraints on a user's times, in milliseconds.
struct Times {
    /// The time of creation; `None` to draw it from the seed.
    created: Option<u64>,
    /// The upper bound of all other times.
    latest: u64,
}

fn render(out: &mut String, seed: u64, n: u64, times: Times) {
    let mut dice = Dice::new(seed, n);
    let drawn = || EPOCH_MS + Dice::new(seed.wrapping_add(1), n / TIES).0.u64(..CREATED_WITHIN_MS);
    let created = times.created.unwrap_or_else(drawn);
    let provider = match dice.0.u8(..20) {
        0..9 => Provider::Auth0,
        9..12 => Provider::Google,
        12..14 => Provider::Github,
        14..16 => Provider::Saml,
        16..18 => Provider::AzureAd,
        18 => Provider::Sms,
        _ => Provider::Custom,
    };
    let (given, family) = (dice.pick(&GIVEN), dice.pick(&FAMILY));
    let handle = format!("user{n}");
    let (prefix, connection, provider_id, local, social) = match provider {
        Provider::Auth0 => ("auth0", "Username-Password-Authentication", "auth0", dice.hex(24), false),
        Provider::Google => ("google-oauth2", "google-oauth2", "google-oauth2", format!("1{}", dice.digits(20)), true),
        // Short enough for random numbers to repeat: a stride that reaches every number once keeps ids distinct.
        Provider::Github => ("github", "github", "github", (10_000_000 + n * 7_919 % 90_000_000).to_string(), true),
        Provider::Saml => ("samlp", "corp-saml", "samlp", format!("corp-saml|{handle}+sso@corp.example"), false),
        Provider::AzureAd => ("waad", "corp-entra", "waad", format!("{}_-{}", dice.hex(20), dice.hex(20)), false),
        Provider::Sms => ("sms", "sms", "sms", dice.hex(24), false),
        Provider::Custom => ("oauth2", "legacy", "oauth2", format!("legacy|{n}/a b?c=1&d#e%2F\\é"), true),
    };
    // A fresh user never logged in.
    let fresh = dice.one_in(6);
    let escape_all = dice.one_in(4);
    let mut user = Object::open(out, escape_all);
    user.text("created_at", &timestamp(created));
    let phone = format!("+1{}", dice.digits(10));
    if matches!(provider, Provider::Sms) {
        user.text("phone_number", &phone);
        user.raw("phone_verified", "true");
    } else {
        let email = match dice.0.u8(..10) {
            0 => format!("User.{n}@Corp.Example"),
            1 => format!("{handle}+tag@example.org"),
            _ => format!("{handle}@example.com"),
        };
        user.text("email", &email);
        let verified = dice.0.bool();
        // Enterprise connections copy the directory's value, even if it is a text.
        if matches!(provider, Provider::Saml) && dice.0.bool() {
            user.text("email_verified", if verified { "true" } else { "false" });
        } else {
            user.raw("email_verified", if verified { "true" } else { "false" });
        }
    }
    identities(&mut user, &mut dice, connection, provider_id, &local, social);
    let named = !matches!(provider, Provider::Sms) && !dice.one_in(8);
    if named {
        user.text("name", &format!("{given} {family}"));
    } else if matches!(provider, Provider::Sms) {
        user.text("name", &phone);
    } else {
        user.text("name", &format!("{handle}@example.com"));
    }
    user.text("nickname", &handle);
    if !matches!(provider, Provider::Sms) {
        let picture = format!(
            "https://s.gravatar.com/avatar/{}?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fus.png",
            dice.hex(32)
        );
        user.text("picture", &picture);
    }
    let updated = (created + dice.0.u64(..90 * 86_400_000)).min(times.latest);
    user.text("updated_at", &timestamp(updated));
    user.text("user_id", &format!("{prefix}|{local}"));
    if matches!(provider, Provider::Auth0) && dice.0.bool() {
        user.text("username", &handle);
    }
    if named && !dice.one_in(3) {
        user.text("given_name", given);
        user.text("family_name", family);
    }
    from_provider(&mut user, &mut dice, &provider, n);
    if !fresh {
        metadata(&mut user, &mut dice);
        logins(&mut user, &mut dice, updated);
    }
    user.close();
}

fn identities(user: &mut Object<'_>, dice: &mut Dice, connection: &str, provider: &str, local: &str, social: bool) {
    user.key("identities");
    user.out.push('[');
    let mut identity = Object::open(user.out, user.escape_all);
    identity.text("connection", connection);
    // GitHub's ids are numbers, and Auth0 keeps them as numbers.
    if provider == "github" {
        identity.raw("user_id", local);
    } else {
        identity.text("user_id", local);
    }
    identity.text("provider", provider);
    identity.raw("isSocial", if social { "true" } else { "false" });
    identity.close();
    if dice.one_in(12) {
        user.out.push(',');
        let mut linked = Object::open(user.out, user.escape_all);
        linked.raw("profileData", r#"{"email":"linked@example.net","email_verified":true}"#);
        linked.text("user_id", &dice.digits(17));
        linked.text("provider", "facebook");
        linked.text("connection", "facebook");
        linked.raw("isSocial", "true");
        linked.close();
    }
    user.out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::{HashMap, HashSet};

    fn parsed(count: usize, seed: u64) -> Vec<Value> {
        let store = users(count, seed, &[]);
        (0..count).map(|n| serde_json::from_slice(&store.get(n).unwrap()).unwrap()).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_users() {
        assert_eq!(parsed(40, 7), parsed(60, 7)[..40]);
        assert_ne!(parsed(40, 7), parsed(40, 8));
    }

    #[test]
    fn ids_are_distinct_and_creation_times_have_ties() {
        let users = parsed(99_999, 1);
        let ids: HashSet<_> = users.iter().map(|user| user["user_id"].as_str()).collect();
        assert_eq!(ids.len(), 99_999);
        let mut clusters = HashMap::<_, usize>::new();
        for user in &users {
            *clusters.entry(user["created_at"].as_str()).or_default() += 1;
        }
        assert_eq!(clusters.len(), 33_333);
        assert!(clusters.values().all(|size| *size == 3));
    }

    #[test]
    fn clusters_follow_the_other_users() {
        let store = users(50, 7, &[(60, 1_740_787_200_000), (2, 5)]);
        let all: Vec<Value> =
            (0..store.len()).map(|n| serde_json::from_slice(&store.get(n).unwrap()).unwrap()).collect();
        assert_eq!(all.len(), 112);
        assert_eq!(all[..50], parsed(50, 7));
        assert!(all[50..110].iter().all(|user| user["created_at"] == "2025-03-01T00:00:00.000Z"));
        assert_eq!(all[111]["created_at"], "1970-01-01T00:00:00.005Z");
        let connections: HashSet<_> =
            all[50..110].iter().map(|user| user["identities"][0]["connection"].as_str().unwrap()).collect();
        assert!(connections.len() > 4, "{connections:?}");
        let user: Value = serde_json::from_str(&user_of_now(7, 3, 1_740_787_200_000)).unwrap();
        assert_eq!((&user["created_at"], &user["updated_at"]), (&all[50]["created_at"], &all[50]["created_at"]));
    }

    #[test]
    fn users_have_the_oddities_of_real_tenants() {
        let users = parsed(3_000, 1);
        let some = |odd: &dyn Fn(&Value) -> bool, what: &str| {
            let count = users.iter().filter(|user| odd(user)).count();
            assert!((20..2_900).contains(&count), "{what}: {count}");
        };
        some(&|user| user.get("last_login").is_none(), "fresh");
        some(&|user| user.get("email").is_none(), "no email");
        some(&|user| user["email_verified"].is_string(), "textual email_verified");
        some(&|user| user["identities"][0]["user_id"].is_number(), "numeric id");
        some(&|user| user["identities"][1].is_object(), "linked");
        some(&|user| user["multifactor"].is_array(), "multifactor");
        some(&|user| user["upn"].is_string(), "upn");
        some(&|user| user["app_metadata"]["plan"] == "pro", "pro");
        some(&|user| user["user_metadata"].as_object().is_some_and(|m| m.is_empty()), "empty");
        let text = |user: &Value, key: &str| user[key].as_str().unwrap_or_default().to_owned();
        some(&|user| text(user, "name").contains('\\'), "backslash");
        some(&|user| text(user, "name").contains('"'), "quote");
        some(&|user| text(user, "name").contains('\n'), "newline");
        some(&|user| text(user, "user_id").contains('/'), "slash in id");
        some(&|user| text(user, "user_id").matches('|').count() > 1, "bars in id");
    }

    #[test]
    fn users_are_rendered_as_auth0_renders_them() {
        let store = users(3_000, 1, &[]);
        let raw: Vec<_> = (0..3_000).map(|n| String::from_utf8(store.get(n).unwrap().to_vec()).unwrap()).collect();
        let size: usize = raw.iter().map(String::len).sum();
        assert!((650..900).contains(&(size / 3_000)), "{}", size / 3_000);
        let some = |part: &str| raw.iter().filter(|user| user.contains(part)).count() > 10;
        assert!(some("Zoë") && some("Zo\\u00eb"), "both ways to write ë");
        assert!(some("\\ud83d\\udc69"), "surrogate pairs");
        assert!(some("\\n") && some("\\\"") && some("\\\\"));
        assert!(!some("\\u0000") && !some("\": "));
    }
}
