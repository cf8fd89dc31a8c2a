//! What a plugin is: data plus a few functions.

use url::Url;

use crate::entity::{Entity, SearchParameter};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::{Filter, Search};
use crate::options::{Catalog, OptionTable, Options, closest};
use crate::secret::{Secret, SecretRef};
use crate::slice::Slice;

/// A REST API whose lists become foreign tables. It knows nothing of Postgres.
pub trait Source: Send + Sync + 'static {
    /// The name that SQL functions of the source begin with.
    const NAME: &'static str;
    /// The product's name as people write it, for messages.
    const TITLE: &'static str;
    /// The path of the API on its host, with a slash on both sides.
    const API_PATH: &'static str;
    /// Its options beside the ones every source has.
    const OPTIONS: OptionTable;
    /// Its tables.
    const ENTITIES: &'static [Entity];

    /// Checks what the option table cannot: options that exclude each other, addresses.
    ///
    /// # Errors
    /// What is wrong with the combination.
    fn check(catalog: Catalog, options: &Options) -> Result<()>;

    /// Where the credential of one catalog object stands, if it has one.
    ///
    /// # Errors
    /// `OptionValue` when there is more than one.
    fn credential(options: &Options) -> Result<Option<SecretRef>>;

    /// The address of the API, with a trailing slash, for a server's options and the credential in use.
    ///
    /// # Errors
    /// `OptionMissing` or `OptionValue` when there is no usable address.
    fn base_url(server: &Options, credential: &Secret) -> Result<Url>;

    /// The searches that find every row for which all of `filters` are true; they may find more. A
    /// parameter that has no value yet stands for any value and shows as `$1`.
    fn search(parameter: &SearchParameter, filters: &[Filter]) -> Search;

    /// True when the rows a search finds are just those for which all of `filters` are true.
    fn is_exact(parameter: &SearchParameter, filters: &[Filter]) -> bool;

    /// The search for the rows of a slice, of all or of those a search finds that [`Source::search`] wrote.
    fn search_slice(search: Option<&str>, slice: &Slice) -> String;

    /// True when an error answer says that a search took too long, so that one for fewer rows may not.
    fn is_too_slow(status: u16, body: &[u8]) -> bool;

    /// True when an error answer to a look-up says that there is no such row, and nothing else.
    fn is_absent(status: u16, body: &[u8]) -> bool;

    /// What the API says in the body of an error answer, if the body is of the API's own form.
    fn error_message(body: &[u8]) -> Option<String>;

    /// What to do about an error status, beyond what any API would have you do.
    fn error_hint(status: u16, entity: &Entity) -> Option<String>;
}

/// The entity a table's option `object` names.
///
/// # Errors
/// `OptionMissing` or `OptionValue`, with the closest name and where to find the others.
pub fn find_entity<S: Source>(object: Option<&str>) -> Result<&'static Entity> {
    let all = format!("`select entity, description from {}_fdw_entities()` lists all there are.", S::NAME);
    let Some(object) = object else {
        return Err(Error::new(ErrorKind::OptionMissing, "option \"object\" is required for a foreign table")
            .with_hint(format!("Name what the rows are. {all}")));
    };
    S::ENTITIES.iter().find(|entity| entity.name == object).ok_or_else(|| {
        Error::new(ErrorKind::OptionValue, format!("option \"object\" cannot be '{object}'")).with_hint(
            match closest(object, S::ENTITIES.iter().map(|entity| entity.name)) {
                Some(near) => format!("Perhaps you meant '{near}'. {all}"),
                None => all,
            },
        )
    })
}
