//! The page: the files of the built frontend with the types, caching and security headers that they need, the configuration that they
//! fetch, and a word to whoever has not built them yet.

use crate::gateway::{PAGE_TEMPLATE, TemplateError, page_headers};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tower::ServiceExt;
use tower_http::services::ServeDir;

const UNBUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Prooflight</title>\
<p>The API, the stream and the AWS endpoint are running. The page is not built: stop this and run <code>make run</code>, which builds it.</p></html>\n";

/// Where the page is and what it is told.
#[derive(Debug)]
pub struct Page {
    files: ServeDir,
    folder: PathBuf,
    port: u16,
    protection: HeaderMap,
}

impl Page {
    /// The page in `folder`, which need not exist, on a server that listens on `port` beside an AWS endpoint on `aws_port`.
    pub fn new(folder: PathBuf, port: u16, aws_port: u16) -> Result<Self, TemplateError> {
        // Chromium counts wss: on the page's own port as 'self', others do not: it is named. The AWS endpoint stands in for S3's host, which
        // pictures are shown from and uploaded to; it speaks http, which browsers take from a loopback address ("Secure Contexts", W3C, 3.1),
        // Chromium with a word on the console.
        let parameters = [
            ("ConnectOrigins", format!("wss://localhost:{port} http://127.0.0.1:{aws_port}")),
            ("ImagesOrigin", format!("http://127.0.0.1:{aws_port}")),
        ];
        let protection = page_headers(PAGE_TEMPLATE, &parameters.map(|(name, value)| (name.to_owned(), value)).into())?;
        Ok(Self { files: ServeDir::new(&folder), folder, port, protection })
    }

    /// Everything that is not the API, the stream or a helper.
    pub fn router(self) -> Router {
        let page = Arc::new(self);
        Router::new().route("/config.json", get(config)).fallback(file).with_state(page)
    }

    async fn serve(&self, request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
        }
        let path = request.uri().path().to_owned();
        let is_page = is_page_route(&path, request.headers());
        let mut response = self.file(request).await;
        if response.status() == StatusCode::NOT_FOUND && is_page {
            response = self.index().await;
        }
        let cache = if path.starts_with("/assets/") && response.status().is_success() {
            // The bundler names these by their content.
            HeaderValue::from_static("public, max-age=31536000, immutable")
        } else {
            HeaderValue::from_static("no-cache")
        };
        response.headers_mut().insert(CACHE_CONTROL, cache);
        response
    }

    /// The page itself, for an address that the page knows and the folder does not.
    async fn index(&self) -> Response {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = Uri::from_static("/index.html");
        let response = self.file(request).await;
        if response.status().is_success() {
            return response;
        }
        tracing::debug!(folder = %self.folder.display(), "there is no page");
        (StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, "text/html; charset=utf-8")], UNBUILT).into_response()
    }

    async fn file(&self, request: Request) -> Response {
        match self.files.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(impossible) => match impossible {},
        }
    }

    fn protect(&self, headers: &mut HeaderMap) {
        headers.extend(self.protection.clone());
    }
}

/// A browser that navigates asks for HTML and for no file.
fn is_page_route(path: &str, headers: &HeaderMap) -> bool {
    let asks_for_html = headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")));
    let names_a_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    path == "/" || (asks_for_html && !names_a_file)
}

async fn file(State(page): State<Arc<Page>>, request: Request) -> Response {
    let mut response = page.serve(request).await;
    page.protect(response.headers_mut());
    response
}

/// What a deployed page would be given by its own host.
async fn config(State(page): State<Arc<Page>>) -> Response {
    let config = json!({
        "mode": "local",
        "apiBase": "/api",
        "region": crate::gateway::REGION,
        "streamEndpoint": format!("https://localhost:{}", page.port),
    });
    let mut response = Json(config).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page.protect(response.headers_mut());
    response
}
