//! Tells how a verification stands (`GET /verifications/{id}`): its owner, and a service that holds the scope `read`, which
//! also lists those of a subject (`GET /verifications`); both can have it signed. The passing of time is applied to what is read, so an expired
//! verification reads as expired before any clean-up has come by.

mod signed_result;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, List, Place, ResultKey, VerificationTable};
use prooflight_shared::app::Entropy;
use prooflight_shared::domain::{Owner, SessionId, StackKey, Status, Verification, VerificationId};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, ListOf, OwnerView, PageRequest, Problem, ServiceView, Visit, Visitor, answered,
    is_visible_ascii, path_parameter, query_parameter,
};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::invocation::Invocation;
use serde::Serialize;
use signed_result::{Asked, Signer};

/// The use case with its connection.
#[derive(Debug)]
pub struct GetVerification {
    table: VerificationTable,
    stack_key: StackKey,
    signer: Signer,
}

impl LambdaFunction for GetVerification {
    const NAME: &'static str = "get-verification";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            stack_key: StackKey::new(environment.identifier_key()?),
            signer: Signer {
                key: ResultKey::new(clients.kms(), environment.required(environment::RESULT_KEY_ARN)?),
                issuer: environment.required(environment::RESULT_ISSUER)?.to_owned(),
            },
        })
    }

    async fn warm_up(&self) {
        tokio::join!(self.table.warm_up(), self.signer.key.warm_up());
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        let answer = async {
            match request.route_key.as_deref() {
                Some("GET /verifications") => self.list(&request, &invocation).await,
                Some("GET /verifications/{id}") => self.get(&request, &invocation).await,
                Some("GET /verifications/{id}/result") => self.result(&request, &invocation).await,
                Some("GET /.well-known/jwks.json") => self.signer.keys().await,
                _ => Err(Problem::NotFound),
            }
        };
        Ok(answered(Self::NAME, &invocation.request_id, answer).await)
    }
}

impl GetVerification {
    async fn get(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let now = invocation.now;
        let visitor = Visitor::of(request, true)?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        // A subject's limits stand beside his verification; whose they are, his own token says before it is read.
        let (loaded, limits) = match &visitor {
            Visitor::Owner(owner) => {
                let subject = self.stack_key.subject(owner);
                let (loaded, limits) = tokio::try_join!(self.table.load(&id), self.table.limits(&subject))?;
                (loaded, Some(limits))
            }
            Visitor::Reader(_) | Visitor::Page(_) => (self.table.load(&id).await?, None),
        };
        let loaded = visitor.admitted(loaded, Visit::Read, now)?;
        let verification = loaded.verification.at(now);
        if !visitor.is_subject() {
            return Ok(Answer::json(200, &ServiceView::of(&verification, now)));
        }
        let limits = match limits {
            Some(limits) => limits,
            None => self.table.limits(&verification.subject_key).await?,
        };
        let view = OwnerView::of(&verification, now).limited(limits.standing(now).retry_after_seconds(now));
        Ok(Answer::json(200, &OwnerBody { verification: view, current_session: CurrentSession::of(&verification) }))
    }

    /// The same for a third party: signed, for him alone. Like every read it goes by the table, never by what a client says.
    async fn result(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let (caller, scope) = Caller::with_one_of(request, &["read", "verify"])?;
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        let loaded = self.table.load(&id).await?;
        let loaded = loaded.filter(|loaded| scope == "read" || loaded.verification.owner == caller.owner).ok_or(Problem::NotFound)?;
        self.signer.result(&loaded.verification.at(invocation.now), Asked::of(request)?, invocation.now).await
    }

    /// A subject's verifications, newest first, their status judged as of now.
    async fn list(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let caller = Caller::with_scope(request, "read")?.owner;
        let asked = ListRequest::of(request)?;
        let status = asked.status.map_or("", Status::as_str);
        let list = ListOf { caller: &caller, query: &["verifications", asked.subject, status] };
        let after: Option<Place> = asked.page.cursor.map(|cursor| list.open(&self.stack_key, cursor)).transpose()?;
        let subject = self.stack_key.subject(&Owner { issuer: caller.issuer.clone(), subject: asked.subject.to_owned() });

        let belongs = |verification: &Verification| asked.status.is_none_or(|status| status == verification.status);
        let (found, next) = self.table.list(List::OfSubject(&subject), after, asked.page.limit, invocation.now, belongs).await?;
        let random = Entropy::new(&invocation.entropy).draw();
        let next_cursor = next.and_then(|place| list.seal(&self.stack_key, &place, random));
        let verifications = found.iter().map(|verification| ServiceView::of(verification, invocation.now)).collect();
        Ok(Answer::json(200, &ListBody { verifications, next_cursor }))
    }
}

/// What a list is asked for.
struct ListRequest<'a> {
    subject: &'a str,
    status: Option<Status>,
    page: PageRequest<'a>,
}

impl<'a> ListRequest<'a> {
    fn of(request: &'a ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let malformed = |what: &str| Problem::Malformed(what.to_owned());
        let subject = query_parameter(request, "subject").filter(|subject| is_visible_ascii(subject, 256));
        let status = match query_parameter(request, "status") {
            None => None,
            Some(name) => Some(Status::parse(name).ok_or_else(|| malformed("status has to be one of a verification's"))?),
        };
        Ok(Self {
            subject: subject.ok_or_else(|| malformed("subject has to be given, 1 to 256 visible ASCII characters"))?,
            status,
            page: PageRequest::of(request)?,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<'a> {
    verifications: Vec<ServiceView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnerBody<'a> {
    #[serde(flatten)]
    verification: OwnerView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_session: Option<CurrentSession<'a>>,
}

/// The session that the subject is working with; fresh credentials for it come from create-session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CurrentSession<'a> {
    session_id: &'a SessionId,
    expires_at: Timestamp,
}

impl<'a> CurrentSession<'a> {
    fn of(verification: &'a Verification) -> Option<Self> {
        let session = verification.live_session()?;
        Some(Self { session_id: session.session_id.as_ref()?, expires_at: session.expires_at() })
    }
}
