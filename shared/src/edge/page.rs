//! How much of a list a client asks for at once, and from where on.

use super::{Problem, query_parameter};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

/// The most that one page holds, and what it holds where nobody says.
const LARGEST_PAGE: u16 = 50;
const USUAL_PAGE: u16 = 20;

/// The parameters `limit` and `cursor` of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct PageRequest<'a> {
    /// Entries, 1 to 50; 20 where it is not given.
    pub limit: u16,
    /// Where it goes on, sealed by [`ListOf`](super::ListOf); the beginning where it is not given.
    pub cursor: Option<&'a str>,
}

impl<'a> PageRequest<'a> {
    /// What a request asks for. Any other limit is malformed.
    pub fn of(request: &'a ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let limit = match query_parameter(request, "limit") {
            None => Some(USUAL_PAGE),
            Some(digits) => digits.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit)),
        };
        let limit = limit.ok_or_else(|| Problem::Malformed(format!("limit has to be 1 to {LARGEST_PAGE}")))?;
        Ok(Self { limit, cursor: query_parameter(request, "cursor") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_1_to_50_and_20_where_nobody_says() {
        for (given, limit) in [
            (None, Some(20)),
            (Some(""), Some(20)),
            (Some("1"), Some(1)),
            (Some("50"), Some(50)),
            (Some("0"), None),
            (Some("51"), None),
            (Some("-1"), None),
            (Some("65537"), None),
            (Some("many"), None),
        ] {
            let mut request = ApiGatewayV2httpRequest::default();
            if let Some(given) = given {
                request.query_string_parameters =
                    [("limit".to_owned(), given.to_owned())].into_iter().collect::<std::collections::HashMap<_, _>>().into();
            }
            assert_eq!(PageRequest::of(&request).ok().map(|page| page.limit), limit, "{given:?}");
        }
    }
}
