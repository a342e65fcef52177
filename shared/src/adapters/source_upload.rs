//! The form with which a service uploads the picture of the person it expects. S3 itself holds it to the key, the type, the size
//! and five minutes ("Creating a POST policy", Amazon S3 API Reference), so no image ever passes through a function of ours. The
//! SDK for Rust does not sign such forms.

use crate::domain::hex;
use crate::environment::{Environment, EnvironmentError};
use crate::fault::{Fault, FaultCode};
use aws_smithy_async::time::{SystemTimeSource, TimeSource as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Makes forms for one bucket.
#[derive(Clone)]
pub struct SourceUpload {
    bucket: String,
    region: String,
    url: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// A form, as a service sends it: every field, and last of all the file.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadForm {
    /// Where to.
    pub url: String,
    /// The fields that go before the file.
    pub fields: BTreeMap<&'static str, String>,
    /// Until when, by the wall clock.
    pub expires_at: Timestamp,
}

/// For how long a form is good.
const FORM_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(5);
/// What Rekognition takes as bytes ("Guidelines and quotas in Amazon Rekognition").
const MOST_BYTES: u32 = 5 * 1024 * 1024;

impl SourceUpload {
    /// With the function's own credentials, for that bucket.
    pub fn new(environment: &Environment, bucket: &str) -> Result<Self, EnvironmentError> {
        let endpoint = environment.optional("AWS_ENDPOINT_URL_S3").or_else(|| environment.optional("AWS_ENDPOINT_URL"));
        let region = environment.required("AWS_REGION")?.to_owned();
        let url = match endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com/"),
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            region,
            url,
            access_key_id: environment.required("AWS_ACCESS_KEY_ID")?.to_owned(),
            secret_access_key: environment.required("AWS_SECRET_ACCESS_KEY")?.to_owned(),
            session_token: environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        })
    }

    /// The form for one picture of that type under that key. Signatures go by the wall clock, as the SDK's own do.
    pub fn form(&self, key: &str, content_type: &str) -> Result<UploadForm, Fault> {
        let now = Timestamp::try_from(SystemTimeSource::new().now());
        self.form_at(key, content_type, now.map_err(|error| Fault::new(FaultCode::Bug, "read the time", error))?)
    }

    fn form_at(&self, key: &str, content_type: &str, now: Timestamp) -> Result<UploadForm, Fault> {
        let expires_at = now.checked_add(FORM_HOLDS_FOR).map_err(|error| Fault::new(FaultCode::Bug, "tell when a form expires", error))?;
        let day = now.strftime("%Y%m%d").to_string();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let mut fields = BTreeMap::from([
            ("key", key.to_owned()),
            ("Content-Type", content_type.to_owned()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", format!("{}/{scope}", self.access_key_id)),
            ("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string()),
        ]);
        if let Some(token) = &self.session_token {
            fields.insert("x-amz-security-token", token.clone());
        }
        let mut conditions = vec![json!({ "bucket": self.bucket }), json!(["content-length-range", 1, MOST_BYTES])];
        conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
        let expiration = expires_at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        let policy = STANDARD.encode(json!({ "expiration": expiration, "conditions": conditions }).to_string());
        fields.insert("x-amz-signature", self.sign(&day, &policy));
        fields.insert("policy", policy);
        Ok(UploadForm { url: self.url.clone(), fields, expires_at })
    }

    /// "Calculating a signature" for signature version 4: one key from the next, and with the last the policy.
    fn sign(&self, day: &str, policy: &str) -> String {
        let secret = format!("AWS4{}", self.secret_access_key);
        let parts = [day, &self.region, "s3", "aws4_request", policy];
        let step = |key: Vec<u8>, part: &&str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
        hex(&parts.iter().fold(secret.into_bytes(), step))
    }
}

impl std::fmt::Debug for SourceUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceUpload").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// The fields hold a signature and a token.
impl std::fmt::Debug for UploadForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadForm").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
