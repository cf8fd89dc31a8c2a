//! The methods of requests, and the failures of each that may be retried.

use super::retry::Failure;

/// The method of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method<'a> {
    Get,
    /// With this JSON as the body.
    Post(&'a str),
}

impl Method<'_> {
    pub(super) fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post(_) => "POST",
        }
    }

    /// The failure for the retry policy: a POST is retried only if it cannot have had an effect.
    pub(super) fn failure(self, failure: Failure) -> Failure {
        match (self, failure) {
            (Method::Get, failure) => failure,
            (Method::Post(_), failure @ (Failure::Connect | Failure::RateLimited { .. })) => failure,
            (Method::Post(_), _) => Failure::Lasting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_retried_only_if_it_had_no_effect() {
        let limited = Failure::RateLimited { wait: None };
        let broken = Failure::Status { code: 503, wait: None };
        for (failure, repeated) in [
            (Failure::Connect, Failure::Connect),
            (limited, limited),
            (broken, Failure::Lasting),
            (Failure::Timeout, Failure::Lasting),
        ] {
            assert_eq!(Method::Post("{}").failure(failure), repeated);
            assert_eq!(Method::Get.failure(failure), failure);
        }
    }
}
