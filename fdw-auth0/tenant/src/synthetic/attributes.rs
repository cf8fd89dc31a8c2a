//! The optional members of a synthetic user.

use crate::synthetic::dice::Dice;
use crate::synthetic::json::{Object, timestamp};
use crate::synthetic::names::CITIES;
use crate::synthetic::provider::Provider;

/// Attributes that the identity provider adds at the root.
pub(crate) fn from_provider(user: &mut Object<'_>, dice: &mut Dice, provider: &Provider, n: u64) {
    match provider {
        Provider::Google => user.text("locale", dice.pick(&["en", "de", "pt-BR", "ja"])),
        Provider::AzureAd => {
            user.text("upn", &format!("user{n}@corp.example"));
            user.text("tenantid", "9f6c7b2e-0000-4000-8000-6d1f0a2b3c4d");
            user.raw("groups", r#"["staff","München"]"#);
        }
        Provider::Saml => {
            user.text("issuer", "urn:corp:idp");
            user.raw("sessionIndex", "null");
        }
        Provider::Custom => {
            user.raw("employee_no", &n.to_string());
            user.raw("score", dice.pick(&["1.5", "1e3", "-0.25", "12345678901234567890"]));
        }
        Provider::Auth0 | Provider::Github | Provider::Sms => {}
    }
}

/// The metadata of applications and of the user.
pub(crate) fn metadata(user: &mut Object<'_>, dice: &mut Dice) {
    if !dice.one_in(5) {
        user.key("app_metadata");
        let mut app = Object::open(user.out, user.escape_all);
        app.text("plan", dice.pick(&["free", "pro", "enterprise"]));
        app.raw("roles", dice.pick(&[r#"["reader"]"#, r#"["reader","admin"]"#, "[]"]));
        app.raw("seats", &dice.0.u8(1..200).to_string());
        if dice.one_in(4) {
            app.raw("billing", r#"{"vat":null,"address":{"lines":["1 Main St","\u00e9tage 2"]}}"#);
        }
        app.close();
    }
    if !dice.one_in(3) {
        user.key("user_metadata");
        let mut own = Object::open(user.out, user.escape_all);
        if !dice.one_in(10) {
            own.text("city", dice.pick(&CITIES));
            own.raw("newsletter", if dice.0.bool() { "true" } else { "false" });
            own.raw("preferences", dice.pick(&[r#"{"theme":"dark","fonts":{"size":12}}"#, r#"{"theme":"light"}"#]));
        }
        own.close();
    }
}

/// The members that logins set.
pub(crate) fn logins(user: &mut Object<'_>, dice: &mut Dice, updated: u64) {
    let ip = if dice.one_in(5) { format!("2001:db8::{}", dice.hex(4)) } else { format!("203.0.113.{}", dice.0.u8(..)) };
    user.text("last_ip", &ip);
    user.text("last_login", &timestamp(updated));
    user.raw("logins_count", &dice.0.u16(1..2000).to_string());
    if dice.one_in(10) {
        user.raw("multifactor", dice.pick(&[r#"["guardian"]"#, r#"["guardian","duo"]"#]));
        user.text("multifactor_last_modified", &timestamp(updated));
    }
    if dice.one_in(12) {
        user.text("last_password_reset", &timestamp(updated));
    }
    if dice.one_in(9) {
        user.raw("blocked", dice.pick(&["true", "false"]));
    }
}
