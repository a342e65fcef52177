//! `POST Object`: an upload whose permission is a signed policy in the form itself, so that a browser needs no key ("POST Object" and
//! "Authenticating Requests in Browser-Based Uploads Using POST" in the Amazon S3 API Reference). `s3s` knows such forms, but holds them to
//! fifteen minutes, asks for no session token and words refusals in its own way.

use super::answers::refused_signature;
use super::checksums::Stated;
use super::form::UploadForm;
use super::form_policy::FormPolicy;
use super::object::{About, Headers};
use super::{Buckets, Condition};
use crate::aws::claim::Claim;
use crate::aws::credentials::Credentials;
use crate::aws::signature::{SignatureFault, Verified, verify_policy};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

/// A form whose signature is right and whose policy allows it.
pub(crate) struct Posted {
    /// Who signed the policy.
    pub(crate) verified: Verified,
    pub(crate) bucket: String,
    pub(crate) key: String,
    form: UploadForm,
}

/// Whether a request is such a form.
pub(crate) fn is_form(request: &Parts) -> bool {
    let content_type = request.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let form = content_type.get(..19).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data"));
    request.method == Method::POST && form && !request.headers.contains_key(header::AUTHORIZATION)
}

/// Takes a form apart and holds it against its policy. `now` is wall time, as for all signatures.
pub(crate) fn read(request: &Parts, body: &Bytes, credentials: &Credentials, now: Timestamp) -> S3Result<Posted> {
    let bucket = request.uri.path().trim_matches('/');
    if bucket.is_empty() || bucket.contains('/') {
        return Err(s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource."));
    }
    let content_type = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = UploadForm::parse(content_type, body)?;
    let needed = |name: &str| {
        let missing = || s3_error!(InvalidArgument, "Bucket POST must contain a field named '{name}'.");
        form.field(name).filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let key = needed("key")?.to_owned();
    // Without a policy the caller is nobody, and nobody may write into our buckets.
    let Some(policy) = form.field("policy") else { return Err(s3_error!(AccessDenied, "Access Denied")) };
    if form.field("signature").is_some() {
        // "Amazon S3 no longer supports Signature Version 2 for buckets created after June 24, 2020" (S3 User Guide).
        let message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
        return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, message));
    }
    for name in ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"] {
        needed(name)?;
    }
    let verified = Claim::from_form(|name| form.field(name)).and_then(|claim| verify_policy(claim, policy, credentials, now));
    let verified = verified.map_err(|refusal| match refusal {
        SignatureFault::Incomplete(reason) => S3Error::with_message(S3ErrorCode::InvalidArgument, reason),
        other => refused_signature(&other, false),
    })?;
    FormPolicy::parse(policy)?.check(&form, bucket, now)?;
    refuse_what_is_not_kept(&form)?;
    Ok(Posted { verified, bucket: bucket.to_owned(), key, form })
}

impl Posted {
    /// Stores the file and answers as the form asks for.
    pub(crate) async fn store(self, buckets: &Buckets) -> S3Result<Response<Bytes>> {
        let Self { bucket, key, form, .. } = self;
        let field = |name: &str| form.field(name).map(str::to_owned);
        let metadata = form.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?.to_owned(), value.clone())));
        let mut about = About::new(&key, &form.file, Stated::default().checked(&form.file)?, buckets.now());
        about.metadata = metadata.collect();
        about.headers = Headers {
            content_type: field("content-type"),
            cache_control: field("cache-control"),
            content_disposition: field("content-disposition"),
            content_encoding: field("content-encoding"),
            content_language: None,
        };
        let etag = format!("\"{}\"", about.etag);
        let status = form.field("success_action_status").map(str::to_owned);
        buckets.store(&bucket, about, form.file, Condition::Always).await?;
        answer(status.as_deref(), &bucket, &key, &etag).ok_or_else(|| s3_error!(InternalError))
    }
}

/// "If you don't specify `success_action_redirect`, ... valid values are 200, 201, or 204"; anything else is 204.
fn answer(status: Option<&str>, bucket: &str, key: &str, etag: &str) -> Option<Response<Bytes>> {
    let location = format!("/{bucket}/{}", utf8_percent_encode(key, NON_ALPHANUMERIC));
    let (status, body) = match status {
        Some("200") => (StatusCode::OK, String::new()),
        Some("201") => {
            let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            let inner = format!("<Bucket>{bucket}</Bucket><Key>{}</Key><ETag>{}</ETag>", escaped(key), escaped(etag));
            (StatusCode::CREATED, format!("<PostResponse><Location>{location}</Location>{inner}</PostResponse>"))
        }
        _ => (StatusCode::NO_CONTENT, String::new()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(etag).ok()?);
    headers.insert(header::LOCATION, HeaderValue::from_str(&location).ok()?);
    if status == StatusCode::CREATED {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    }
    Some(response)
}

/// A form that would be kept only in part is refused, naming what this S3 does not have.
fn refuse_what_is_not_kept(form: &UploadForm) -> S3Result<()> {
    let known = |name: &str, value: &str| match name {
        "acl" => value == "private",
        "tagging" | "success_action_redirect" | "redirect" | "expires" | "x-amz-storage-class" => false,
        _ => !name.starts_with("x-amz-server-side-encryption") && !name.starts_with("x-amz-checksum-"),
    };
    match form.fields.iter().find(|(name, value)| !known(name, value)) {
        Some((name, _)) => Err(s3_error!(NotImplemented, "prooflight-local does not implement upload forms with {name}")),
        None => Ok(()),
    }
}
