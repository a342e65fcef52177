//! Who comes to one verification: its owner or a service with a token of the issuer's, or whoever holds a client token for it. The authorizer
//! has verified the token and says whose it is; it does not see the verification, and its word is kept for a minute, for every route. So what
//! a token opens is decided here, by the document.

use super::{Caller, Problem};
use crate::adapters::Loaded;
use crate::domain::{ClientToken, Owner, TokenGeneration, TokenRefusal, VerificationId};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use jiff::Timestamp;
use serde_json::Value;

/// Somebody with a good token.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// A subject, with `verify`.
    Owner(Owner),
    /// A service, with `read`.
    Reader(Owner),
    /// A page that a link led to.
    Page(ClientToken),
}

/// What he comes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// To take a step.
    Work,
    /// To learn how it stands, or what his last step came to.
    Read,
}

impl Visitor {
    /// Whom the authorizer has let in. A service counts as one where `readers` are meant, and not otherwise.
    pub fn of(request: &ApiGatewayV2httpRequest, readers: bool) -> Result<Self, Problem> {
        if let Some(token) = page_token(request) {
            return Ok(Self::Page(token));
        }
        let scopes: &[&str] = if readers { &["read", "verify"] } else { &["verify"] };
        let (Caller { owner }, scope) = Caller::with_one_of(request, scopes)?;
        Ok(if scope == "read" { Self::Reader(owner) } else { Self::Owner(owner) })
    }

    /// The document, if it is his to come to. INVARIANT: a stranger cannot tell another's verification from one that does not exist.
    pub fn admitted(&self, loaded: Option<Loaded>, visit: Visit, now: Timestamp) -> Result<Loaded, Problem> {
        let loaded = loaded.ok_or(Problem::NotFound)?;
        let admitted = match self {
            Self::Reader(_) => Ok(()),
            Self::Owner(owner) if loaded.verification.owner == *owner => Ok(()),
            Self::Owner(_) => Err(Problem::NotFound),
            Self::Page(token) => loaded.verification.at(now).admits(token, visit == Visit::Work, now).map_err(|refusal| match refusal {
                TokenRefusal::Elsewhere => Problem::NotFound,
                TokenRefusal::Spent => Problem::Unauthenticated,
            }),
        };
        admitted.map(|()| loaded)
    }

    /// Whether he is there as the subject, not as somebody who looks after many.
    pub fn is_subject(&self) -> bool {
        !matches!(self, Self::Reader(_))
    }
}

/// What `authorize` says of a client token. What it does not say in full is none.
fn page_token(request: &ApiGatewayV2httpRequest) -> Option<ClientToken> {
    let said = &request.request_context.authorizer.as_ref()?.fields;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    Some(ClientToken {
        verification: VerificationId::parse(text("verification")?)?,
        generation: TokenGeneration::try_from(text("generation")?.parse::<u8>().ok()?).ok()?,
        expires_at: text("expiresAt")?.parse().ok()?,
    })
}
