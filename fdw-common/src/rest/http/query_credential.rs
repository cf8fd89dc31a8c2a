//! A credential that is sent as a query parameter.

use url::{Url, form_urlencoded};

use crate::secret::Secret;

/// The URL as it is sent: with the credential as the only value of the parameter `name`.
pub(super) fn with_credential(url: &Url, name: &str, secret: &Secret) -> Url {
    let mut url = without_credential(url.clone(), name);
    url.query_pairs_mut().append_pair(name, secret.expose().trim());
    url
}

/// The URL without the parameter `name`: an API may repeat it in the addresses of its next pages.
pub(super) fn without_credential(mut url: Url, name: &str) -> Url {
    let is_other = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(known, _)| known != name);
    let others: Vec<&str> = url.query().unwrap_or_default().split('&').filter(is_other).collect();
    let query = others.join("&");
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_credential_sets_one_parameter_and_keeps_the_others() {
        let secret = Secret::from("k&3=y \u{e9}".to_owned());
        let cases = [
            ("https://a.example/v1/things", "https://a.example/v1/things?api_key=k%263%3Dy+%C3%A9"),
            ("https://a.example/things?q=a%20b+c&", "https://a.example/things?q=a%20b+c&api_key=k%263%3Dy+%C3%A9"),
            (
                "https://a.example/things?api_key=old&page=2&api%5Fkey=x",
                "https://a.example/things?page=2&api_key=k%263%3Dy+%C3%A9",
            ),
            ("https://a.example/things?my_api_key=1", "https://a.example/things?my_api_key=1&api_key=k%263%3Dy+%C3%A9"),
        ];
        for (url, sent) in cases {
            assert_eq!(with_credential(&Url::parse(url).unwrap(), "api_key", &secret).as_str(), sent, "{url}");
        }
    }
}
