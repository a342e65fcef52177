//! Creates a liveness session: in a new verification (`POST /verifications`), or the next one in a verification that is open
//! (`POST /verifications/{id}/sessions`). The order is what keeps the promises: the attempt is reserved by one conditional
//! write, so Rekognition is never called for an attempt that is not allowed; Rekognition, STS and the queue of rescues are asked
//! side by side; the session id is committed, and only then answered.

mod answer;
mod request;

use answer::{IssuedSession, issued, without_session};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, LivenessStatus, Loaded, RescueQueue, StreamingRole};
use prooflight_shared::app::{
    Completer, Completion, Entropy, Opened, Refused, Repetition, change_verification, open_verification, reserve_session,
};
use prooflight_shared::domain::{
    Command, Nonce, OpenVerification, OpenedBy, RESUMABLE_FOR, Rejection, Session, SessionId, SessionNumber, SessionState, StackKey,
    Status, Terms, VerificationId,
};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, NoBody, Object, Problem, Visit, Visitor, answered, consent_for, decode_body,
    idempotency_key, path_parameter,
};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;
use prooflight_shared::policy::Catalogue;
use request::OpenRequest;

/// The use case with its connections.
#[derive(Debug)]
pub struct CreateSession {
    policies: Catalogue,
    completer: Completer,
    streaming_role: StreamingRole,
    rescues: RescueQueue,
    stack_key: StackKey,
}

/// The route that opens.
const OPEN: &str = "POST /verifications";

/// Rounds of looking at the live session and acting on it, when others act at the same moment.
const ROUNDS: u8 = 6;

impl LambdaFunction for CreateSession {
    const NAME: &'static str = "create-session";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        let role_arn = environment.required(environment::STREAMING_ROLE_ARN)?;
        let completer = Completer::connect(&clients, environment)?;
        Ok(Self {
            policies: Catalogue::shipped()?,
            streaming_role: StreamingRole::new(clients.sts(), role_arn, completer.liveness.region()),
            rescues: RescueQueue::new(clients.sqs(), environment.required(environment::RESCUE_QUEUE_URL)?),
            completer,
            stack_key: StackKey::new(environment.identifier_key()?),
        })
    }

    // The bucket's connection is left out: only a session that finished unseen needs it here.
    async fn warm_up(&self) {
        let Self { completer, streaming_role, rescues, .. } = self;
        tokio::join!(completer.table.warm_up(), completer.liveness.warm_up(), streaming_role.warm_up(), rescues.warm_up());
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        Ok(answered(Self::NAME, &invocation.request_id, self.create(&request, &invocation)).await)
    }
}

impl CreateSession {
    async fn create(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let entropy = Entropy::new(&invocation.entropy);
        match request.route_key.as_deref() {
            Some(OPEN) => self.open(request, Caller::with_scope(request, "verify")?, invocation, &entropy).await,
            Some("POST /verifications/{id}/sessions") => self.next(request, &Visitor::of(request, false)?, invocation, &entropy).await,
            _ => Err(Problem::NotFound),
        }
    }

    /// A new verification with its first session; or, for a key that was used before, what it was used for.
    async fn open(
        &self,
        request: &ApiGatewayV2httpRequest,
        caller: Caller,
        invocation: &Invocation,
        entropy: &Entropy,
    ) -> Result<Answer, Problem> {
        let now = invocation.now;
        let key = idempotency_key(request)?;
        let body = decode_body::<OpenRequest>(request)?;
        body.check()?;
        let terms = self.policy_for(&body)?;
        let opening = OpenVerification {
            id: VerificationId::from_bytes(entropy.draw()),
            subject_key: self.stack_key.subject(&caller.owner),
            owner: caller.owner.clone(),
            terms: terms.clone(),
            nonce: Some(Nonce::from_bytes(entropy.draw())),
            opening_digest: body.digest(&terms.name),
            device_key: body.device_id.as_deref().map(|device| self.stack_key.device(device)),
            device_id: body.device_id,
            external_reference: None,
            source: None,
            consent: consent_for(terms, body.consent.map(|Object(consent)| consent), now)?,
            metadata: body.metadata.unwrap_or_default(),
            waiting: None,
            client_access: None,
        };
        let repetition = key.map(|key| Repetition { route: OPEN, caller: &caller.owner, key });
        let services = (&self.completer.table, &self.stack_key);
        match Box::pin(open_verification(services, opening.clone(), repetition, now, entropy)).await.map_err(while_opening)? {
            Opened::New(reserved) => {
                let id = reserved.verification.id.clone();
                let issued = Box::pin(self.issue(reserved, invocation, entropy)).await?;
                // Relative to the request, whatever the API's own prefix is.
                Ok(issued.located_at(format!("verifications/{id}")))
            }
            Opened::Before(earlier) => self.repeat(earlier, &opening, invocation, entropy).await,
        }
    }

