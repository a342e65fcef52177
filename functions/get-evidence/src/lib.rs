//! Shows a reviewer what a verification was judged by (`GET /verifications/{id}/evidence`): scores, reasons, and links to the images
//! that are good for a minute. Who has looked at what, and when, is written down before anything of it leaves; the answer's `ETag` names
//! exactly the evidence that was shown, and a verdict has to name it.

mod evidence;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use evidence::{EvidenceBody, ImageBody, SessionBody, SourceBody};
use prooflight_shared::adapters::{AwsClients, DecisionRecord, EvidenceBucket, Loaded, Look, VerificationTable, Written};
use prooflight_shared::app::Entropy;
use prooflight_shared::domain::{
    Owner, Rejection, ReviewRejection, Session, SessionState, SourcePicture, StoredImage, Verification, VerificationId,
};
use prooflight_shared::edge::{Answer, Caller, ConnectError, Failure, LambdaFunction, Problem, Scopes, answered, path_parameter};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;

/// The use case with its connections.
#[derive(Debug)]
pub struct GetEvidence {
    scopes: Scopes,
    table: VerificationTable,
    bucket: EvidenceBucket,
}

impl LambdaFunction for GetEvidence {
    const NAME: &'static str = "get-evidence";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            scopes: Scopes::of(environment),
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            bucket: EvidenceBucket::new(clients.s3(), environment.required(environment::EVIDENCE_BUCKET)?),
        })
    }

    async fn warm_up(&self) {
        self.table.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        Ok(answered(Self::NAME, &invocation.request_id, self.show(&request, &invocation)).await)
    }
}

impl GetEvidence {
    async fn show(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let now = invocation.now;
        let reviewer = Caller::with_scope(request, &self.scopes, "review")?.owner;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let loaded = self.table.load(&id).await?.ok_or(Problem::NotFound)?;
        let verification = loaded.verification.at(now);
        if verification.owner == reviewer {
            return Err(Problem::Rejected(Rejection::Review(ReviewRejection::OwnVerification)));
        }
        // Its time is over; the table takes some days to delete it, and may begin with the records.
        if verification.records_kept_until() <= now.as_second() {
            return Err(Problem::NotFound);
        }
        let records = self.table.decisions(&id).await?;
        let tag = verification.evidence_tag();
        self.record_look(&loaded, &reviewer, &tag, invocation).await?;

        // By the wall clock, like the links themselves, and read before them: none ends earlier than is said.
        let links_expire_at = self.bucket.links_expire_at()?;
        let mut sessions = Vec::new();
        for session in verification.sessions.iter().filter(|session| matches!(session.state, SessionState::Decided(_))) {
            let record = records.iter().find(|record| record.session_number == session.number);
            let record = record.ok_or_else(|| Fault::bare(FaultCode::StoreCorrupt, "find the record of a judged session"))?;
            sessions.push(SessionBody::of(record, self.images(&verification, session, record, invocation).await?));
        }
        let source = match verification.source.as_ref().filter(|_| verification.withdrawn_at.is_none()) {
            Some(source) => self.source(source).await?,
            None => None,
        };
        Ok(Answer::json(200, &EvidenceBody::of(&verification, sessions, source, links_expire_at)).tagged(&tag))
    }

    /// INVARIANT: no score, reason or link leaves before the look is written; whoever never answers has looked all the same.
    async fn record_look(&self, loaded: &Loaded, reviewer: &Owner, tag: &str, invocation: &Invocation) -> Result<(), Problem> {
        let entropy = Entropy::new(&invocation.entropy);
        let look = Look { reviewer, evidence_tag: tag, at: invocation.now };
        match self.table.record_look(loaded, look, &entropy.draw_hex(), &entropy.draw_hex()).await? {
            Written::Done(_) => Ok(()),
            Written::Erased => Err(Problem::NotFound),
            Written::Conflict => Err(Fault::bare(FaultCode::StoreContended, "record a look while the subject is being erased").into()),
        }
    }

    async fn images(
        &self,
        verification: &Verification,
        session: &Session,
        record: &DecisionRecord,
        invocation: &Invocation,
    ) -> Result<Vec<ImageBody>, Fault> {
        let kept = verification.keeps_images(session, invocation.now);
        let link = async |image: &StoredImage| match image.key.as_deref().filter(|_| kept) {
            Some(key) => self.bucket.link(key).await.map(Some),
            None => Ok(None),
        };
        let mut images = Vec::new();
        if let Some(image) = &record.evidence.reference_image {
            images.push(ImageBody::of("reference", image, link(image).await?));
        }
        for image in &record.evidence.audit_images {
            images.push(ImageBody::of("audit", image, link(image).await?));
        }
        Ok(images)
    }

    /// The picture that faces were compared with, for as long as it lies there. One that was exchanged since is another picture,
    /// and a reviewer who saw it would judge what no machine has compared.
    async fn source(&self, source: &SourcePicture) -> Result<Option<SourceBody>, Fault> {
        let Some(pinned) = &source.sha256 else { return Ok(None) };
        let found = self.bucket.load(&source.key).await?.map(|picture| StoredImage::of(&picture).sha256);
        if found.as_ref() != Some(pinned) {
            return Ok(None);
        }
        Ok(Some(SourceBody { url: self.bucket.link(&source.key).await?, sha256: pinned.clone() }))
    }
}
