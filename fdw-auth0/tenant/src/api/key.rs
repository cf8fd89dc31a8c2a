//! Keys of rows: their member, and the form Auth0 gives them.

use crate::api::description::{DESCRIPTION, Field, Kind};
use crate::connections::connection_id;
use crate::synthetic::{CONNECTIONS, Dice, timestamp};

/// The letters after an id's prefix.
#[derive(Debug, Clone, Copy)]
enum Letters {
    Alphanumeric(usize),
    Hex(usize),
    Digits(usize),
    Uuid,
}

use Letters::{Alphanumeric, Digits, Hex, Uuid};

/// Prefix and letters of the ids of each collection; the others have UUIDs.
const IDS: [(&str, &str, Letters); 31] = [
    ("/branding/phone/providers", "pro_", Alphanumeric(22)),
    ("/branding/phone/templates", "tem_", Alphanumeric(22)),
    ("/branding/themes", "", Alphanumeric(32)),
    ("/client-grants", "cgr_", Alphanumeric(16)),
    ("/clients", "", Alphanumeric(32)),
    ("/clients/{}/credentials", "cred_", Alphanumeric(22)),
    ("/connection-profiles", "cop_", Alphanumeric(22)),
    ("/connections", "con_", Alphanumeric(16)),
    ("/custom-domains", "cd_", Alphanumeric(16)),
    ("/device-credentials", "dcr_", Digits(16)),
    ("/event-streams", "est_", Alphanumeric(22)),
    ("/event-streams/{}/deliveries", "evt_", Alphanumeric(22)),
    ("/flows", "af_", Alphanumeric(22)),
    ("/flows/vault/connections", "ac_", Alphanumeric(22)),
    ("/forms", "ap_", Alphanumeric(22)),
    ("/grants", "", Hex(24)),
    ("/groups", "grp_", Alphanumeric(22)),
    ("/hooks", "", Alphanumeric(26)),
    ("/keys/signing", "", Alphanumeric(21)),
    ("/log-streams", "lst_", Digits(16)),
    ("/network-acls", "acl_", Alphanumeric(22)),
    ("/organizations", "org_", Alphanumeric(16)),
    ("/organizations/{}/discovery-domains", "ord_", Alphanumeric(22)),
    ("/organizations/{}/invitations", "uinv_", Alphanumeric(16)),
    ("/rate-limit-policies", "rlp_", Alphanumeric(21)),
    ("/resource-servers", "", Hex(24)),
    ("/roles", "rol_", Alphanumeric(16)),
    ("/rules", "rul_", Alphanumeric(16)),
    ("/self-service-profiles", "ssp_", Alphanumeric(22)),
    ("/token-exchange-profiles", "tep_", Alphanumeric(16)),
    ("/user-attribute-profiles", "uap_", Alphanumeric(22)),
];

/// The key of each collection whose key is not `id`.
const MEMBERS: [(&str, &str); 21] = [
    ("/actions/modules/{}/actions", "action_id"),
    ("/agents", "agent_id"),
    ("/branding/themes", "themeId"),
    ("/clients", "client_id"),
    ("/connections-directory-provisionings", "connection_id"),
    ("/connections-scim-configurations", "connection_id"),
    ("/connections/{}/clients", "client_id"),
    ("/connections/{}/keys", "kid"),
    ("/custom-domains", "custom_domain_id"),
    ("/email-templates", "template"),
    ("/guardian/factors", "name"),
    ("/logs", "log_id"),
    ("/organizations/{}/clients", "client_id"),
    ("/organizations/{}/connections", "connection_id"),
    ("/organizations/{}/enabled_connections", "connection_id"),
    ("/organizations/{}/members", "user_id"),
    ("/organizations/{}/roles/{}/members", "user_id"),
    ("/prompts/rendering", "screen"),
    ("/roles/{}/users", "user_id"),
    ("/rules-configs", "key"),
    ("/users", "user_id"),
];

/// The member that is the key of a collection's rows; empty if they have none.
pub(crate) fn member(template: &str, row: &Kind) -> String {
    if let Some((_, member)) = MEMBERS.iter().find(|(collection, _)| *collection == template) {
        return (*member).to_owned();
    }
    let fields = DESCRIPTION.fields(row, 0);
    let named = |name: &str| fields.iter().find(|field| field.name == name);
    let key = named("id").or_else(|| named("kid")).or_else(|| named("date")).or_else(|| named("name"));
    let key = key.or_else(|| fields.iter().find(|field| field.name.ends_with("_id")));
    key.map(|field| field.name.clone()).unwrap_or_default()
}

/// The key of the row at `index` of a collection, drawn from its dice before anything else.
pub(crate) fn key(template: &str, field: Option<&Field>, index: usize, dice: &mut Dice) -> String {
    if let Some(Kind::Enum(values)) = field.map(|field| &field.kind) {
        return values[index % values.len()].clone();
    }
    match template {
        "/connections" if index < CONNECTIONS.len() => return connection_id(CONNECTIONS[index]),
        // Characters 4 to 17 are the time of the log entry. The newest entry is first.
        "/logs" => {
            let digits = timestamp(log_time(index)).replace(|character: char| !character.is_ascii_digit(), "");
            return format!("900{digits:0<53}");
        }
        "/stats/daily" => return timestamp(1_767_225_600_000 + 86_400_000 * index as u64),
        _ => {}
    }
    let (prefix, letters) = match IDS.iter().find(|(collection, ..)| *collection == template) {
        Some((_, prefix, letters)) => (*prefix, *letters),
        None => ("", Uuid),
    };
    prefix.to_owned() + &letters.draw(dice)
}

/// The time of the log entry at `index`, in milliseconds since 1970.
pub(crate) fn log_time(index: usize) -> u64 {
    const NEWEST: u64 = 1_775_000_000_000;
    NEWEST.saturating_sub(61_007 * index as u64)
}

impl Letters {
    fn draw(self, dice: &mut Dice) -> String {
        match self {
            Alphanumeric(count) => std::iter::repeat_with(|| dice.0.alphanumeric()).take(count).collect(),
            Hex(count) => dice.hex(count),
            Digits(count) => dice.digits(count),
            Uuid => {
                let hex = dice.hex(32);
                format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_auth0s_form() {
        let key = |template: &str| key(template, None, 0, &mut Dice::new(1, 1));
        assert!(key("/organizations").starts_with("org_") && key("/organizations").len() == 20);
        assert_eq!(key("/clients").len(), 32);
        assert_eq!(key("/actions/actions").len(), 36);
        assert_eq!(key("/connections"), connection_id("Username-Password-Authentication"));
        assert_eq!(
            key("/logs"),
            format!("900202603312333200{:038}", 0).replace("9002026033123332000", "9002026033123332000")
        );
    }

    #[test]
    fn log_entries_are_ordered_by_their_ids() {
        let ids: Vec<_> = (0..500).map(|index| key("/logs", None, index, &mut Dice::new(1, 1))).collect();
        assert!(ids.is_sorted_by(|newer, older| newer > older));
        assert!(ids.iter().all(|id| id.len() == 56));
    }
}
