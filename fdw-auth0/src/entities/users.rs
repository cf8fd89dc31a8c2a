//! Users. Source: the Management API's description, `GET /api/v2/users`, schema `UserResponseSchema`.

use fdw_common::entity::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::entity::{
    Column, Entity, FieldsParameter, Lookup, LookupAnswer, NumberedPages, Paging, Position, Rows, SearchField,
    SearchKind, SearchParameter, SortParameter,
};

/// Numbered pages with totals, as most lists of the API have them; users and logs end at a wall.
const PAGES: NumberedPages = NumberedPages {
    page: "page",
    size: "per_page",
    max_size: 100,
    ask_totals: Some(("include_totals", "true")),
    total: "total",
    start: "start",
    limit: "limit",
    position: Position::Rows,
    // "You can only page through the first 1000 records"; the total is capped there as well.
    wall: Some(1000),
};

const fn field(path: &'static str, kind: SearchKind) -> SearchField {
    SearchField { path, kind }
}

/// What the documentation lists as searchable (docs: user-search-query-syntax, user-profile-structure).
/// Not listed and so not searched: `picture`, `multifactor`, `last_password_reset`, paths into
/// `identities` without a documented example.
const SEARCH: SearchParameter = SearchParameter {
    name: "q",
    with: Some(("search_engine", "v3")),
    fields: &[
        field("email", SearchKind::TextAnyCase),
        field("name", SearchKind::TextAnyCase),
        field("given_name", SearchKind::TextAnyCase),
        field("family_name", SearchKind::TextAnyCase),
        field("nickname", SearchKind::TextAnyCase),
        field("user_id", SearchKind::Text),
        field("username", SearchKind::Text),
        field("phone_number", SearchKind::Text),
        field("last_ip", SearchKind::Text),
        // "email_verified" may be the text "true" or "false" (go-auth0, management/user.go).
        field("email_verified", SearchKind::BoolOrText),
        field("phone_verified", SearchKind::Bool),
        field("blocked", SearchKind::Bool),
        field("logins_count", SearchKind::Int),
        field("created_at", SearchKind::Time),
        field("updated_at", SearchKind::Time),
        field("last_login", SearchKind::Time),
        field("identities.connection", SearchKind::Text),
        field("app_metadata", SearchKind::Document),
        field("user_metadata", SearchKind::Document),
    ],
};

pub(super) const USERS: Entity = Entity {
    name: "users",
    doc: "The users of the tenant, of every connection.",
    path: "users",
    rows: Rows::Member("users"),
    key: &["user_id"],
    paging: Paging::Page(PAGES),
    fields: Some(FieldsParameter { name: "fields", with: Some(("include_fields", "true")) }),
    scopes: &["read:users", "read:user_idp_tokens"],
    // Both see a change at once, as search does not (docs: user-search).
    lookups: &[
        // Ids have the form `provider|id`.
        Lookup::row("users/{user_id}").with_fields(),
        // Exact and case-sensitive (API: get_users_by_email), which is what SQL's `=` asks for.
        Lookup { path: "users-by-email?email={email}", answer: LookupAnswer::Array, fields: true },
    ],
    search: Some(SEARCH),
    // Every user has both. What else can be sorted by is not documented.
    sort: Some(SortParameter { name: "sort", columns: &["created_at", "updated_at"] }),
    columns: &[
        Column::new("user_id", Text, "The user's id: the identity provider, a bar, and the provider's own id."),
        Column::new("email", Text, "The e-mail address."),
        Column::new("email_verified", Bool, "Whether the e-mail address has been verified."),
        Column::new("username", Text, "The user name, in connections that have them."),
        Column::new("phone_number", Text, "The phone number, in E.164 form."),
        Column::new("phone_verified", Bool, "Whether the phone number has been verified."),
        Column::new("created_at", Timestamptz, "When the user was created. Never changes."),
        Column::new("updated_at", Timestamptz, "When the profile was last changed, which every login does."),
        Column::new("identities", Jsonb, "The accounts linked to this user, an array."),
        Column::new("app_metadata", Jsonb, "What applications keep about the user; the user cannot change it."),
        Column::new("user_metadata", Jsonb, "What the user may change."),
        Column::new("picture", Text, "The address of the user's picture."),
        Column::new("name", Text, "The full name."),
        Column::new("nickname", Text, "The nickname."),
        Column::new("multifactor", Jsonb, "The second factors enrolled, an array of names."),
        Column::new("multifactor_last_modified", Timestamptz, "When the second factors were last changed."),
        Column::new("last_ip", Text, "The address of the last login."),
        Column::new("last_login", Timestamptz, "When the user last logged in."),
        Column::new("last_password_reset", Timestamptz, "When the password was last changed."),
        Column::new("logins_count", Int8, "How often the user has logged in."),
        Column::new("blocked", Bool, "Whether an administrator has blocked the user."),
        Column::new("given_name", Text, "The given name."),
        Column::new("family_name", Text, "The family name."),
    ],
    // Past the wall, so that a tenant of unknown size is rather asked for a hundred users by key than
    // for a list that may turn out to be unreadable.
    typical_rows: 10_000,
    ..Entity::BASE
};
