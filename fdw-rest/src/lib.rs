//! Foreign tables over any JSON API. SQL describes the API: the options of the server have its address and
//! authentication ([`address`]); the options of each foreign table have the list's path, paging and key ([`table`],
//! [`paging`]). An entity is made of them when the table is first read ([`definition`]).

pub mod address;
mod api_error;
pub mod definition;
mod headers;
pub mod options;
pub mod paging;
mod public_secrets;
pub mod table;
pub mod validation;

use fdw_common::error::Result;
use fdw_common::model::Entity;
use fdw_common::options::{Catalog, OptionTable, Options};
use fdw_common::source::{
    Api, ConfiguredToken, CredentialRef, Scheme, Source, TableDefinition, TokenEndpoint, Warning,
};
use url::Url;

/// The source `rest`.
#[derive(Debug, Clone, Copy)]
pub struct Rest;

impl Source for Rest {
    const NAME: &'static str = "rest";
    const TITLE: &'static str = "the API";
    const LISTED_AS: &'static str = "REST";
    const OPTIONS: OptionTable = OptionTable { own: options::OPTIONS };
    const ENTITIES: &'static [Entity] = &[];
    const CREDENTIAL_HINT: &'static str = options::CREDENTIAL_HINT;
    const API: &'static dyn Api = &Rest;

    fn check(catalog: Catalog, options: &Options) -> Result<()> {
        validation::check(catalog, options)
    }

    fn entity(table: &TableDefinition<'_>) -> Result<&'static Entity> {
        definition::entity(table)
    }

    fn planned_entity(name: &str, definition: Option<&str>) -> Result<&'static Entity> {
        definition::planned(name, definition)
    }

    fn credential(options: &Options) -> Result<Option<CredentialRef>> {
        options::credential(options)
    }

    fn base_url(server: &Options, _token: Option<ConfiguredToken<'_>>) -> Result<Url> {
        address::base_url(server)
    }

    fn scheme(server: &Options) -> Result<Scheme> {
        address::scheme(server)
    }

    fn headers(server: &Options) -> Result<Vec<(String, String)>> {
        headers::read(server)
    }

    fn warnings(catalog: Catalog, options: &Options) -> Vec<Warning> {
        public_secrets::warnings(catalog, options)
    }

    fn token_endpoint(server: &Options, _base: &Url) -> Result<TokenEndpoint> {
        address::token_endpoint(server)
    }
}

impl Api for Rest {
    fn title(&self) -> &'static str {
        Self::TITLE
    }

    fn is_absent(&self, status: u16, body: &[u8], _entity: &Entity) -> bool {
        api_error::is_absent(status, body)
    }

    fn error_message(&self, body: &[u8]) -> Option<String> {
        api_error::message(body)
    }

    fn error_hint(&self, status: u16, _body: &[u8], _entity: &Entity) -> Option<String> {
        api_error::hint(status)
    }

    fn login_hint(&self, status: u16) -> Option<String> {
        api_error::login_hint(status)
    }
}
