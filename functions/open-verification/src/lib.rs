//! Opens a verification for a subject: a service asks over HTTP (`POST /subjects/{subject}/verifications`), or something in the
//! same account invokes the function directly. A workflow's step that waits gives its token along, and is resumed by whoever publishes the
//! decision; what is decided already is answered here. No session is made: the subject asks for his own, under his own name. Where the policy
//! compares with a picture, the answer holds the form to upload it with.

mod request;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, ClientTokenKey, SourceUpload, UploadForm, VerificationTable, Workflows};
use prooflight_shared::app::{Entropy, Opened, Refused, Repetition, change_verification, open_verification, opened_before};
use prooflight_shared::domain::{
    Awaited, ClientAccess, Command, FaceMatch, OpenVerification, Owner, StackKey, Status, SubjectKey, TaskToken, Terms, Verification,
    VerificationId,
};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, Object, Problem, ServiceView, Trigger, answered, consent_for, decode_body,
    idempotency_key, in_time, is_visible_ascii, path_parameter,
};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::invocation::Invocation;
use prooflight_shared::policy::Catalogue;
use request::{AwaitTask, OpenRequest, OpenTask, WorkflowTask};
use serde::Serialize;
use serde_json::Value;

/// The use case with its connections.
#[derive(Debug)]
pub struct OpenVerificationFunction {
    policies: Catalogue,
    table: VerificationTable,
    uploads: SourceUpload,
    workflows: Workflows,
    client_tokens: ClientTokenKey,
    stack_key: StackKey,
    issuer: String,
}

/// What an opening repeats, and which step waits for its answer.
struct Origin<'a> {
    repetition: Option<Repetition<'a>>,
    waiting: Option<TaskToken>,
}

/// The route of a service.
const ROUTE: &str = "POST /subjects/{subject}/verifications";

impl LambdaFunction for OpenVerificationFunction {
    const NAME: &'static str = "open-verification";
    type Event = Trigger<WorkflowTask>;
    type Answer = Value;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            policies: Catalogue::shipped()?,
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            uploads: SourceUpload::new(environment, environment.required(environment::EVIDENCE_BUCKET)?)?,
            workflows: Workflows::new(clients.sfn()),
            client_tokens: ClientTokenKey::new(clients.kms(), environment.required(environment::CLIENT_TOKEN_KEY_ARN)?),
            stack_key: StackKey::new(environment.identifier_key()?),
            issuer: environment.required(environment::JWT_ISSUER)?.to_owned(),
        })
    }

    async fn warm_up(&self) {
        self.table.warm_up().await;
    }

    fn request_id(event: &Trigger<WorkflowTask>) -> Option<&str> {
        match event {
            Trigger::Http(request) => request.request_context.request_id.as_deref(),
            Trigger::Direct(_) => None,
        }
    }

    async fn handle(&self, event: Trigger<WorkflowTask>, invocation: Invocation) -> Result<Value, Failure> {
        let entropy = Entropy::new(&invocation.entropy);
        match event {
            Trigger::Http(request) => {
                let answer = answered(Self::NAME, &invocation.request_id, self.of_service(&request, &invocation, &entropy)).await;
                Ok(serde_json::to_value(answer).unwrap_or_default())
            }
            Trigger::Direct(Some(WorkflowTask::Open(task))) => Ok(in_time(self.of_workflow(*task, &invocation, &entropy)).await?),
            Trigger::Direct(Some(WorkflowTask::Await(task))) => Ok(in_time(self.await_verdict(&task, &invocation, &entropy)).await?),
            Trigger::Direct(None) => Err(Problem::Malformed("the input does not fit".to_owned()).into()),
        }
    }
}

impl OpenVerificationFunction {
    async fn of_service(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation, entropy: &Entropy) -> Result<Answer, Problem> {
        let caller = Caller::with_scope(request, "open")?.owner;
        let key = idempotency_key(request)?;
        let subject = path_parameter(request, "subject");
        // The subject is the `sub` under the service's own issuer: with his own token he then makes the sessions.
        let subject = Owner { issuer: caller.issuer.clone(), subject: subject.to_owned() };
        let body = decode_body::<OpenRequest>(request)?;
        let repetition = key.map(|key| Repetition { route: ROUTE, caller: &caller, key });
        let origin = Origin { repetition, waiting: None };
        let (verification, upload, is_new) = self.open(subject, body, origin, invocation, entropy).await?;
        let verification = verification.at(invocation.now);
        let answer = Answer::json(if is_new { 201 } else { 200 }, &self.opened(&verification, upload, invocation.now).await?);
        // Relative to the request, whatever the API's own prefix is.
        Ok(answer.located_at(format!("../../verifications/{}", verification.id)))
    }

