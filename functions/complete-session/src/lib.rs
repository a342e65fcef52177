//! Completes a session (`POST /verifications/{id}/sessions/{sessionId}/complete`): fetches what Rekognition made of it, stores
//! the images, decides once. The document is read before Rekognition is asked, because a repeated completion has to repeat the
//! stored first answer without asking, and a stranger must not be able to make us ask.

mod answer;

use answer::{ended, pending};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use prooflight_shared::adapters::{AwsClients, EvidenceBucket, Liveness, VerificationTable};
use prooflight_shared::app::{Completion, Entropy, complete_session};
use prooflight_shared::domain::{SessionId, VerificationId};
use prooflight_shared::edge::{Answer, Caller, ConnectError, HttpFunction, NoBody, Problem, answered, decode_body, path_parameter};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::invocation::Invocation;

/// The use case with its connections.
#[derive(Debug)]
pub struct CompleteSession {
    table: VerificationTable,
    bucket: EvidenceBucket,
    liveness: Liveness,
}

impl HttpFunction for CompleteSession {
    const NAME: &'static str = "complete-session";

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            bucket: EvidenceBucket::new(clients.s3(), environment.required(environment::EVIDENCE_BUCKET)?),
            liveness: Liveness::new(clients.rekognition()),
        })
    }

    async fn warm_up(&self) {
        tokio::join!(self.table.warm_up(), self.liveness.warm_up(), self.bucket.warm_up());
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> ApiGatewayV2httpResponse {
        answered(Self::NAME, &invocation.request_id, self.complete(&request, &invocation)).await
    }
}

impl CompleteSession {
    async fn complete(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let caller = Caller::with_scope(request, "verify")?;
        decode_body::<NoBody>(request)?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let session_id = SessionId::parse(path_parameter(request, "sessionId")).ok_or(Problem::NotFound)?;

        let loaded = self.table.load(&id).await?.ok_or(Problem::NotFound)?;
        if loaded.verification.owner != caller.owner {
            return Err(Problem::NotFound);
        }
        let number = loaded.verification.session_by_id(&session_id).ok_or(Problem::NotFound)?.number;

        let services = (&self.table, &self.bucket, &self.liveness);
        let entropy = Entropy::new(&invocation.entropy);
        Ok(match complete_session(services, loaded, number, None, invocation.now, &entropy).await? {
            Completion::Ended(after) => ended(&after.verification.at(invocation.now), number),
            Completion::Pending(after) => pending(&after.verification.at(invocation.now)),
        })
    }
}
