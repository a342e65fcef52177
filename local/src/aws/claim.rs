//! What a request says about its own signature: the credential scope, the time, the signed headers and the signature, read
//! from the `Authorization` header or from the query of a presigned URL (IAM User Guide, "Elements of an AWS API request
//! signature"). Nothing here is believed yet; `signature` checks it.

use crate::aws::signature::SignatureFault;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The parts of a signature as the request states them.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    pub(crate) signed_at: Timestamp,
    /// Lower-case names, without duplicates.
    pub(crate) signed_headers: BTreeSet<String>,
    /// 64 hexadecimal digits when the request is honest.
    pub(crate) signature: String,
    pub(crate) session_token: Option<String>,
    /// How long the signature is good for: set for a presigned URL only.
    pub(crate) valid_for: Option<SignedDuration>,
}

/// The credential scope `date/region/service/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `yyyymmdd`, UTC.
    pub date: String,
    /// For example `eu-west-1`.
    pub region: String,
    /// The signing name, for example `rekognition`.
    pub service: String,
}

/// The query parameters that carry a presigned signature; the canonical query holds them too, but the signer adds them anew.
pub(crate) const QUERY_FIELDS: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A presigned URL lives at most a week (S3 User Guide, "Authenticating Requests: Using Query Parameters").
const LONGEST_PRESIGN_SECONDS: i64 = 604_800;

impl Claim {
    /// Reads the `Authorization` header and the headers that go with it.
    pub(crate) fn from_header(request: &Parts) -> Result<Self, SignatureFault> {
        let authorization = header(request, "authorization")?.ok_or(SignatureFault::Missing)?;
        let Some(fields) = authorization.strip_prefix(ALGORITHM) else {
            return Err(SignatureFault::incomplete(format!("the authorization header must begin with {ALGORITHM}")));
        };
        let field = |name: &str| {
            fields
                .split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(key, value)| (key == name).then(|| value.trim()))
                .ok_or_else(|| SignatureFault::incomplete(format!("the authorization header needs `{name}`")))
        };
        let (access_key_id, scope) = credential(field("Credential")?)?;
        let date = header(request, "x-amz-date")?.ok_or_else(|| SignatureFault::incomplete("the header `x-amz-date` is needed"))?;
        Ok(Self {
            access_key_id,
            signed_at: signed_at(&date, &scope)?,
            scope,
            signed_headers: header_names(field("SignedHeaders")?),
            signature: field("Signature")?.to_owned(),
            session_token: header(request, "x-amz-security-token")?.map(Cow::into_owned),
            valid_for: None,
        })
    }

    /// Reads the query of a presigned URL.
    pub(crate) fn from_query(request: &Parts) -> Result<Self, SignatureFault> {
        let query = request.uri.query().unwrap_or_default();
        let find = |name: &str| query_pairs(query).find_map(|(key, value)| (key == name).then_some(value));
        let field = |name: &str| find(name).ok_or_else(|| SignatureFault::incomplete(format!("the query needs `{name}`")));
        if field("X-Amz-Algorithm")? != ALGORITHM {
            return Err(SignatureFault::incomplete(format!("`X-Amz-Algorithm` must be {ALGORITHM}")));
        }
        let (access_key_id, scope) = credential(&field("X-Amz-Credential")?)?;
        let seconds = field("X-Amz-Expires")?.parse::<i64>().ok().filter(|seconds| (1..=LONGEST_PRESIGN_SECONDS).contains(seconds));
        let seconds =
            seconds.ok_or_else(|| SignatureFault::incomplete(format!("`X-Amz-Expires` must be 1 to {LONGEST_PRESIGN_SECONDS} seconds")))?;
        Ok(Self {
            access_key_id,
            signed_at: signed_at(&field("X-Amz-Date")?, &scope)?,
            scope,
            signed_headers: header_names(&field("X-Amz-SignedHeaders")?),
            signature: field("X-Amz-Signature")?.into_owned(),
            session_token: find("X-Amz-Security-Token").map(Cow::into_owned),
            valid_for: Some(SignedDuration::from_secs(seconds)),
        })
    }
}

impl Claim {
    /// Reads the fields of an upload form, whose policy is what is signed.
    pub(crate) fn from_form<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, SignatureFault> {
        let needed = |name: &str| field(name).ok_or_else(|| SignatureFault::incomplete(format!("the form needs `{name}`")));
        if needed("x-amz-algorithm")? != ALGORITHM {
            return Err(SignatureFault::incomplete(format!("`x-amz-algorithm` must be {ALGORITHM}")));
        }
        let (access_key_id, scope) = credential(needed("x-amz-credential")?)?;
        Ok(Self {
            access_key_id,
            signed_at: signed_at(needed("x-amz-date")?, &scope)?,
            scope,
            signed_headers: BTreeSet::new(),
            signature: needed("x-amz-signature")?.to_owned(),
            session_token: field("x-amz-security-token").map(str::to_owned),
            valid_for: None,
        })
    }
}

/// The decoded pairs of a query string; what is not UTF-8 reads as replacement characters and so matches no signature.
pub(crate) fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decode_str(key).decode_utf8_lossy(), percent_decode_str(value).decode_utf8_lossy())
    })
}

/// One header's text; several of one name are joined as the canonical request joins them.
pub(crate) fn header<'a>(request: &'a Parts, name: &str) -> Result<Option<Cow<'a, str>>, SignatureFault> {
    let mut values = request.headers.get_all(name).iter().map(|value| {
        std::str::from_utf8(value.as_bytes()).map_err(|_| SignatureFault::incomplete(format!("the header `{name}` is not UTF-8")))
    });
    let Some(first) = values.next() else { return Ok(None) };
    values.try_fold(Cow::Borrowed(first?), |joined, value| Ok(Cow::Owned(format!("{joined},{}", value?)))).map(Some)
}

fn credential(text: &str) -> Result<(String, Scope), SignatureFault> {
    let mut parts = text.rsplit('/');
    let (Some("aws4_request"), Some(service), Some(region), Some(date)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(SignatureFault::incomplete("the credential must be `key/date/region/service/aws4_request`"));
    };
    let mut access_key_id: Vec<&str> = parts.collect();
    access_key_id.reverse();
    let access_key_id = access_key_id.join("/");
    if access_key_id.is_empty() || service.is_empty() || region.is_empty() {
        return Err(SignatureFault::incomplete("the credential must be `key/date/region/service/aws4_request`"));
    }
    Ok((access_key_id, Scope { date: date.to_owned(), region: region.to_owned(), service: service.to_owned() }))
}

fn signed_at(text: &str, scope: &Scope) -> Result<Timestamp, SignatureFault> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text)
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map_err(|_| SignatureFault::incomplete("the date must be `yyyymmddThhmmssZ`"))?;
    if text.split('T').next() != Some(scope.date.as_str()) {
        return Err(SignatureFault::incomplete("the credential's date must be the day of the signature"));
    }
    Ok(time.timestamp())
}

fn header_names(text: &str) -> BTreeSet<String> {
    text.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}
