//! An HTTP request as a function sees it: the event of payload format 2.0 ("Create AWS Lambda proxy integrations for HTTP APIs in API
//! Gateway"), built as JSON and decoded by the same types that decode it in Lambda.

use super::authorizer::Authorized;
use super::routes::Match;
use super::stack::{ACCOUNT, API_ID};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, CONTENT_TYPE, COOKIE, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE, USER_AGENT};
use http::{HeaderMap, request::Parts};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};
use std::net::IpAddr;

/// What the gateway knows of a request beside its bytes.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    /// The gateway's own id of the request, also in its answer's `apigw-requestid`.
    pub(super) request_id: &'a str,
    /// When it came, by the clock that our code goes by.
    pub(super) now: Timestamp,
    /// Where it came from.
    pub(super) source: IpAddr,
    /// The port it came to.
    pub(super) port: u16,
    /// The path without the prefix that stands for the API's own host name.
    pub(super) path: &'a str,
}

/// Who was let in by whom.
#[derive(Debug)]
pub(super) enum Admitted {
    /// By the gateway's own authorizer.
    ByToken(Authorized),
    /// By a function, and what it says of him.
    ByFunction(Json),
}

/// The event as API Gateway writes it.
pub(super) fn event(request: &Parts, body: &[u8], found: &Match<'_>, caller: Option<&Admitted>, arrival: &Arrival<'_>) -> Json {
    // HTTP APIs hand on the path decoded, in `rawPath` too; only the query string is raw.
    let path = percent_decode_str(arrival.path).decode_utf8_lossy();
    let query = request.uri.query().unwrap_or_default();
    let host = text(&request.headers, &HOST);
    let domain = host.as_deref().unwrap_or("localhost").split(':').next().unwrap_or_default();
    let mut context = json!({
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": domain,
        "domainPrefix": domain.split('.').next(),
        "http": {
            "method": request.method.as_str(),
            "path": path,
            "protocol": format!("{:?}", request.version),
            "sourceIp": arrival.source.to_string(),
            "userAgent": text(&request.headers, &USER_AGENT).unwrap_or_default(),
        },
        "requestId": arrival.request_id,
        "routeKey": found.route.key,
        "stage": "$default",
        "time": arrival.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "timeEpoch": arrival.now.as_millisecond(),
    });
    if let (Some(caller), Some(context)) = (caller, context.as_object_mut()) {
        let said = match caller {
            Admitted::ByToken(caller) => json!({ "jwt": { "claims": caller.claims, "scopes": caller.scopes } }),
            Admitted::ByFunction(said) => json!({ "lambda": said }),
        };
        context.insert("authorizer".to_owned(), said);
    }
    let mut event = Map::new();
    let mut put = |name: &str, value: Json| event.insert(name.to_owned(), value);
    put("version", json!("2.0"));
    put("routeKey", json!(found.route.key));
    put("rawPath", json!(path));
    put("rawQueryString", json!(query));
    put("headers", Json::Object(headers(&request.headers, arrival)));
    put("requestContext", context);
    // What is empty is left out.
    let cookies: Vec<&str> = cookies(&request.headers);
    if !cookies.is_empty() {
        put("cookies", json!(cookies));
    }
    if !query.is_empty() {
        put("queryStringParameters", Json::Object(joined(query_pairs(query))));
    }
    if !found.parameters.is_empty() {
        put("pathParameters", json!(found.parameters));
    }
    let plain = std::str::from_utf8(body).ok().filter(|_| is_text(&request.headers));
    if !body.is_empty() {
        put("body", json!(plain.map_or_else(|| STANDARD.encode(body), str::to_owned)));
    }
    put("isBase64Encoded", json!(!body.is_empty() && plain.is_none()));
    Json::Object(event)
}

/// Lower-case names, several values joined by commas; cookies have their own place, and what concerns only the connection stays behind.
fn headers(headers: &HeaderMap, arrival: &Arrival<'_>) -> Map<String, Json> {
    let of_the_connection = [COOKIE, CONNECTION, TE, TRANSFER_ENCODING, UPGRADE, HeaderName::from_static("keep-alive")];
    let own = headers.iter().filter(|(name, _)| !of_the_connection.contains(name) && !is_forwarding(name));
    let own = own.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let forwarded = [
        ("x-forwarded-for", arrival.source.to_string()),
        ("x-forwarded-port", arrival.port.to_string()),
        ("x-forwarded-proto", "https".to_owned()),
    ];
    joined(own.chain(forwarded.map(|(name, value)| (name.to_owned(), value))))
}

/// What the gateway says by itself is not taken from the client.
fn is_forwarding(name: &HeaderName) -> bool {
    matches!(name.as_str(), "x-forwarded-for" | "x-forwarded-port" | "x-forwarded-proto")
}

fn joined(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Json> {
    let mut joined: Map<String, Json> = Map::new();
    for (name, value) in pairs {
        match joined.get_mut(&name) {
            Some(Json::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => {
                joined.insert(name, Json::String(value));
            }
        }
    }
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()).collect()
}

/// Name and value decoded; `+` is a space, as forms write it.
fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// Whether a body of this type is handed on as it is; every other one is Base64, forms included.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(content_type) = text(headers, &CONTENT_TYPE) else { return true };
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(essence.as_str(), "application/json" | "application/xml" | "application/javascript")
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
