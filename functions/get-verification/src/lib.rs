//! Tells the owner of a verification where it stands (`GET /verifications/{id}`). The passing of time is applied to what is
//! read, so an expired verification reads as expired before any clean-up has come by.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, VerificationTable};
use prooflight_shared::domain::{NextStep, SessionId, Status, Verification, VerificationId};
use prooflight_shared::edge::{Answer, Caller, ConnectError, HttpFunction, Problem, answered, path_parameter};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::invocation::Invocation;
use serde::Serialize;

/// The use case with its connection.
#[derive(Debug)]
pub struct GetVerification {
    table: VerificationTable,
}

impl HttpFunction for GetVerification {
    const NAME: &'static str = "get-verification";

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?) })
    }

    async fn warm_up(&self) {
        self.table.warm_up().await;
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> ApiGatewayV2httpResponse {
        answered(Self::NAME, &invocation.request_id, self.get(&request, &invocation)).await
    }
}

impl GetVerification {
    async fn get(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let caller = Caller::with_scope(request, "verify")?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let loaded = self.table.load(&id).await?.ok_or(Problem::NotFound)?;
        if loaded.verification.owner != caller.owner {
            return Err(Problem::NotFound);
        }
        let verification = loaded.verification.at(invocation.now);
        Ok(Answer::json(200, &VerificationBody::of(&verification, invocation.now)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationBody<'a> {
    verification_id: &'a str,
    status: Status,
    policy: &'a str,
    policy_version: &'a str,
    attempts_left: u8,
    next_step: NextStep,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_session: Option<CurrentSession<'a>>,
    server_time: Timestamp,
}

/// The session that the subject is working with; fresh credentials for it come from create-session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrentSession<'a> {
    session_id: &'a SessionId,
    expires_at: Timestamp,
}

impl<'a> VerificationBody<'a> {
    fn of(verification: &'a Verification, now: Timestamp) -> Self {
        let current_session = verification
            .live_session()
            .and_then(|session| Some(CurrentSession { session_id: session.session_id.as_ref()?, expires_at: session.expires_at() }));
        Self {
            verification_id: verification.id.as_str(),
            status: verification.status,
            policy: &verification.terms.name,
            policy_version: &verification.terms.version,
            attempts_left: verification.attempts_left(),
            next_step: verification.status.next_step(),
            created_at: verification.created_at,
            decided_at: verification.decided_at,
            current_session,
            server_time: now,
        }
    }
}