    /// The policy, if the caller may open it.
    fn policy_for(&self, body: &OpenRequest) -> Result<&Terms, Problem> {
        let terms = self.policies.get(body.policy.as_deref()).ok_or(Problem::PolicyUnknown)?;
        if terms.opened_by != OpenedBy::User {
            return Err(Problem::PolicyNotOpenable);
        }
        Ok(terms)
    }

    /// The answer that the first request got, or would have got: the same session with fresh credentials while it can be used.
    async fn repeat(
        &self,
        earlier: Loaded,
        opening: &OpenVerification,
        invocation: &Invocation,
        entropy: &Entropy,
    ) -> Result<Answer, Problem> {
        if earlier.verification.opening_digest != opening.opening_digest {
            return Err(Problem::IdempotencyMismatch);
        }
        let verification = earlier.verification.at(invocation.now);
        let was_issued = verification.sessions.iter().any(|session| session.session_id.is_some());
        if verification.status == Status::Open && !was_issued {
            // The first request was cut off before it had a session to answer.
            return self.issue_next(earlier, invocation, entropy).await;
        }
        if let Some(session) = verification.live_session()
            && let Some(session_id) = &session.session_id
            && self.is_unused(session, session_id, invocation.now).await?
        {
            return self.issue_again(&earlier, session, invocation, entropy).await;
        }
        Ok(without_session(&verification, invocation.now))
    }

    /// Whether a session can be handed out again: nobody has streamed into it, and there is time for a check.
    async fn is_unused(&self, session: &Session, session_id: &SessionId, now: Timestamp) -> Result<bool, Problem> {
        let unused = session.is_worth_starting(now)
            && matches!(self.completer.liveness.look_at(session_id).await?, LivenessStatus::Created | LivenessStatus::NotFound);
        Ok(unused)
    }

    /// The next session of an open verification.
    async fn next(
        &self,
        request: &ApiGatewayV2httpRequest,
        visitor: &Visitor,
        invocation: &Invocation,
        entropy: &Entropy,
    ) -> Result<Answer, Problem> {
        decode_body::<NoBody>(request)?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let loaded = visitor.admitted(self.completer.table.load(&id).await?, Visit::Work, invocation.now)?;
        self.issue_next(loaded, invocation, entropy).await
    }

    /// Looks at the live session and does what is due, until there is a session to issue: of several who ask at once one makes
    /// it, and the others find it.
    async fn issue_next(&self, mut loaded: Loaded, invocation: &Invocation, entropy: &Entropy) -> Result<Answer, Problem> {
        let now = invocation.now;
        let id = loaded.verification.id.clone();
        let nonce = Nonce::from_bytes(entropy.draw());
        let reserve = |supersede| Command::Reserve { nonce: nonce.clone(), supersede };
        for _ in 0..ROUNDS {
            let verification = loaded.verification.at(now);
            if verification.status != Status::Open {
                return Err(Problem::Rejected(Rejection::VerificationClosed));
            }
            let command = match verification.live_session() {
                None => reserve(None),
                Some(live) if live.nonce == nonce => return Box::pin(self.issue(loaded, invocation, entropy)).await,
                Some(live) => match &live.session_id {
                    None if live.age(now) < RESUMABLE_FOR => return Box::pin(self.issue(loaded, invocation, entropy)).await,
                    None => reserve(None),
                    Some(session_id) => match self.completer.liveness.look_at(session_id).await? {
                        LivenessStatus::Created | LivenessStatus::NotFound if live.is_worth_starting(now) => {
                            return self.issue_again(&loaded, live, invocation, entropy).await;
                        }
                        // Over, or unused and too late to begin with: it makes way. Unless somebody was seen streaming, it was free.
                        LivenessStatus::Created | LivenessStatus::NotFound | LivenessStatus::Expired => {
                            Command::Lapse { number: live.number }
                        }
                        LivenessStatus::InProgress if verification.attempts_left() > 1 => reserve(Some(live.number)),
                        LivenessStatus::InProgress => return self.wait_for(loaded, live, now, entropy).await,
                        finished @ (LivenessStatus::Failed | LivenessStatus::Succeeded(_)) => {
                            let number = live.number;
                            loaded = self.complete(loaded, number, finished, now, entropy).await?;
                            continue;
                        }
                    },
                },
            };
            loaded = match command {
                Command::Reserve { .. } => Box::pin(reserve_session(&self.completer.table, &id, loaded, &command, now, entropy)).await?,
                _ => change_verification(&self.completer.table, &id, Some(loaded), &command, None, now, entropy).await?,
            };
        }
        Err(Fault::bare(FaultCode::StoreContended, "agree on a session while others ask for one").into())
    }

