//! Erases everything about a subject (`POST /erasures`), and tells how far that has come (`GET /erasures/{id}`). What can be done at
//! once is done before the answer leaves; the rest, and the second look, is clean-up's.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, Receipt};
use prooflight_shared::app::{Entropy, Eraser};
use prooflight_shared::domain::{Erasure, ErasureId, ErasureState, Owner};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, Problem, Scopes, answered, decode_body, is_visible_ascii, path_parameter,
};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The use case with its connections.
#[derive(Debug)]
pub struct EraseSubject {
    scopes: Scopes,
    eraser: Eraser,
}

/// For so long the removal is done while the caller waits: well below the time in which a function has to answer.
const AT_ONCE: Duration = Duration::from_secs(10);

impl LambdaFunction for EraseSubject {
    const NAME: &'static str = "erase-subject";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { scopes: Scopes::of(environment), eraser: Eraser::connect(&clients, environment)? })
    }

    async fn warm_up(&self) {
        self.eraser.stores.table.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        let answer = async {
            let caller = Caller::with_scope(&request, &self.scopes, "erase")?.owner;
            match request.route_key.as_deref() {
                Some("POST /erasures") => self.erase(&request, caller, &invocation).await,
                Some("GET /erasures/{id}") => self.show(&request).await,
                _ => Err(Problem::NotFound),
            }
        };
        Ok(answered(Self::NAME, &invocation.request_id, answer).await)
    }
}

impl EraseSubject {
    async fn erase(&self, request: &ApiGatewayV2httpRequest, caller: Owner, invocation: &Invocation) -> Result<Answer, Problem> {
        let body = decode_body::<EraseRequest>(request)?;
        let subject = body.subject.filter(|subject| is_visible_ascii(subject, 256));
        let subject = subject.ok_or_else(|| Problem::Malformed("subject has to be given, 1 to 256 visible ASCII characters".to_owned()))?;
        let subject = self.eraser.stack_key.subject(&Owner { issuer: caller.issuer, subject });
        let entropy = Entropy::new(&invocation.entropy);
        let begun = self.eraser.begin(&subject, invocation.now, &entropy).await?;
        // Whatever goes wrong from here on, the tombstone stands and clean-up goes on: the request is accepted.
        let worked = tokio::time::timeout(AT_ONCE, Box::pin(self.eraser.go_on(&begun, invocation.now, &entropy))).await;
        let erasure = match worked {
            Ok(Ok(erasure)) => erasure,
            Ok(Err(refused)) => {
                Problem::from(refused).log();
                begun.erasure
            }
            Err(_) => begun.erasure,
        };
        let receipt = self.eraser.stores.table.receipt(&erasure.id).await?;
        let location = format!("erasures/{}", erasure.id);
        Ok(Answer::json(202, &ErasureBody::of(&erasure, &receipt)).located_at(location))
    }

    async fn show(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let id = ErasureId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let (found, receipt) = tokio::try_join!(self.eraser.stores.table.erasure(&id), self.eraser.stores.table.receipt(&id))?;
        let found = found.ok_or(Problem::NotFound)?;
        Ok(Answer::json(200, &ErasureBody::of(&found.erasure, &receipt)))
    }
}

/// The body of `POST /erasures`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EraseRequest {
    subject: Option<String>,
}

/// How far it has come, and the receipt: digests under the stack's key, which tell nothing to whoever does not have both the key and
/// the name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErasureBody<'a> {
    erasure_id: &'a str,
    state: &'static str,
    requested_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_look_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
    receipt: ReceiptBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptBody<'a> {
    subject_digest: &'a str,
    verifications: Vec<RemovedBody<'a>>,
    face_digests: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RemovedBody<'a> {
    verification_digest: &'a str,
    object_digests: Vec<&'a str>,
    records: u32,
}

impl<'a> ErasureBody<'a> {
    fn of(erasure: &'a Erasure, receipt: &'a Receipt) -> Self {
        let verifications = receipt.verifications.iter().map(|removed| RemovedBody {
            verification_digest: &removed.verification,
            object_digests: removed.objects.iter().map(String::as_str).collect(),
            records: removed.records,
        });
        let receipt = ReceiptBody {
            subject_digest: erasure.subject_key.as_str(),
            verifications: verifications.collect(),
            face_digests: receipt.faces.iter().map(String::as_str).collect(),
        };
        let finished_at = match erasure.state {
            ErasureState::Done { finished_at } => Some(finished_at),
            ErasureState::Running | ErasureState::Sweeping { .. } => None,
        };
        Self {
            erasure_id: erasure.id.as_str(),
            state: erasure.state_name(),
            requested_at: erasure.requested_at,
            next_look_at: erasure.due_at(),
            finished_at,
            receipt,
        }
    }
}
