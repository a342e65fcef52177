//! Who may call `/dev`: a program on this machine, or the page that this server itself gave out. A foreign page is known by its `Origin`; a
//! foreign name that was made to point at 127.0.0.1 (DNS rebinding) by the `Host`, which then still names it.

use super::problem::Problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};

pub(super) async fn refuse_foreigners(request: Request, next: Next) -> Response {
    if is_ours(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(StatusCode::FORBIDDEN, "foreign", "/dev answers only this machine's own names and its own page").into_response()
}

/// The host is a name of this machine, on whatever port (it may be forwarded); an origin, where there is one, is that same host over https.
fn is_ours(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else { return false };
    let host = host.to_ascii_lowercase();
    let (name, port) = host.split_once(':').unwrap_or((&host, "443"));
    if !matches!(name, "localhost" | "127.0.0.1") || port.parse::<u16>().is_err() {
        return false;
    }
    headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(|origin| origin.eq_ignore_ascii_case(&format!("https://{host}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_this_machine_and_its_page_are_let_in() {
        let cases = [
            (&["localhost:8443"][..], &[][..], true),
            (&["localhost"], &[], true),
            (&["127.0.0.1:8443"], &[], true),
            (&["LOCALHOST:8443"], &["https://localhost:8443"], true),
            (&["127.0.0.1:8443"], &["https://127.0.0.1:8443"], true),
            (&["127.0.0.1:8443"], &["https://localhost:8443"], false),
            (&["localhost:8443"], &["http://localhost:8443"], false),
            (&["localhost:8443"], &["https://localhost:9000"], false),
            (&["localhost:8443"], &["https://evil.example"], false),
            (&["localhost:8443"], &["null"], false),
            (&["localhost:8443"], &["https://localhost:8443", "https://evil.example"], false),
            (&["evil.example:8443"], &[], false),
            (&["evil.example:8443"], &["https://evil.example:8443"], false),
            (&["localhost.evil.example"], &[], false),
            (&["localhost:8443@evil.example"], &[], false),
            (&["localhost:"], &[], false),
            (&["0.0.0.0:8443"], &[], false),
            (&["localhost:8443", "localhost:8443"], &[], false),
            (&[], &[], false),
        ];
        for (hosts, origins, ours) in cases {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_static(host));
            }
            for origin in origins {
                headers.append(ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_ours(&headers), ours, "{hosts:?} {origins:?}");
        }
    }
}
