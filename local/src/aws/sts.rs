//! STS on this machine: `AssumeRole` vends keys that are good for a session policy and a time, `GetCallerIdentity` tells whose
//! key one holds (the query protocol; AWS STS API Reference).
//!
//! Vended keys live in memory alone: they last minutes, a caller simply asks again, and no secret reaches the disk.

use crate::aws::credentials::{Caller, Credential, Credentials};
use crate::aws::journal::ACCOUNT;
use crate::aws::policy::Policy;
use crate::aws::{entropy, sts_xml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::Response;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Vends credentials into the store that signatures are checked with.
pub(crate) struct Sts {
    credentials: Arc<Credentials>,
    /// By their ARNs. Their trust policies are not asked: whoever may assume a role by his own may do so.
    roles: Arc<BTreeMap<String, Policy>>,
}

/// An error of STS: code, HTTP status and message as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StsFault {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl StsFault {
    fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into() }
    }
}

/// What a session policy may be long ("The plaintext that you use for both inline and managed session policies can't exceed
/// 2,048 characters", `API_AssumeRole`).
const LONGEST_POLICY: usize = 2_048;

/// How long expired keys are remembered, so that their holder hears "expired" and not "unknown".
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

impl Sts {
    pub(crate) fn new(credentials: Arc<Credentials>, roles: Arc<BTreeMap<String, Policy>>) -> Self {
        Self { credentials, roles }
    }

    /// Answers one call of the query protocol. `now` is wall time.
    pub(crate) fn answer(&self, form: &Form, caller: &Caller, request_id: &str, now: Timestamp) -> Response<Bytes> {
        let result = match form.get("Action").unwrap_or_default() {
            "AssumeRole" => self.assume_role(form, caller, now),
            "GetCallerIdentity" => Ok(identity(caller)),
            other => Err(StsFault::new("InvalidAction", 400, format!("prooflight-local does not implement sts:{other}"))),
        };
        match result {
            Ok(body) => sts_xml::answer(form.get("Action").unwrap_or_default(), &body, request_id),
            Err(fault) => sts_xml::fault(&fault, request_id),
        }
    }

    fn assume_role(&self, form: &Form, caller: &Caller, now: Timestamp) -> Result<String, StsFault> {
        let role = Role::parse(form.get("RoleArn").unwrap_or_default())?;
        let session = session_name(form.get("RoleSessionName").unwrap_or_default())?;
        let lifetime = lifetime(form.get("DurationSeconds"), caller)?;
        let session_policy = form.get("Policy").map(session_policy).transpose()?;
        if let Some(other) =
            form.names().find(|name| !matches!(*name, "Action" | "Version" | "RoleArn" | "RoleSessionName" | "DurationSeconds" | "Policy"))
        {
            return Err(StsFault::new(
                "ValidationError",
                400,
                format!("prooflight-local does not implement the parameter {other} of AssumeRole"),
            ));
        }
        let arn = format!("arn:aws:sts::{}:assumed-role/{}/{session}", role.account, role.name);
        let expires_at = now.saturating_add(lifetime).map_err(|error| StsFault::new("InternalFailure", 500, error.to_string()))?;
        let key = Key::draw().map_err(|error| StsFault::new("InternalFailure", 500, error.to_string()))?;
        self.credentials.forget_expired(now.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN));
        self.credentials.insert(
            &key.id,
            Credential {
                secret_access_key: key.secret.clone(),
                session_token: Some(key.token.clone()),
                expires_at: Some(expires_at),
                caller: Caller::AssumedRole {
                    role_arn: arn.clone(),
                    session_policy: session_policy.map(str::to_owned),
                    role: self.roles.get(form.get("RoleArn").unwrap_or_default()).cloned().map(Arc::new),
                },
            },
        );
        let packed = session_policy.map_or(0, |policy| (policy.len() * 100).div_ceil(LONGEST_POLICY));
        Ok(sts_xml::elements(&[
            ("AssumedRoleUser", &sts_xml::Element::Nested(&[("AssumedRoleId", &role.id_of(session)), ("Arn", &arn)])),
            (
                "Credentials",
                &sts_xml::Element::Nested(&[
                    ("AccessKeyId", &key.id),
                    ("SecretAccessKey", &key.secret),
                    ("SessionToken", &key.token),
                    ("Expiration", &expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
                ]),
            ),
            ("PackedPolicySize", &sts_xml::Element::Text(&packed.to_string())),
        ]))
    }
}

