//! Completes a session (`POST /verifications/{id}/sessions/{sessionId}/complete`): fetches what Rekognition made of it, stores
//! the images, decides once. The document is read before Rekognition is asked, because a repeated completion has to repeat the
//! stored first answer without asking, and a stranger must not be able to make us ask.

mod answer;

use answer::{ended, pending};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::AwsClients;
use prooflight_shared::app::{Completer, Completion, Entropy};
use prooflight_shared::domain::{SessionId, Status, Verification, VerificationId};
use prooflight_shared::edge::{
    Answer, ConnectError, Failure, LambdaFunction, NoBody, Problem, Visit, Visitor, answered, decode_body, path_parameter,
};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;

/// The use case with its connections.
#[derive(Debug)]
pub struct CompleteSession {
    completer: Completer,
}

impl LambdaFunction for CompleteSession {
    const NAME: &'static str = "complete-session";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { completer: Completer::connect(&clients, environment)? })
    }

    async fn warm_up(&self) {
        self.completer.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        Ok(answered(Self::NAME, &invocation.request_id, self.complete(&request, &invocation)).await)
    }
}

impl CompleteSession {
    async fn complete(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let visitor = Visitor::of(request, false)?;
        decode_body::<NoBody>(request)?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let session_id = SessionId::parse(path_parameter(request, "sessionId")).ok_or(Problem::NotFound)?;

        // To read: a completion whose answer was lost finds the verification closed by itself, and repeats what it said.
        let loaded = visitor.admitted(self.completer.table.load(&id).await?, Visit::Read, invocation.now)?;
        let number = loaded.verification.session_by_id(&session_id).ok_or(Problem::NotFound)?.number;

        let now = invocation.now;
        let entropy = Entropy::new(&invocation.entropy);
        Ok(match Box::pin(self.completer.complete(loaded, number, None, now, &entropy)).await? {
            Completion::Ended(after) => {
                let verification = after.verification.at(now);
                ended(&verification, number, self.wait_for(&verification, now).await?, now)
            }
            Completion::Pending(after) => pending(&after.verification.at(now), now),
        })
    }

    /// For how long a subject who may try again has to wait before he does.
    async fn wait_for(&self, verification: &Verification, now: Timestamp) -> Result<Option<u32>, Problem> {
        if verification.status != Status::Open {
            return Ok(None);
        }
        let limits = self.completer.table.limits(&verification.subject_key).await?;
        Ok(limits.standing(now).retry_after_seconds(now))
    }
}