    /// A workflow's step is repeated with the same execution and state name, which are its key, and with a new token: the verification is
    /// found, and the new token waits beside the old one or is answered at once.
    async fn of_workflow(&self, task: OpenTask, invocation: &Invocation, entropy: &Entropy) -> Result<Value, Problem> {
        let subject = task.subject;
        // Everything else - who may answer, list, erase - goes by the one issuer that the API takes tokens of.
        if subject.issuer != self.issuer {
            return Err(Problem::Malformed("the subject's issuer has to be the one whose tokens the API takes".to_owned()));
        }
        let key = task.idempotency_key;
        if key.as_deref().is_some_and(|key| !is_visible_ascii(key, 512)) {
            return Err(Problem::Malformed("idempotencyKey has to be 1 to 512 visible ASCII characters".to_owned()));
        }
        let waiting = task.task_token.as_deref().map(task_token).transpose()?;
        let caller = subject.clone();
        let repetition = key.as_deref().map(|key| Repetition { route: "workflow", caller: &caller, key });
        let origin = Origin { repetition, waiting: waiting.clone() };
        let (mut verification, upload, is_new) = self.open(subject, task.request, origin, invocation, entropy).await?;
        if let Some(token) = waiting.filter(|_| !is_new) {
            verification = self.wait(&verification.id, token, Awaited::Decision, invocation, entropy).await?;
        }
        let verification = verification.at(invocation.now);
        Ok(serde_json::to_value(self.opened(&verification, upload, invocation.now).await?).unwrap_or_default())
    }

    /// A second step waits for what a person says of a verification that is in review.
    async fn await_verdict(&self, task: &AwaitTask, invocation: &Invocation, entropy: &Entropy) -> Result<Value, Problem> {
        let token = task_token(&task.task_token)?;
        let id = VerificationId::parse(&task.verification_id).ok_or(Problem::NotFound)?;
        let verification = self.wait(&id, token, task.awaited.meaning(), invocation, entropy).await?;
        Ok(serde_json::to_value(ServiceView::of(&verification.at(invocation.now), invocation.now)).unwrap_or_default())
    }

    /// Puts the token where the publication of the decision finds it, or answers the step at once. INVARIANT: one of the two happens,
    /// because the token goes into the document under its version: either before the status changes, or not at all.
    async fn wait(
        &self,
        id: &VerificationId,
        token: TaskToken,
        awaited: Awaited,
        invocation: &Invocation,
        entropy: &Entropy,
    ) -> Result<Verification, Problem> {
        let command = Command::Await { token: token.clone(), awaited };
        let loaded = change_verification(&self.table, id, None, &command, None, invocation.now, entropy).await?;
        if let Some(answer) = loaded.verification.at(invocation.now).answer_to(awaited) {
            let became = self.workflows.answer(&token, &answer).await?;
            tracing::info!(verification.id = id.as_str(), answer = ?became, "answered a workflow at once");
        }
        Ok(loaded.verification)
    }

