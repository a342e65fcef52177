//! Exchanges a link (`POST /client-token`): the page that it leads to comes with the link's token and takes away one of its own, under which it
//! then works on the verification. A link is good for one exchange, so whoever finds it later, in a mailbox or a history, finds nothing. With the
//! same Idempotency-Key the same page may ask again, should the answer have been lost.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, ClientTokenKey, VerificationTable};
use prooflight_shared::app::{Entropy, change_verification};
use prooflight_shared::domain::{Command, Rejection, StackKey};
use prooflight_shared::edge::{
    Answer, ConnectError, Failure, LambdaFunction, NoBody, OwnerView, Problem, Visitor, answered, decode_body, idempotency_key,
};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;
use serde::Serialize;

/// The use case with its connections.
#[derive(Debug)]
pub struct ExchangeLink {
    table: VerificationTable,
    client_tokens: ClientTokenKey,
    stack_key: StackKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExchangedBody<'a> {
    token: String,
    expires_at: Timestamp,
    verification: OwnerView<'a>,
}

impl LambdaFunction for ExchangeLink {
    const NAME: &'static str = "exchange-link";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            client_tokens: ClientTokenKey::new(clients.kms(), environment.required(environment::CLIENT_TOKEN_KEY_ARN)?),
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
        Ok(answered(Self::NAME, &invocation.request_id, self.exchange(&request, &invocation)).await)
    }
}

impl ExchangeLink {
    async fn exchange(&self, request: &ApiGatewayV2httpRequest, invocation: &Invocation) -> Result<Answer, Problem> {
        decode_body::<NoBody>(request)?;
        // Whoever has an account needs no link; a page's token was exchanged for already.
        let Visitor::Page(link) = Visitor::of(request, false)? else { return Err(Problem::Unauthenticated) };
        let missing = || Problem::Malformed("Idempotency-Key has to be given".to_owned());
        let by = self.stack_key.page(&link.verification, idempotency_key(request)?.ok_or_else(missing)?);
        let loaded = self.table.load(&link.verification).await?.ok_or(Problem::Unauthenticated)?;
        if !link.may_be_exchanged(&loaded.verification) {
            return Err(Problem::Rejected(Rejection::LinkSpent));
        }
        let (id, entropy) = (link.verification, Entropy::new(&invocation.entropy));
        let command = Command::ExchangeLink { by };
        let exchanged = change_verification(&self.table, &id, Some(loaded), &command, None, invocation.now, &entropy).await?;

        let verification = exchanged.verification.at(invocation.now);
        let page = verification.page_token().ok_or_else(|| Fault::bare(FaultCode::Bug, "find the token of a page"))?;
        let token = self.client_tokens.write(&page).await?;
        let body = ExchangedBody { token, expires_at: page.expires_at, verification: OwnerView::of(&verification, invocation.now) };
        Ok(Answer::json(200, &body))
    }
}
