//! Which function answers a request, as an HTTP API chooses it ("Create routes for HTTP APIs in API Gateway"): the most specific path wins,
//! then the exact method before `ANY`, and `$default` takes what is left. A known path with another method is simply not found.

use super::lambda_authorizer::LambdaAuthorizer;
use http::Method;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// The HTTP API's routes.
#[derive(Debug)]
pub struct Routes {
    /// The most specific first, so that the first match is the right one.
    routes: Vec<Route>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// As API Gateway writes it: `POST /verifications/{id}/sessions`.
    pub key: String,
    /// The function that answers.
    pub function: String,
    /// Who may call it.
    pub access: Access,
    /// None is `ANY`.
    method: Option<String>,
    /// None is `$default`.
    segments: Option<Vec<Segment>>,
}

/// Who may call a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Open,
    /// Whoever has a valid token, with one of these scopes where there are any.
    Token {
        /// One of them is enough.
        scopes: Vec<String>,
    },
    /// Whoever a function lets in.
    Function(LambdaAuthorizer),
}

/// The order is the order of being specific.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

/// A route and what its path parameters came to, URL-decoded.
#[derive(Debug)]
pub struct Match<'a> {
    /// The route.
    pub route: &'a Route,
    /// By the parameter's name.
    pub parameters: BTreeMap<String, String>,
}

impl Route {
    /// `method` may be `ANY`; `path` is `$default` or begins with a slash.
    pub fn new(method: &str, path: &str, function: &str, access: Access) -> Self {
        let method = method.to_ascii_uppercase();
        let segments = path.strip_prefix('/').map(|path| path.split('/').map(Segment::read).collect());
        let key = if segments.is_some() { format!("{method} {path}") } else { "$default".to_owned() };
        Self { key, function: function.to_owned(), access, method: (method != "ANY").then_some(method), segments }
    }

    fn parameters(&self, method: &Method, path: &[&str]) -> Option<BTreeMap<String, String>> {
        if self.method.as_deref().is_some_and(|own| own != method.as_str()) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let Some(segments) = &self.segments else { return Some(parameters) };
        let mut rest = path.iter();
        for segment in segments {
            match segment {
                Segment::Literal(text) => (decode(rest.next()?) == *text).then_some(())?,
                Segment::Parameter(name) => {
                    let value = rest.next().filter(|value| !value.is_empty())?;
                    parameters.insert(name.clone(), decode(value));
                }
                Segment::Greedy(name) => {
                    let value = rest.as_slice().join("/");
                    (!value.is_empty()).then_some(())?;
                    parameters.insert(name.clone(), decode(&value));
                    return Some(parameters);
                }
            }
        }
        rest.next().is_none().then_some(parameters)
    }
}

impl Segment {
    fn read(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Self::Greedy(name.to_owned()),
                None => Self::Parameter(name.to_owned()),
            },
            None => Self::Literal(text.to_owned()),
        }
    }
}

impl Routes {
    /// Routes in any order.
    pub fn new(mut routes: Vec<Route>) -> Self {
        routes.sort_by(|a, b| {
            let shape = |route: &Route| (route.segments.is_none(), route.segments.clone(), route.method.is_none());
            shape(a).cmp(&shape(b))
        });
        Self { routes }
    }

    /// The route for a request; `path` as it came, percent-encoded.
    pub fn find(&self, method: &Method, path: &str) -> Option<Match<'_>> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        self.routes.iter().find_map(|route| route.parameters(method, &segments).map(|parameters| Match { route, parameters }))
    }

    /// Every route, the most specific first.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }
}

/// The gateway has refused what is not UTF-8 before it looks for a route.
fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let route = |method: &str, path: &str| Route::new(method, path, path, Access::Open);
        Routes::new(vec![
            route("ANY", "/files/{rest+}"),
            route("GET", "/verifications/{id}"),
            route("POST", "/verifications"),
            route("ANY", "/verifications/{id}"),
            route("GET", "/verifications/mine"),
            route("POST", "/verifications/{id}/sessions/{sessionId}/complete"),
        ])
    }

    #[test]
    fn the_most_specific_route_answers() {
        let cases = [
            ("POST", "/verifications", Some("POST /verifications"), ""),
            ("GET", "/verifications", None, ""),
            ("POST", "/verifications/", None, ""),
            ("GET", "/verifications/v1", Some("GET /verifications/{id}"), "id=v1"),
            ("DELETE", "/verifications/v1", Some("ANY /verifications/{id}"), "id=v1"),
            ("GET", "/verifications/mine", Some("GET /verifications/mine"), ""),
            ("GET", "/verifications/a%2Fb%20c", Some("GET /verifications/{id}"), "id=a/b c"),
            (
                "POST",
                "/verifications/v/sessions/s/complete",
                Some("POST /verifications/{id}/sessions/{sessionId}/complete"),
                "id=v,sessionId=s",
            ),
            ("POST", "/verifications//sessions/s/complete", None, ""),
            ("PUT", "/files/a/b", Some("ANY /files/{rest+}"), "rest=a/b"),
            ("PUT", "/files/", None, ""),
            ("GET", "/", None, ""),
            ("GET", "", None, ""),
        ];
        for (method, path, key, parameters) in cases {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let routes = routes();
            let found = routes.find(&method, path);
            assert_eq!(found.as_ref().map(|found| found.route.key.as_str()), key, "{method} {path}");
            let listed =
                found.map(|found| found.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(","));
            assert_eq!(listed.unwrap_or_default(), parameters, "{method} {path}");
        }
    }

    #[test]
    fn the_default_route_takes_what_is_left() {
        let mut all: Vec<Route> = routes().iter().cloned().collect();
        all.insert(0, Route::new("ANY", "$default", "rest", Access::Open));
        let routes = Routes::new(all);
        let key = |path: &str| routes.find(&Method::GET, path).map(|found| found.route.key.clone());
        assert_eq!(key("/nowhere").as_deref(), Some("$default"));
        assert_eq!(key("/verifications/mine").as_deref(), Some("GET /verifications/mine"));
    }
}