    async fn open(
        &self,
        subject: Owner,
        request: OpenRequest,
        origin: Origin<'_>,
        invocation: &Invocation,
        entropy: &Entropy,
    ) -> Result<(Verification, Option<UploadForm>, bool), Problem> {
        let Origin { repetition, waiting } = origin;
        if !is_visible_ascii(&subject.subject, 256) {
            return Err(Problem::Malformed("the subject has to be 1 to 256 visible ASCII characters".to_owned()));
        }
        request.check()?;
        let terms = self.policies.get(request.policy.as_deref()).ok_or(Problem::PolicyUnknown)?;
        let subject_key = self.stack_key.subject(&subject);
        if let Err(problem) = self.check_faces(terms, &request, &subject_key, invocation.now).await {
            // What was opened while it could be carried out is found again, whatever has become of the enrolment since.
            let services = (&self.table, &self.stack_key);
            let before = match repetition {
                Some(repetition) => opened_before(services, repetition, invocation.now).await?,
                None => None,
            };
            if before.is_none() {
                return Err(problem);
            }
        }
        let source = request.source.as_ref().map(|_| entropy.draw_hex());
        let link_ends = request.link_ends(invocation.now);
        let opening = OpenVerification {
            id: VerificationId::from_bytes(entropy.draw()),
            owner: subject,
            subject_key,
            terms: terms.clone(),
            nonce: None,
            opening_digest: request.digest(&terms.name),
            device_key: request.device_id.as_deref().map(|device| self.stack_key.device(device)),
            device_id: request.device_id,
            external_reference: request.external_reference,
            source,
            consent: consent_for(terms, request.consent.map(|Object(consent)| consent), invocation.now)?,
            metadata: request.metadata.unwrap_or_default(),
            waiting,
            client_access: link_ends.map(ClientAccess::by_link),
        };
        let digest = opening.opening_digest.clone();
        let services = (&self.table, &self.stack_key);
        let (loaded, is_new) = match open_verification(services, opening, repetition, invocation.now, entropy).await {
            Ok(Opened::New(loaded)) => (loaded, true),
            Ok(Opened::Before(loaded)) if loaded.verification.opening_digest == digest => (loaded, false),
            Ok(Opened::Before(_)) => return Err(Problem::IdempotencyMismatch),
            Err(Refused::Erased) => return Err(Problem::ErasureInProgress),
            Err(refused) => return Err(refused.into()),
        };
        let is_open = loaded.verification.at(invocation.now).status == Status::Open;
        let unused = loaded.verification.source.as_ref().filter(|source| is_open && source.sha256.is_none());
        let form = match (unused, request.source) {
            (Some(source), Some(Object(asked))) => Some(self.uploads.form(&source.key, asked.content_type.as_str())?),
            _ => None,
        };
        Ok((loaded.verification, form, is_new))
    }

    /// What was opened, with what the service needs next. The link's token is written again for a repeated request: it is not kept, and until
    /// it is exchanged it is the same to the letter.
    async fn opened<'a>(
        &self,
        verification: &'a Verification,
        upload: Option<UploadForm>,
        now: Timestamp,
    ) -> Result<OpenedBody<'a>, Problem> {
        let link = verification.link_token().filter(|link| verification.status == Status::Open && now < link.expires_at);
        let client_token = match link {
            Some(link) => Some(ClientTokenBody { token: self.client_tokens.write(&link).await?, expires_at: link.expires_at }),
            None => None,
        };
        Ok(OpenedBody { verification: ServiceView::of(verification, now), source_upload: upload, client_token })
    }

    /// Whether the policy can be carried out with what was given: a subject who is not enrolled has no face to step up with, and would
    /// only fail.
    async fn check_faces(&self, terms: &Terms, request: &OpenRequest, subject: &SubjectKey, now: Timestamp) -> Result<(), Problem> {
        match terms.face_match {
            FaceMatch::None | FaceMatch::Enrolled { .. } if request.source.is_some() => Err(Problem::SourceNotUsed),
            FaceMatch::None | FaceMatch::Source { .. } => Ok(()),
            FaceMatch::Enrolled { .. } => {
                let enrolment = self.table.enrolment(subject).await?;
                let is_enrolled = enrolment.is_some_and(|loaded| loaded.enrolment.face_at(now).is_some());
                if is_enrolled { Ok(()) } else { Err(Problem::NotEnrolled) }
            }
        }
    }
}

fn task_token(text: &str) -> Result<TaskToken, Problem> {
    TaskToken::parse(text).ok_or_else(|| Problem::Malformed("taskToken has to be 1 to 2048 visible ASCII characters".to_owned()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenedBody<'a> {
    #[serde(flatten)]
    verification: ServiceView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_upload: Option<UploadForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_token: Option<ClientTokenBody>,
}

/// For a link, after its `#`, or a QR code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientTokenBody {
    token: String,
    expires_at: Timestamp,
}
