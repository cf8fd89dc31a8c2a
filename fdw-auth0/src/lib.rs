//! Auth0's Management API as tables.
//!
//! This crate has the parts that are specific to Auth0: its tables ([`entities`]), its options and addresses
//! ([`options`], [`address`]), its search syntax, the buckets of its rate limit ([`rate_limit`]), and the form of
//! its error answers ([`api_error`]). `fdw-common` fetches the rows. This crate does not depend on Postgres.

#![forbid(unsafe_code)]

pub mod address;
pub mod api_error;
pub mod entities;
mod export;
pub mod log_types;
pub mod options;
pub mod rate_limit;
mod search;
pub mod validation;

use fdw_common::error::Result;
use fdw_common::filter::{Filter, Search};
use fdw_common::model::{Entity, SearchParameter};
use fdw_common::options::{Catalog, OBJECT, OptionTable, Options};
use fdw_common::secret::Secret;
use fdw_common::slice::Slice;
use fdw_common::source::{Api, ConfiguredToken, CredentialRef, Source, TokenClaims, TokenEndpoint, find_entity};
use url::Url;

/// The source `auth0`.
#[derive(Debug, Clone, Copy)]
pub struct Auth0;

impl Source for Auth0 {
    const NAME: &'static str = "auth0";
    const TITLE: &'static str = "Auth0";
    const OPTIONS: OptionTable = OptionTable { own: options::OPTIONS };
    const ENTITIES: &'static [Entity] = entities::ENTITIES;
    const CREDENTIAL_HINT: &'static str = options::CREDENTIAL_HINT;
    const API: &'static dyn Api = &Auth0;

    fn check(catalog: Catalog, options: &Options) -> Result<()> {
        if catalog == Catalog::Table {
            find_entity::<Self>(options.get(OBJECT)?.as_deref())?;
        }
        validation::check(catalog, options)
    }

    fn credential(options: &Options) -> Result<Option<CredentialRef>> {
        options::credential(options)
    }

    fn base_url(server: &Options, token: Option<ConfiguredToken<'_>>) -> Result<Url> {
        address::base_url(server, token)
    }

    fn api_path(_: &Options) -> Result<String> {
        // The host may come from the token, but the path is the same for every host.
        Ok(address::API_PATH.to_owned())
    }

    fn token_endpoint(server: &Options, base: &Url) -> Result<TokenEndpoint> {
        address::token_endpoint(server, base)
    }

    fn search(parameter: &SearchParameter, filters: &[Filter]) -> Search {
        search::search(parameter, filters)
    }

    fn is_exact(parameter: &SearchParameter, filters: &[Filter]) -> bool {
        search::is_exact(parameter, filters)
    }
}

impl Api for Auth0 {
    fn title(&self) -> &'static str {
        Self::TITLE
    }

    fn bucket(&self, path: &str) -> &'static str {
        rate_limit::bucket(path)
    }

    fn is_absent(&self, status: u16, body: &[u8], entity: &Entity) -> bool {
        api_error::is_absent(status, body, entity)
    }

    fn is_too_slow(&self, status: u16, body: &[u8]) -> bool {
        api_error::is_too_slow(status, body)
    }

    fn is_page_cap(&self, status: u16, body: &[u8]) -> bool {
        api_error::is_page_cap(status, body)
    }

    fn error_message(&self, body: &[u8]) -> Option<String> {
        api_error::message(body)
    }

    fn error_hint(&self, status: u16, body: &[u8], entity: &Entity) -> Option<String> {
        api_error::hint(status, body, entity)
    }

    fn login_hint(&self, status: u16) -> Option<String> {
        api_error::login_hint(status)
    }

    fn token_claims(&self, token: &Secret) -> TokenClaims {
        address::token_claims(token)
    }

    fn search_slice(&self, search: Option<&str>, slice: &Slice) -> Option<String> {
        search::slice(search, slice)
    }
}
