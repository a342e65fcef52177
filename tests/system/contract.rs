//! The contract, `infra/openapi.yaml`, as the tests hold the system to it: whatever the API answers in any of them has to be what stands
//! there, for the scopes of the token that was sent - status, media type, headers, every field and none besides.

use crate::world::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Method};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

/// A request to the API and its answer.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a Method,
    /// Below the API's own host name, without the query.
    pub(crate) path: &'a str,
    pub(crate) sent: &'a [(&'a str, &'a str)],
    pub(crate) sent_body: &'a [u8],
    pub(crate) reply: &'a Reply,
}

/// The document, and a validator of each schema that was needed so far.
pub(crate) struct Contract {
    pub(crate) document: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// A value in the document and the JSON pointer to it.
#[derive(Clone)]
pub(crate) struct Place<'a> {
    pub(crate) value: &'a Value,
    pointer: String,
}

/// The methods that a path may have, as the document spells them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// What we say in headers; the rest is HTTP's, CORS's and the gateway's.
const OUR_HEADERS: [&str; 5] = ["location", "etag", "retry-after", "x-request-id", "www-authenticate"];
const URI: &str = "urn:prooflight:contract";

pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let document: Value = serde_norway::from_str(include_str!("../../infra/openapi.yaml")).unwrap();
    let registry = Registry::new().add(URI, document.clone()).unwrap().prepare().unwrap();
    Contract { document, registry, validators: Mutex::default() }
});

/// The scopes of the token that a request carries; none where it has no token that can be read.
pub(crate) fn scopes(sent: &[(&str, &str)]) -> BTreeSet<String> {
    let token = sent.iter().find(|(name, _)| *name == "authorization").map_or("", |(_, value)| value);
    // It is the subject's answer that a page gets which a link led to.
    if token.contains("plct_") {
        return BTreeSet::from(["verify".to_owned()]);
    }
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Value = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
    claims["scope"].as_str().unwrap_or_default().split(' ').map(str::to_owned).collect()
}

