//! Ends a verification that nobody wants any more (`POST /verifications/{id}/cancel`, by its subject or a service), or whose
//! subject takes the consent back (`POST /verifications/{id}/withdraw-consent`), and with it his images and the face that was enrolled
//! from them.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, Loaded};
use prooflight_shared::app::{Enroller, Entropy, change_verification};
use prooflight_shared::domain::{Command, Verification, VerificationId};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, NoBody, OwnerView, Problem, Scopes, answered, decode_body, path_parameter,
};
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;

/// The use case with its connections.
#[derive(Debug)]
pub struct CloseVerification {
    scopes: Scopes,
    stores: Enroller,
}

impl LambdaFunction for CloseVerification {
    const NAME: &'static str = "close-verification";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { scopes: Scopes::of(environment), stores: Enroller::connect(&clients, environment)? })
    }

    async fn warm_up(&self) {
        self.stores.table.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        let answer = async {
            decode_body::<NoBody>(&request)?;
            match request.route_key.as_deref() {
                Some("POST /verifications/{id}/cancel") => self.cancel(&request, &invocation).await,
                Some("POST /verifications/{id}/withdraw-consent") => self.withdraw_consent(&request, &invocation).await,
                _ => Err(Problem::NotFound),
            }
        };
        Ok(answered(Self::NAME, &invocation.request_id, answer).await)
    }
}

impl CloseVerification {
    async fn cancel(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let (caller, scope) = Caller::with_one_of(request, &self.scopes, &["open", "verify"])?;
        let loaded = self.load(request).await?;
        // A service may call off what is of its own issuer's subjects; a subject, his own alone.
        let owner = &loaded.verification.owner;
        let allowed = if scope == "open" { owner.issuer == caller.owner.issuer } else { *owner == caller.owner };
        if !allowed {
            return Err(Problem::NotFound);
        }
        let closed = self.change(loaded, &Command::Cancel, invocation).await?;
        Ok(shown(&closed, invocation.now))
    }

    async fn withdraw_consent(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        let caller = Caller::with_scope(request, &self.scopes, "verify")?;
        let loaded = self.load(request).await?;
        if loaded.verification.owner != caller.owner {
            return Err(Problem::NotFound);
        }
        // Closed first: from then on no completion adds an image that would be missed.
        let closed = self.change(loaded, &Command::WithdrawConsent, invocation).await?;
        self.stores.remove_what_must_go(&closed, invocation.now, &Entropy::new(&invocation.entropy)).await?;
        Ok(shown(&closed, invocation.now))
    }

    async fn load(&self, request: &ApiGatewayV2httpRequest) -> Result<Loaded, Problem> {
        let id = VerificationId::parse(path_parameter(request, "id")).ok_or(Problem::NotFound)?;
        self.stores.table.load(&id).await?.ok_or(Problem::NotFound)
    }

    async fn change(&self, loaded: Loaded, command: &Command, invocation: &Invocation) -> Result<Verification, Problem> {
        let id = loaded.verification.id.clone();
        let entropy = Entropy::new(&invocation.entropy);
        let changed = change_verification(&self.stores.table, &id, Some(loaded), command, None, invocation.now, &entropy).await?;
        Ok(changed.verification)
    }
}

fn shown(verification: &Verification, now: Timestamp) -> Answer {
    Answer::json(200, &OwnerView::of(&verification.at(now), now))
}
