//! The claims of a JWT: the base address is the encrypted API of a tenant that they name, or an error.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fdw_auth0::Auth0;
use fdw_common::options::Catalog;
use fdw_common::secret::Secret;
use fdw_common::source::{Api as _, ConfiguredToken, Source, TokenOrigin};
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::Tree;

fuzz_target!(|data: (bool, &[u8])| {
    let (whole, bytes) = data;
    // The claims alone, or the text of the whole token.
    let text = if whole {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(bytes))
    };
    let token = Secret::from(text);
    let claims = Auth0.token_claims(&token);
    assert!(claims.expires_in.is_none_or(f64::is_finite));
    let server = Auth0::OPTIONS.validate(Catalog::Server, Vec::new()).expect("nothing is wrong with no options");
    let base = Auth0::base_url(&server, Some(ConfiguredToken { secret: &token, origin: TokenOrigin::Server }));
    if let Ok(base) = &base {
        let host = base.host_str().expect("an address has a host");
        let is_local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
        assert!(base.scheme() == "https" || (base.scheme() == "http" && is_local), "{base}");
        assert_eq!(base.path(), "/api/v2/");
        assert!(base.username().is_empty() && base.password().is_none() && base.query().is_none());
    }
    if whole {
        return;
    }
    let Some(tree @ Tree::Object(_)) = std::str::from_utf8(bytes).ok().and_then(|text| Tree::read(text).ok()) else {
        return;
    };
    if let Some(scopes) = claims.scopes {
        let Some(Tree::Text(said)) = tree.member("scope") else { panic!("scopes out of nothing: {scopes:?}") };
        assert_eq!(scopes, said.split_whitespace().collect::<Vec<_>>());
    }
    if let Ok(base) = base {
        let mut named = Vec::new();
        for claim in ["aud", "iss"] {
            match tree.member(claim) {
                Some(Tree::Text(one)) => named.push(one.clone()),
                Some(Tree::Array(many)) => named.extend(many.iter().filter_map(|one| match one {
                    Tree::Text(one) => Some(one.clone()),
                    _ => None,
                })),
                _ => {}
            }
        }
        let origins = named.iter().filter_map(|one| url::Url::parse(one.trim()).ok()).map(|url| url.origin());
        assert!(origins.into_iter().any(|origin| origin == base.origin()), "{base} is none of {named:?}");
    }
});