impl Contract {
    /// Every operation under its route, as API Gateway writes it: `POST /verifications/{id}/sessions`.
    pub(crate) fn operations(&self) -> BTreeMap<String, Place<'_>> {
        let mut operations = BTreeMap::new();
        let paths = self.at("/paths");
        for path in paths.value.as_object().unwrap().keys() {
            for method in METHODS {
                if let Some(operation) = self.child(&paths, path).and_then(|item| self.child(&item, method)) {
                    operations.insert(format!("{} {path}", method.to_uppercase()), operation);
                }
            }
        }
        operations
    }

    /// The scopes of which the gateway asks for one; or, where client tokens are taken, the authorizer that knows them.
    pub(crate) fn scopes_of(operation: &Place<'_>) -> BTreeSet<String> {
        let alternatives = operation.value["security"].as_array().unwrap();
        if alternatives.iter().any(|alternative| alternative.get("clientToken").is_some()) {
            return BTreeSet::from(["authorize".to_owned()]);
        }
        let scopes = alternatives.iter().flat_map(|alternative| alternative["token"].as_array().unwrap());
        scopes.map(|scope| scope.as_str().unwrap().to_owned()).collect()
    }

    /// Whether a person's own token opens it: with `verify`, or without an account.
    pub(crate) fn is_for_end_users(operation: &Place<'_>) -> bool {
        let alternatives = operation.value["security"].as_array().unwrap();
        let verifies = |scopes: &Value| scopes.as_array().unwrap().iter().any(|scope| scope == "verify");
        let of_users = |alternative: &Value| alternative.get("clientToken").is_some() || alternative.get("token").is_some_and(verifies);
        alternatives.iter().any(of_users)
    }

    /// Fails unless the answer is one that the contract has.
    #[track_caller]
    pub(crate) fn hold(&self, exchange: &Exchange<'_>) {
        let Exchange { method, path, reply: Reply { status, headers, body }, .. } = exchange;
        if *method == Method::OPTIONS {
            return;
        }
        let what = format!("{method} {path}, answered {status}");
        let Some(operation) = self.operation(method, path) else {
            assert_eq!((*status, body), (404, &json!({ "message": "Not Found" })), "{what}: the contract has no such route");
            return;
        };
        let response = self.child(&operation, "responses").and_then(|responses| self.child(&responses, &status.to_string()));
        let response = response.unwrap_or_else(|| panic!("{what}: the route does not answer that: {body}"));
        let media = media_type(headers);
        let content = self.child(&response, "content").and_then(|content| self.child(&content, &media));
        let content = content.unwrap_or_else(|| panic!("{what}: the contract has no answer of type {media:?}: {body}"));
        let schema = self.for_scopes(self.child(&content, "schema").unwrap(), &scopes(exchange.sent));
        self.assert_fits(&schema, body, &what);
        self.assert_headers(&response, headers, &what);
        if media == "application/problem+json" {
            assert_eq!(body["status"], *status, "{what}");
            assert_eq!(body["requestId"].as_str(), headers["x-request-id"].to_str().ok(), "{what}");
            assert_eq!(body["type"], format!("urn:prooflight:problem:{}", body["code"].as_str().unwrap()), "{what}");
        }
        if *status < 300 {
            self.assert_was_asked_as_described(&operation, exchange, &what);
        }
    }

    /// What was accepted has to be acceptable.
    #[track_caller]
    fn assert_was_asked_as_described(&self, operation: &Place<'_>, exchange: &Exchange<'_>, what: &str) {
        let Ok(sent) = serde_json::from_slice::<Value>(exchange.sent_body) else { return };
        let taken = self.child(operation, "requestBody").and_then(|body| self.child(&body, "content"));
        let taken = taken.and_then(|content| self.child(&content, "application/json")).and_then(|media| self.child(&media, "schema"));
        let taken = taken.unwrap_or_else(|| panic!("{what}: the contract knows no body"));
        self.assert_fits(&taken, &sent, &format!("{what}, and what was sent"));
    }

    #[track_caller]
    fn assert_headers(&self, response: &Place<'_>, received: &HeaderMap, what: &str) {
        let described = self.child(response, "headers");
        let names = described.iter().flat_map(|headers| headers.value.as_object().unwrap().keys()).collect::<Vec<_>>();
        for name in OUR_HEADERS {
            let known = names.iter().any(|known| known.eq_ignore_ascii_case(name));
            assert!(known || !received.contains_key(name), "{what}: the contract has no {name} there");
        }
        for name in names {
            let header = self.child(described.as_ref().unwrap(), name).unwrap();
            let Some(value) = received.get(name.as_str()) else {
                assert_ne!(header.value["required"], true, "{what}: {name} is missing");
                continue;
            };
            let text = value.to_str().unwrap();
            let schema = self.child(&header, "schema").unwrap();
            let value = if schema.value["type"] == "integer" { serde_json::from_str(text).unwrap() } else { json!(text) };
            self.assert_fits(&schema, &value, &format!("{what}, {name}"));
        }
    }

    #[track_caller]
    fn assert_fits(&self, schema: &Place<'_>, value: &Value, what: &str) {
        let validator = self.validator(&schema.pointer);
        let errors: Vec<String> = validator.iter_errors(value).map(|error| format!("{} ({})", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{what} is not what the contract says: {}\n{value:#}", errors.join("; "));
    }

    /// Where the answer depends on the token's scope, the alternative that is for this one.
    fn for_scopes<'a>(&'a self, schema: Place<'a>, held: &BTreeSet<String>) -> Place<'a> {
        let alternatives = schema.value["oneOf"].as_array().map_or(0, Vec::len);
        let mut named = (0..alternatives).map(|at| format!("{}/oneOf/{at}", schema.pointer));
        let fits = |pointer: &String| {
            let scope = &self.document.pointer(pointer).unwrap()["x-scope"];
            scope.as_str().is_some_and(|scope| held.contains(scope))
        };
        // A token with several scopes gets the answer of the last that the contract names.
        let chosen = named.rfind(fits);
        chosen.map_or(schema, |pointer| Place { value: self.document.pointer(&pointer).unwrap(), pointer })
    }

    /// The operation for a request, as the gateway chooses it: a literal segment before a parameter.
    fn operation(&self, method: &Method, path: &str) -> Option<Place<'_>> {
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |route: &str| {
            let (own, path) = route.split_once(' ').unwrap();
            let segments: Vec<&str> = path.split('/').collect();
            let alike = |(own, asked): (&&str, &&str)| own == asked || own.starts_with('{') && !asked.is_empty();
            own == method.as_str() && segments.len() == asked.len() && segments.iter().zip(&asked).all(alike)
        };
        // Braces sort behind letters: of two that fit, the first is the more literal one.
        self.operations().into_iter().find(|(route, _)| fits(route)).map(|(_, operation)| operation)
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let build = || {
            let fragment = percent_encoding::utf8_percent_encode(pointer, FRAGMENT);
            let schema = json!({ "$ref": format!("{URI}#{fragment}") });
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.with_registry(&self.registry).build(&schema).unwrap())
        };
        Arc::clone(validators.entry(pointer.to_owned()).or_insert_with(build))
    }

    pub(crate) fn at(&self, pointer: &str) -> Place<'_> {
        let value = self.document.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in the contract"));
        match value["$ref"].as_str() {
            // A schema may say more than it refers to; what else refers is replaced by what it refers to.
            Some(target) if !target.contains("/schemas/") => self.at(target.strip_prefix('#').unwrap()),
            _ => Place { value, pointer: pointer.to_owned() },
        }
    }

    pub(crate) fn child(&self, place: &Place<'_>, key: &str) -> Option<Place<'_>> {
        let pointer = format!("{}/{}", place.pointer, key.replace('~', "~0").replace('/', "~1"));
        self.document.pointer(&pointer).map(|_| self.at(&pointer))
    }
}

/// What a fragment of a URI may not hold as it is, of what stands in pointers.
const FRAGMENT: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'{').add(b'}');

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
