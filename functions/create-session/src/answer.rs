//! What the client is told: the verification, and the session with the credentials to stream into it.

use jiff::Timestamp;
use prooflight_shared::adapters::StreamingCredentials;
use prooflight_shared::domain::{ChallengeKind, SessionId, Verification};
use prooflight_shared::edge::{Answer, OwnerView};
use serde::Serialize;

/// A session that the client can stream into.
#[derive(Debug)]
pub(crate) struct IssuedSession<'a> {
    pub(crate) session_id: SessionId,
    pub(crate) region: &'a str,
    pub(crate) challenge: ChallengeKind,
    pub(crate) expires_at: Timestamp,
    pub(crate) credentials: StreamingCredentials,
}

#[derive(Serialize)]
struct VerificationBody<'a> {
    #[serde(flatten)]
    verification: OwnerView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionBody<'a> {
    session_id: SessionId,
    region: &'a str,
    challenge: ChallengeKind,
    expires_at: Timestamp,
    credentials: CredentialsBody,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialsBody {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: Timestamp,
}

/// 201: a session was made, or stands as it was made.
pub(crate) fn issued(verification: &Verification, session: IssuedSession<'_>, now: Timestamp) -> Answer {
    let session = SessionBody {
        session_id: session.session_id,
        region: session.region,
        challenge: session.challenge,
        expires_at: session.expires_at,
        credentials: CredentialsBody {
            access_key_id: session.credentials.access_key_id,
            secret_access_key: session.credentials.secret_access_key,
            session_token: session.credentials.session_token,
            expiration: session.credentials.expiration,
        },
    };
    Answer::json(201, &body(verification, Some(session), now))
}

/// 200: the request was answered before, and its session is over; this is where the verification stands.
pub(crate) fn without_session(verification: &Verification, now: Timestamp) -> Answer {
    Answer::json(200, &body(verification, None, now))
}

fn body<'a>(verification: &'a Verification, session: Option<SessionBody<'a>>, now: Timestamp) -> VerificationBody<'a> {
    VerificationBody { verification: OwnerView::of(verification, now), session }
}
