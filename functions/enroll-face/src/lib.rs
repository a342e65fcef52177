//! Enrols the face of an approved verification: a workflow invokes the function with nothing but the verification's id, and a service
//! that has no workflow asks over HTTP (`POST /verifications/{id}/enrolment`). Asked again, it answers what has become of it.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use prooflight_shared::adapters::AwsClients;
use prooflight_shared::app::{Enroller, Entropy};
use prooflight_shared::domain::{Enrolment, EnrolmentState, Reason, VerificationId};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, NoBody, Problem, Scopes, Trigger, answered, decode_body, in_time, path_parameter,
};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The use case with its connections.
#[derive(Debug)]
pub struct EnrollFace {
    scopes: Scopes,
    enroller: Enroller,
}

/// What a direct invocation holds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrolTask {
    verification_id: String,
}

impl LambdaFunction for EnrollFace {
    const NAME: &'static str = "enroll-face";
    type Event = Trigger<EnrolTask>;
    type Answer = Value;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { scopes: Scopes::of(environment), enroller: Enroller::connect(&clients, environment)? })
    }

    async fn warm_up(&self) {
        tokio::join!(self.enroller.table.warm_up(), self.enroller.faces.warm_up());
    }

    fn request_id(event: &Trigger<EnrolTask>) -> Option<&str> {
        match event {
            Trigger::Http(request) => request.request_context.request_id.as_deref(),
            Trigger::Direct(_) => None,
        }
    }

    async fn handle(&self, event: Trigger<EnrolTask>, invocation: Invocation) -> Result<Value, Failure> {
        match event {
            Trigger::Http(request) => {
                let answer = answered(Self::NAME, &invocation.request_id, self.of_service(&request, &invocation)).await;
                Ok(serde_json::to_value(answer).unwrap_or_default())
            }
            Trigger::Direct(Some(task)) => Ok(in_time(self.of_workflow(&task, &invocation)).await?),
            Trigger::Direct(None) => Err(Problem::Malformed("the input does not fit".to_owned()).into()),
        }
    }
}

impl EnrollFace {
    async fn of_service(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let caller = Caller::with_scope(request, &self.scopes, "open")?.owner;
        decode_body::<NoBody>(request)?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let found = self.enroller.table.load(&id).await?.ok_or(Problem::NotFound)?;
        if found.verification.owner.issuer != caller.issuer {
            return Err(Problem::NotFound);
        }
        Ok(Answer::json(200, &EnrolmentBody::of(&self.enrol(&id, invocation).await?)))
    }

    async fn of_workflow(&self, task: &EnrolTask, invocation: &Invocation) -> Result<Value, Problem> {
        let id = VerificationId::parse(&task.verification_id).ok_or(Problem::NotFound)?;
        Ok(serde_json::to_value(EnrolmentBody::of(&self.enrol(&id, invocation).await?)).unwrap_or_default())
    }

    async fn enrol(&self, id: &VerificationId, invocation: &Invocation) -> Result<Enrolment, Problem> {
        let entropy = Entropy::new(&invocation.entropy);
        Ok(Box::pin(self.enroller.enrol(id, invocation.now, &entropy)).await?)
    }
}

/// How it ended; never the face's id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EnrolmentBody<'a> {
    /// The verification that the face was enrolled from: an earlier one, where the subject had been enrolled before.
    verification_id: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Reason>,
}

impl<'a> EnrolmentBody<'a> {
    fn of(enrolment: &'a Enrolment) -> Self {
        let (state, because) = match enrolment.state {
            EnrolmentState::Planned => ("planned", None),
            EnrolmentState::Enrolled(_) => ("enrolled", None),
            EnrolmentState::Undone(undoing) => ("undone", Some(undoing.because)),
        };
        Self { verification_id: enrolment.verification.as_str(), state, because }
    }
}
