//! The page's files: types, caching, protection, and what is not to be had.

use crate::wire::send;
use axum::Router;
use prooflight_local::gateway::{PAGE_TEMPLATE, page_headers};
use prooflight_local::page::Page;
use serde_json::json;
use std::fs::{create_dir_all, write};
use tempfile::TempDir;

fn built() -> (Router, TempDir) {
    let scratch = tempfile::tempdir().expect("a folder");
    let web = scratch.path().join("dist");
    create_dir_all(web.join("assets")).expect("a folder");
    create_dir_all(web.join("tfjs")).expect("a folder");
    for (file, content) in [
        ("index.html", "<title>the page</title>"),
        ("assets/index-abc123.js", "export {}"),
        ("assets/index-abc123.css", "a {}"),
        ("tfjs/tfjs-backend-wasm.wasm", "\0asm"),
        ("models/model.json", "{}"),
        ("models/model.bin", "weights"),
        ("icon.svg", "<svg/>"),
        ("review/index.html", "<!doctype html>the console"),
    ] {
        create_dir_all(web.join(file).parent().expect("a folder")).expect("a folder");
        write(web.join(file), content).expect("a file");
    }
    write(scratch.path().join("secret.txt"), "secret").expect("a file");
    (Page::new(web, 8443, 4566).expect("a page").router(), scratch)
}

#[tokio::test]
async fn files_have_their_types_and_caching() {
    let (router, _folder) = built();
    let forever = "public, max-age=31536000, immutable";
    for (path, content_type, cache) in [
        ("/", "text/html", "no-cache"),
        ("/index.html", "text/html", "no-cache"),
        ("/assets/index-abc123.js", "text/javascript", forever),
        ("/assets/index-abc123.css", "text/css", forever),
        // As anything else, browsers refuse to compile it while it streams in, and Safari shows a white page.
        ("/tfjs/tfjs-backend-wasm.wasm", "application/wasm", "no-cache"),
        ("/models/model.json", "application/json", "no-cache"),
        ("/models/model.bin", "application/octet-stream", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
    ] {
        let answer = send(&router, "GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type").and_then(|value| value.split(';').next()), Some(content_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let (router, _folder) = built();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/%2fetc/passwd",
        "//etc/passwd",
        "/secret.txt%00.html",
    ] {
        let answer = send(&router, "GET", path, &[], "").await;
        assert!(!answer.status.is_success(), "{path}: {}", answer.status);
        assert!(!answer.text().contains("secret") && !answer.text().contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn addresses_of_the_page_lead_to_it_and_missing_files_do_not() {
    let (router, _folder) = built();
    let navigation = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let cases = [
        ("/verifications/v1", &navigation[..], 200),
        ("/", &[][..], 200),
        ("/assets/gone-123.js", &navigation[..], 404),
        ("/verifications/v1", &[("accept", "*/*")][..], 404),
        ("/models/gone.bin", &[][..], 404),
    ];
    for (path, headers, status) in cases {
        let answer = send(&router, "GET", path, headers, "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.text().contains("the page"), status == 200, "{path}");
        assert!(answer.header("content-security-policy").is_some(), "{path}");
    }
    let answer = send(&router, "POST", "/", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn the_console_is_a_page_of_its_own() {
    let (router, _folder) = built();
    let navigation = [("accept", "text/html")];
    let answer = send(&router, "GET", "/review", &navigation, "").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (307, Some("/review/")));
    let answer = send(&router, "GET", "/review/", &navigation, "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("the console"));
    assert!(answer.header("content-security-policy").is_some());
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let (router, _folder) = built();
    let first = send(&router, "GET", "/models/model.bin", &[], "").await;
    let modified = first.header("last-modified").expect("a time");
    let answer = send(&router, "GET", "/models/model.bin", &[("if-modified-since", modified)], "").await;
    assert_eq!(answer.status, 304);
}

#[tokio::test]
async fn the_page_is_protected() {
    let (router, _folder) = built();
    let answer = send(&router, "GET", "/", &[], "").await;
    let protection = ["content-security-policy", "permissions-policy", "referrer-policy", "cross-origin-opener-policy", "x-frame-options"];
    let protection: Vec<String> = protection.iter().map(|name| format!("{name}: {}", answer.header(name).unwrap_or("-"))).collect();
    insta::assert_snapshot!(protection.join("\n"));
}

/// What the page is served with where it is deployed: the same, with other addresses in it.
#[test]
fn the_deployed_page_reaches_its_services_and_nobody_else() {
    let (services, images) = ("https://api.example.com wss://stream.example.com", "https://bucket.example.com");
    let parameters = [("ConnectOrigins", services), ("ImagesOrigin", images)];
    let headers = page_headers(PAGE_TEMPLATE, &parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let headers = headers.expect("a readable template");
    let policy = headers["content-security-policy"].to_str().expect("text");
    let named = policy.split("; ").filter(|directive| directive.contains("example.com")).collect::<Vec<_>>();
    let expected = [format!("connect-src 'self' {services}"), format!("img-src 'self' data: blob: {images}")];
    assert_eq!(named, expected);
}

#[tokio::test]
async fn the_configuration_tells_where_api_and_stream_are() {
    let (router, _folder) = built();
    let answer = send(&router, "GET", "/config.json", &[], "").await;
    let expected = json!({"mode": "local", "apiBase": "/api", "region": "us-east-1", "streamEndpoint": "https://localhost:8443"});
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn without_a_built_page_there_is_a_word_on_how_to_build_it() {
    let router = Page::new("/nowhere/dist".into(), 8443, 4566).expect("a page").router();
    let answer = send(&router, "GET", "/", &[], "").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("make run"));
    assert_eq!(send(&router, "GET", "/assets/x.js", &[], "").await.status, 404);
    assert_eq!(send(&router, "GET", "/config.json", &[], "").await.status, 200);
}
