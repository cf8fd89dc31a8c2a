//! Access tokens: JWTs that are checked by their HMAC, so none has to be stored.

use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::answer::Answer;
use hyper::StatusCode;

/// The tenant's signing key and names.
pub(crate) struct Issuer {
    domain: String,
    key: RwLock<[u8; 32]>,
}

/// The claims of a token. `iat` and `exp` are Unix seconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    sub: String,
    aud: String,
    iat: u64,
    pub(crate) exp: u64,
    scope: String,
    gty: String,
    azp: String,
}

/// The reason why a request is not authorized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No bearer token at all.
    Missing,
    /// Not `Bearer <three parts>`.
    Malformed,
    /// Not a token of this tenant.
    Invalid,
    Expired,
}

impl Refusal {
    /// Auth0's answer to it.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Missing => Answer::error(StatusCode::UNAUTHORIZED, "Missing authentication", None),
            Self::Malformed => {
                Answer::error(StatusCode::BAD_REQUEST, "Bad HTTP authentication header format", Some("Bearer"))
            }
            Self::Invalid => Answer::unauthorized("Invalid token"),
            Self::Expired => Answer::unauthorized("Expired token received for JSON Web Token validation"),
        }
    }
}

impl Issuer {
    /// An issuer with a new random key.
    pub(crate) fn new(domain: &str) -> Self {
        Self { domain: domain.to_owned(), key: RwLock::new(random_key()) }
    }

    /// The tenant's domain.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// Makes every token issued so far invalid, by a new key.
    pub(crate) fn revoke(&self) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = random_key();
    }

    /// The audience of the Management API; the slash at the end is part of it.
    pub(crate) fn audience(&self) -> String {
        format!("https://{}/api/v2/", self.domain)
    }

    /// A signed token.
    pub(crate) fn issue(&self, client_id: &str, scope: &str, iat: u64, exp: u64) -> String {
        let claims = Claims {
            iss: format!("https://{}/", self.domain),
            sub: format!("{client_id}@clients"),
            aud: self.audience(),
            iat,
            exp,
            scope: scope.to_owned(),
            gty: "client-credentials".to_owned(),
            azp: client_id.to_owned(),
        };
        let payload = serde_json::to_vec(&claims).unwrap_or_default();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let signature =
            self.mac(&signed).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())).unwrap_or_default();
        format!("{signed}.{signature}")
    }

    /// Checks an `Authorization` header at the Unix second `now`.
    pub(crate) fn check(&self, header: Option<&str>, now: u64) -> Result<Claims, Refusal> {
        let header = header.ok_or(Refusal::Missing)?;
        let mut words = header.split(' ');
        let (Some(scheme), Some(token), None) = (words.next(), words.next(), words.next()) else {
            return Err(Refusal::Malformed);
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::Missing);
        }
        if token.split('.').count() != 3 {
            return Err(Refusal::Malformed);
        }
        let claims = self.claims(token).ok_or(Refusal::Invalid)?;
        if claims.exp <= now {
            return Err(Refusal::Expired);
        }
        Ok(claims)
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(signed)?.verify_slice(&signature).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    fn mac(&self, signed: &str) -> Option<Hmac<Sha256>> {
        // An HMAC takes a key of any length: this is never `None`.
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        let mut mac = Hmac::<Sha256>::new_from_slice(&*key).ok()?;
        mac.update(signed.as_bytes());
        Some(mac)
    }
}

/// A random key, which is stored nowhere.
pub(crate) fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    fastrand::Rng::new().fill(&mut key);
    key
}

impl Claims {
    /// True if one of `scopes` was granted.
    pub(crate) fn has_any(&self, scopes: &[impl AsRef<str>]) -> bool {
        self.scope.split(' ').any(|granted| scopes.iter().any(|scope| scope.as_ref() == granted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_headers_are_refused() {
        let issuer = Issuer::new("t.us.auth0.com");
        let good = issuer.issue("c", "read:users", 100, 200);
        let other = Issuer::new("t.us.auth0.com").issue("c", "read:users", 100, 200);
        let (head, _) = good.rsplit_once('.').unwrap();
        let table = [
            (None, Some(Refusal::Missing)),
            (Some("Basic abc".to_owned()), Some(Refusal::Missing)),
            (Some("Bearer".to_owned()), Some(Refusal::Malformed)),
            (Some("Bearer a b".to_owned()), Some(Refusal::Malformed)),
            (Some("Bearer nonsense".to_owned()), Some(Refusal::Malformed)),
            (Some("Bearer a.b.c".to_owned()), Some(Refusal::Invalid)),
            (Some(format!("Bearer {other}")), Some(Refusal::Invalid)),
            (Some(format!("Bearer {head}.AAAA")), Some(Refusal::Invalid)),
            (Some(format!("Bearer {good}")), None),
            (Some(format!("bearer {good}")), None),
        ];
        for (header, refusal) in table {
            let result = issuer.check(header.as_deref(), 199);
            assert_eq!(result.err(), refusal, "{header:?}");
        }
        assert_eq!(issuer.check(Some(&format!("Bearer {good}")), 200).err(), Some(Refusal::Expired));
    }

    #[test]
    fn revoked_tokens_are_invalid() {
        let issuer = Issuer::new("t.us.auth0.com");
        let header = |issuer: &Issuer| format!("Bearer {}", issuer.issue("c", "read:users", 100, 200));
        let before = header(&issuer);
        issuer.revoke();
        assert_eq!(issuer.check(Some(&before), 150).err(), Some(Refusal::Invalid));
        assert!(issuer.check(Some(&header(&issuer)), 150).is_ok());
    }

    #[test]
    fn claims_have_auth0s_form() {
        let issuer = Issuer::new("t.us.auth0.com");
        let token = issuer.issue("c", "read:users read:roles", 100, 200);
        let claims = issuer.check(Some(&format!("Bearer {token}")), 150).unwrap();
        assert_eq!(claims.iss, "https://t.us.auth0.com/");
        assert_eq!(claims.aud, "https://t.us.auth0.com/api/v2/");
        assert_eq!((claims.iat, claims.exp), (100, 200));
        assert!(claims.has_any(&["read:roles"]));
        assert!(!claims.has_any(&["read:user"]));
    }
}