/// A form of the query protocol: decoded names and values.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form body, or the query of a GET.
    pub(crate) fn parse(text: &str) -> Self {
        let spaced = text.replace('+', " ");
        Self(crate::aws::claim::query_pairs(&spaced).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !name.starts_with("X-Amz-"))
    }
}

/// The role of an ARN `arn:aws:iam::123456789012:role/path/name`.
struct Role<'a> {
    account: &'a str,
    name: &'a str,
}

impl<'a> Role<'a> {
    fn parse(arn: &'a str) -> Result<Self, StsFault> {
        let invalid = || StsFault::new("ValidationError", 400, format!("{arn} is invalid"));
        let (account, path) = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/")).ok_or_else(invalid)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let named = !name.is_empty() && name.len() <= 64 && name.chars().all(in_a_name);
        let numbered = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if named && numbered { Ok(Self { account, name }) } else { Err(invalid()) }
    }

    /// The id that IAM would have given the role: the same for the same role, and no more than that.
    fn id_of(&self, session: &str) -> String {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(format!("{}/{}", self.account, self.name));
        format!("AROA{}:{session}", base32(&digest).chars().take(17).collect::<String>())
    }
}

/// What one vended credential consists of.
struct Key {
    id: String,
    secret: String,
    token: String,
}

impl Key {
    fn draw() -> std::io::Result<Self> {
        Ok(Self {
            id: format!("ASIA{}", base32(&entropy::bytes::<16>()?)),
            secret: BASE64.encode(entropy::bytes::<30>()?),
            token: BASE64.encode(entropy::bytes::<192>()?),
        })
    }
}

/// One character of A-Z2-7 for every byte, as access key ids look.
fn base32(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    bytes.iter().filter_map(|byte| alphabet.get(usize::from(byte % 32))).map(|letter| char::from(*letter)).collect()
}

fn in_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

fn session_name(name: &str) -> Result<&str, StsFault> {
    if (2..=64).contains(&name.len()) && name.chars().all(in_a_name) {
        return Ok(name);
    }
    let message = format!(
        "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [\\w+=,.@-]{{2,64}}"
    );
    Err(StsFault::new("ValidationError", 400, message))
}

/// 900 s to 12 h, and at most one hour when a role assumes a role: a function always does, its key is its role's
/// (`API_AssumeRole`, "role chaining").
fn lifetime(text: Option<&str>, caller: &Caller) -> Result<SignedDuration, StsFault> {
    let text = text.unwrap_or("3600");
    let seconds = text.parse::<i64>().ok().filter(|seconds| (900..=43_200).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value between 900 and 43200"
        );
        StsFault::new("ValidationError", 400, message)
    })?;
    if seconds > 3_600 && *caller != Caller::Developer {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(StsFault::new("ValidationError", 400, message));
    }
    Ok(SignedDuration::from_secs(seconds))
}

fn session_policy(text: &str) -> Result<&str, StsFault> {
    if text.chars().count() > LONGEST_POLICY {
        return Err(StsFault::new("PackedPolicyTooLarge", 400, "the session policy is longer than 2048 characters"));
    }
    let malformed = |message: String| StsFault::new("MalformedPolicyDocument", 400, message);
    let document = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json".to_owned()))?;
    Policy::read(&document).map_err(|fault| malformed(fault.to_string()))?;
    Ok(text)
}

fn identity(caller: &Caller) -> String {
    let (account, user, arn) = match caller {
        Caller::Developer => (ACCOUNT, "AIDALOCALDEVELOPER".to_owned(), format!("arn:aws:iam::{ACCOUNT}:user/developer")),
        Caller::Function { name, .. } => {
            let role = Role { account: ACCOUNT, name };
            (ACCOUNT, role.id_of(name), format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{name}"))
        }
        Caller::AssumedRole { role_arn, .. } => {
            let account = role_arn.split(':').nth(4).unwrap_or(ACCOUNT);
            let mut names = role_arn.rsplit('/');
            let session = names.next().unwrap_or_default();
            (account, Role { account, name: names.next().unwrap_or_default() }.id_of(session), role_arn.clone())
        }
    };
    sts_xml::elements(&[
        ("Arn", &sts_xml::Element::Text(&arn)),
        ("UserId", &sts_xml::Element::Text(&user)),
        ("Account", &sts_xml::Element::Text(account)),
    ])
}
