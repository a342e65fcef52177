//! Cross-origin rules as an HTTP API applies them ("Configure CORS for HTTP APIs in API Gateway"): the gateway answers preflights itself,
//! whatever the routes, adds the headers to every answer, and drops those of the function.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method};

/// The HTTP API's `CorsConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Exact origins, or `*`.
    pub origins: Vec<String>,
    /// What a preflight allows.
    pub methods: Vec<String>,
    /// What a preflight allows.
    pub headers: Vec<String>,
    /// What a page may read of an answer.
    pub exposed: Vec<String>,
    /// How long a browser may remember a preflight.
    pub max_age_seconds: Option<u64>,
    /// Whether cookies may come along.
    pub credentials: bool,
}

/// Whether a request is a preflight, which the gateway answers before routes and tokens are looked at.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl Cors {
    /// Puts the headers of any answer that is not a preflight's; none for an origin that is not listed.
    pub(super) fn annotate(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        drop_own(answer);
        answer.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = self.allowed(request) else { return };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        put(answer, ACCESS_CONTROL_EXPOSE_HEADERS, &self.exposed.join(","));
        if self.credentials {
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    /// The headers of a preflight's answer, beside those of any answer.
    pub(super) fn annotate_preflight(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        self.annotate(request, answer);
        if self.allowed(request).is_none() {
            return;
        }
        put(answer, ACCESS_CONTROL_ALLOW_METHODS, &self.methods.join(","));
        put(answer, ACCESS_CONTROL_ALLOW_HEADERS, &self.headers.join(","));
        if let Some(seconds) = self.max_age_seconds {
            put(answer, ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
        }
    }

    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        if self.origins.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

/// Once an HTTP API has CORS rules, those of its integrations count for nothing (same page).
fn drop_own(answer: &mut HeaderMap) {
    for name in [
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_MAX_AGE,
    ] {
        answer.remove(name);
    }
}

fn put(answer: &mut HeaderMap, name: HeaderName, value: &str) {
    if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
        answer.insert(name, value);
    }
}
