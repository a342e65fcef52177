//! The only credentials that ever leave: they can stream into a liveness session, in one region, until shortly after the
//! session's end, and nothing else. AWS has no way to bind them to one session, so the session policy does what it can.

use super::refusal::{Codes, fault};
use crate::fault::{Fault, FaultCode};
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// The role that is assumed for every session.
#[derive(Debug, Clone)]
pub struct StreamingRole {
    client: aws_sdk_sts::Client,
    arn: String,
    region: String,
}

/// Temporary credentials for the subject's device.
#[derive(Clone)]
pub struct StreamingCredentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: String,
    /// The token that goes with both.
    pub session_token: String,
    /// When STS ends them; the session policy ends them sooner.
    pub expiration: Timestamp,
}

impl fmt::Debug for StreamingCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamingCredentials(..)")
    }
}

const CODES: Codes = Codes { unavailable: FaultCode::CredentialsUnavailable, refused: FaultCode::CredentialsRefused };

/// The least that STS vends (`API_AssumeRole`, `DurationSeconds`).
const SECONDS: i32 = 900;

/// Clocks differ: the policy ends a little after the session does.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

impl StreamingRole {
    /// The role of that ARN, to stream in `region`.
    pub fn new(client: aws_sdk_sts::Client, arn: &str, region: &str) -> Self {
        Self { client, arn: arn.to_owned(), region: region.to_owned() }
    }

    /// Credentials for a session that ends at `session_expires_at`. `session_name` is random and so names nobody in AWS's logs.
    pub async fn assume(&self, session_name: &str, session_expires_at: Timestamp) -> Result<StreamingCredentials, Fault> {
        let vended = self
            .client
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(session_name)
            .duration_seconds(SECONDS)
            .policy(session_policy(&self.region, session_expires_at))
            .send()
            .await
            .map_err(|error| fault(CODES, "assume the streaming role", &error))?;
        let credentials =
            vended.credentials.ok_or_else(|| Fault::bare(FaultCode::CredentialsUnavailable, "find credentials in the answer of STS"))?;
        let expiration = Timestamp::from_second(credentials.expiration.secs())
            .map_err(|error| Fault::new(FaultCode::CredentialsUnavailable, "read when credentials expire", error))?;
        Ok(StreamingCredentials {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            session_token: credentials.session_token,
            expiration,
        })
    }

    /// Opens the connection; this operation needs no permission (`API_GetCallerIdentity`).
    pub async fn warm_up(&self) {
        let _ = self.client.get_caller_identity().send().await;
    }
}

fn session_policy(region: &str, session_expires_at: Timestamp) -> String {
    let until = session_expires_at.checked_add(GRACE).unwrap_or(session_expires_at);
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "rekognition:StartFaceLivenessSession",
            "Resource": "*",
            "Condition": {
                "StringEquals": { "aws:RequestedRegion": region },
                "DateLessThan": { "aws:CurrentTime": until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() }
            }
        }]
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::session_policy;

    #[test]
    fn the_session_policy_allows_one_action_in_one_region_for_a_short_time() {
        let policy = session_policy("eu-west-1", "2026-11-22T12:03:00.25Z".parse().unwrap());
        let policy: serde_json::Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(
            policy["Statement"],
            serde_json::json!([{
                "Effect": "Allow",
                "Action": "rekognition:StartFaceLivenessSession",
                "Resource": "*",
                "Condition": {
                    "StringEquals": { "aws:RequestedRegion": "eu-west-1" },
                    "DateLessThan": { "aws:CurrentTime": "2026-11-22T12:03:30Z" }
                }
            }])
        );
    }
}
