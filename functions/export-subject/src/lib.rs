//! Gives a subject's data (`GET /subjects/{subject}/export`), for the answer to somebody who asks what is kept of him: verifications with
//! what was decided and why, who knows his face, what counts against him. Scores stay out, because whoever gets this hands it on to the
//! subject, and images are named by their digests: they are shown to reviewers, who are written down.

mod body;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use body::{EnrolmentBody, ExportBody, LimitsBody, VerificationBody};
use prooflight_shared::adapters::{AwsClients, List, VerificationTable};
use prooflight_shared::app::Entropy;
use prooflight_shared::domain::{Owner, StackKey, Verification};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, ListOf, Problem, Scopes, answered, is_visible_ascii, path_parameter,
    query_parameter,
};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::fault::Fault;
use prooflight_shared::invocation::Invocation;

/// The use case with its connection.
#[derive(Debug)]
pub struct ExportSubject {
    scopes: Scopes,
    table: VerificationTable,
    stack_key: StackKey,
}

/// Verifications on one page: each brings the records of its sessions with it.
const PAGE: u16 = 20;

impl LambdaFunction for ExportSubject {
    const NAME: &'static str = "export-subject";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            scopes: Scopes::of(environment),
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            stack_key: StackKey::new(environment.identifier_key()?),
        })
    }

    async fn warm_up(&self) {
        self.table.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        Ok(answered(Self::NAME, &invocation.request_id, self.export(&request, &invocation)).await)
    }
}

impl ExportSubject {
    async fn export(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let now = invocation.now;
        let (caller, _) = Caller::with_one_of(request, &self.scopes, &["erase", "read"])?;
        let subject = path_parameter(request, "subject");
        if !is_visible_ascii(subject, 256) {
            return Err(Problem::Malformed("the subject has to be 1 to 256 visible ASCII characters".to_owned()));
        }
        let list = ListOf { caller: &caller.owner, query: &["export", subject] };
        let cursor = query_parameter(request, "cursor");
        let after = cursor.map(|cursor| list.open(&self.stack_key, cursor)).transpose()?;
        let key = self.stack_key.subject(&Owner { issuer: caller.owner.issuer.clone(), subject: subject.to_owned() });

        let verifications = self.table.list(List::OfSubject(&key), after, PAGE, now, |_| true);
        let ((found, next), enrolment, limits) = tokio::try_join!(verifications, self.table.enrolment(&key), self.table.limits(&key))?;
        let mut verifications = Vec::with_capacity(found.len());
        for verification in &found {
            verifications.push(self.verification(verification, invocation).await?);
        }
        let random = Entropy::new(&invocation.entropy).draw();
        let body = ExportBody {
            subject,
            exported_at: now,
            verifications,
            enrolment: enrolment.as_ref().map(|loaded| EnrolmentBody::of(&loaded.enrolment)),
            limits: LimitsBody::of(&limits, now),
            next_cursor: next.and_then(|place| list.seal(&self.stack_key, &place, random)),
        };
        Ok(Answer::json(200, &body))
    }

    async fn verification<'a>(&self, verification: &'a Verification, invocation: &Invocation) -> Result<VerificationBody<'a>, Fault> {
        let (records, looks) = tokio::try_join!(self.table.decisions(&verification.id), self.table.looks(&verification.id))?;
        Ok(VerificationBody::of(verification, records, looks, invocation.now))
    }
}
