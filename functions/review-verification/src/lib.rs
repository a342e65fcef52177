//! What reviewers work with: the queue of what awaits a verdict (`GET /reviews`), a hold on one of them for a while
//! (`POST /verifications/{id}/claim`), and the verdict (`POST /verifications/{id}/review`), which rests on evidence that the same
//! reviewer has looked at. Of two verdicts the first one wins, and whoever comes second is told so. With an approval that is overturned
//! goes the face that it enrolled.

mod request;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, List, Loaded, Place};
use prooflight_shared::app::{Enroller, Entropy, change_verification};
use prooflight_shared::domain::{
    Change, Command, LOOK_HOLDS_FOR, Opinion, Owner, Rejection, ReviewRejection, StackKey, Status, Verification, VerificationId,
};
use prooflight_shared::edge::{
    Answer, Caller, CaseView, ConnectError, Failure, LambdaFunction, ListOf, NoBody, PageRequest, Problem, QueueEntry, Scopes, answered,
    decode_body, path_parameter,
};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use request::{VerdictRequest, named_evidence};
use serde::Serialize;

/// The use case with its connection.
#[derive(Debug)]
pub struct ReviewVerification {
    scopes: Scopes,
    enroller: Enroller,
    stack_key: StackKey,
}

impl LambdaFunction for ReviewVerification {
    const NAME: &'static str = "review-verification";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            scopes: Scopes::of(environment),
            enroller: Enroller::connect(&clients, environment)?,
            stack_key: StackKey::new(environment.identifier_key()?),
        })
    }

    async fn warm_up(&self) {
        self.enroller.table.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        let answer = async {
            let reviewer = Caller::with_scope(&request, &self.scopes, "review")?.owner;
            match request.route_key.as_deref() {
                Some("GET /reviews") => self.queue(&request, &reviewer, &invocation).await,
                Some("POST /verifications/{id}/claim") => self.claim(&request, reviewer, &invocation).await,
                Some("POST /verifications/{id}/review") => self.review(&request, reviewer, &invocation).await,
                _ => Err(Problem::NotFound),
            }
        };
        Ok(answered(Self::NAME, &invocation.request_id, answer).await)
    }
}

impl ReviewVerification {
    /// What awaits a verdict, oldest first.
    async fn queue(&self, request: &ApiGatewayV2httpRequest, reviewer: &Owner, invocation: &Invocation) -> Result<Answer, Problem> {
        let asked = PageRequest::of(request)?;
        let list = ListOf { caller: reviewer, query: &["reviews"] };
        let after: Option<Place> = asked.cursor.map(|cursor| list.open(&self.stack_key, cursor)).transpose()?;
        // His own is not for him to judge, and why somebody has to look at it is not for him to know.
        let belongs = |verification: &Verification| verification.needs_verdict() && verification.owner != *reviewer;
        let (found, next) = self.enroller.table.list(List::Reviews, after, asked.limit, invocation.now, belongs).await?;
        let random = Entropy::new(&invocation.entropy).draw();
        let next_cursor = next.and_then(|place| list.seal(&self.stack_key, &place, random));
        let entry = |verification| QueueEntry::of(verification, reviewer, invocation.now);
        Ok(Answer::json(200, &QueueBody { reviews: found.iter().filter_map(entry).collect(), next_cursor }))
    }

    async fn claim(&self, request: &ApiGatewayV2httpRequest, reviewer: Owner, invocation: &Invocation) -> Result<Answer, Problem> {
        decode_body::<NoBody>(request)?;
        let loaded = self.load(request).await?;
        let command = Command::Claim { reviewer: reviewer.clone() };
        let claimed = self.change(loaded, &command, invocation).await?;
        let closed = Problem::Rejected(Rejection::Review(ReviewRejection::NotInReview));
        let entry = QueueEntry::of(&claimed, &reviewer, invocation.now).ok_or(closed)?;
        Ok(Answer::json(200, &entry))
    }

    async fn review(&self, request: &ApiGatewayV2httpRequest, reviewer: Owner, invocation: &Invocation) -> Result<Answer, Problem> {
        let now = invocation.now;
        let evidence_tag = named_evidence(request)?;
        let (verdict, reason) = decode_body::<VerdictRequest>(request)?.read()?;
        let loaded = self.load(request).await?;
        let opinion = Opinion { reviewer, verdict, reason, evidence_tag, at: now };
        let command = Command::Review(opinion.clone());
        // The rules come first: whoever lost, or repeats what he said, needs no other look. What then would count needs one.
        let counts = loaded.verification.apply(&command, now).map_err(Problem::Rejected)? != Change::Unchanged;
        if counts && !self.has_looked(&loaded.verification.id, &opinion, now).await? {
            return Err(Problem::LookFirst);
        }
        let judged = self.change(loaded, &command, invocation).await?;
        // An approval that is overturned stays as it was given; the face that it enrolled does not. With a withdrawn consent it is gone.
        if judged.is_overturned() && judged.withdrawn_at.is_none() {
            self.enroller.remove_what_must_go(&judged, now, &Entropy::new(&invocation.entropy)).await?;
        }
        Ok(Answer::json(200, &VerdictBody::of(&judged)))
    }

    async fn has_looked(&self, id: &VerificationId, opinion: &Opinion, now: Timestamp) -> Result<bool, Problem> {
        let since = now.checked_sub(LOOK_HOLDS_FOR).unwrap_or(Timestamp::MIN);
        Ok(self.enroller.table.has_looked(id, &opinion.reviewer, &opinion.evidence_tag, since).await?)
    }

    async fn load(&self, request: &ApiGatewayV2httpRequest) -> Result<Loaded, Problem> {
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        self.enroller.table.load(&id).await?.ok_or(Problem::NotFound)
    }

    async fn change(&self, loaded: Loaded, command: &Command, invocation: &Invocation) -> Result<Verification, Problem> {
        let id = loaded.verification.id.clone();
        let entropy = Entropy::new(&invocation.entropy);
        let changed = change_verification(&self.enroller.table, &id, Some(loaded), command, None, invocation.now, &entropy).await?;
        Ok(changed.verification.at(invocation.now))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueBody<'a> {
    reviews: Vec<QueueEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerdictBody<'a> {
    verification_id: &'a str,
    status: Status,
    review: Option<CaseView<'a>>,
}

impl<'a> VerdictBody<'a> {
    fn of(verification: &'a Verification) -> Self {
        Self {
            verification_id: verification.id.as_str(),
            status: verification.status,
            review: verification.review.as_ref().map(CaseView::of),
        }
    }
}