    /// The last attempt is not given away while it runs. That somebody streams is written down, so that it counts when it lapses.
    async fn wait_for(&self, loaded: Loaded, live: &Session, now: Timestamp, entropy: &Entropy) -> Result<Answer, Problem> {
        let id = loaded.verification.id.clone();
        let command = Command::ObserveStreaming { number: live.number };
        change_verification(&self.completer.table, &id, Some(loaded), &command, None, now, entropy).await?;
        Err(Problem::Rejected(Rejection::SessionInProgress))
    }

    /// Completes a session that finished without anybody calling back, exactly as the callback would have.
    async fn complete(
        &self,
        loaded: Loaded,
        number: SessionNumber,
        finished: LivenessStatus,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Loaded, Problem> {
        let (Completion::Ended(after) | Completion::Pending(after)) =
            Box::pin(self.completer.complete(loaded, number, Some(finished), now, entropy)).await?;
        Ok(after)
    }

    /// Creates the reserved session at Rekognition, vends credentials for it and has it looked after, side by side; commits; answers.
    /// A session whose rescue is not certain is not issued: its result could be lost.
    async fn issue(&self, loaded: Loaded, invocation: &Invocation, entropy: &Entropy) -> Result<Answer, Problem> {
        let verification = loaded.verification.clone();
        let reserved = verification.live_session().ok_or_else(gone)?;
        let session_name = entropy.draw_hex();
        let made = tokio::try_join!(
            self.completer.liveness.create(&verification.id, reserved.number, &reserved.nonce, &verification.terms),
            self.streaming_role.assume(&session_name, reserved.expires_at()),
            self.rescues.look_after(&verification.id, reserved.number),
        );
        let (session_id, credentials, ()) = match made {
            Ok(made) => made,
            Err(fault) => return Err(Box::pin(self.give_back(loaded, reserved.number, fault, invocation, entropy)).await),
        };
        let command = Command::Commit { number: reserved.number, session_id: session_id.clone() };
        let committed =
            change_verification(&self.completer.table, &verification.id, Some(loaded), &command, None, invocation.now, entropy).await?;
        let session = IssuedSession {
            session_id,
            region: self.completer.liveness.region(),
            challenge: verification.terms.challenge,
            expires_at: reserved.expires_at(),
            credentials,
        };
        Ok(issued(&committed.verification, session, invocation.now))
    }

    /// What failed is not the subject's fault: the reservation goes, so that an outage locks nobody out. Where that fails as well, it
    /// lapses by itself.
    async fn give_back(&self, loaded: Loaded, number: SessionNumber, fault: Fault, invocation: &Invocation, entropy: &Entropy) -> Problem {
        let id = loaded.verification.id.clone();
        let give_back = Command::GiveBack { number };
        if let Err(refused) = change_verification(&self.completer.table, &id, Some(loaded), &give_back, None, invocation.now, entropy).await
        {
            Problem::from(refused).log();
        }
        fault.into()
    }

    /// The session that is there already, with fresh credentials; no attempt is used.
    async fn issue_again(&self, loaded: &Loaded, live: &Session, invocation: &Invocation, entropy: &Entropy) -> Result<Answer, Problem> {
        let (Some(session_id), SessionState::Issued) = (live.session_id.clone(), &live.state) else { return Err(gone().into()) };
        let credentials = self.streaming_role.assume(&entropy.draw_hex(), live.expires_at()).await?;
        let session = IssuedSession {
            session_id,
            region: self.completer.liveness.region(),
            challenge: loaded.verification.terms.challenge,
            expires_at: live.expires_at(),
            credentials,
        };
        Ok(issued(&loaded.verification, session, invocation.now))
    }
}

/// Whoever opens is told that his data is being erased; to others the verification is simply gone.
fn while_opening(refused: Refused) -> Problem {
    match refused {
        Refused::Erased => Problem::ErasureInProgress,
        other => other.into(),
    }
}

fn gone() -> Fault {
    Fault::bare(FaultCode::StoreContended, "find a session that was there a moment ago")
}
