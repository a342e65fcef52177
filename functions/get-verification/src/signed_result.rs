//! A signed result (`GET /verifications/{id}/result`), and the key to check it with (`GET /.well-known/jwks.json`): for a server that relies on
//! a verification and is told of it by a browser, which it has no reason to believe.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use jiff::Timestamp;
use prooflight_shared::adapters::ResultKey;
use prooflight_shared::domain::{Addressed, ResultKeyPublic, UnsignedResult, Verification};
use prooflight_shared::edge::{Answer, Problem, is_visible_ascii, query_parameter};
use prooflight_shared::fault::{Fault, FaultCode};
use serde::Serialize;

/// A key that is replaced is known to everybody so soon; until then both would have to be served.
const KEYS_HOLD_FOR_SECONDS: u32 = 300;

/// Signs, in the stack's name.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) key: ResultKey,
    pub(super) issuer: String,
}

#[derive(Serialize)]
struct ResultBody {
    result: String,
}

#[derive(Serialize)]
struct KeysBody<'a> {
    keys: [&'a ResultKeyPublic; 1],
}

/// For whom a result is, as the query says. Without both anybody could show it to anybody, as often as he likes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    audience: &'a str,
    nonce: &'a str,
}

impl<'a> Asked<'a> {
    pub(super) fn of(request: &'a ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let read = |name: &str, longest: usize| {
            let value = query_parameter(request, name).filter(|value| is_visible_ascii(value, longest));
            value.ok_or_else(|| Problem::Malformed(format!("{name} has to be given, 1 to {longest} visible ASCII characters")))
        };
        Ok(Self { audience: read("aud", 256)?, nonce: read("nonce", 128)? })
    }
}

impl Signer {
    /// How the verification stands, signed.
    pub(super) async fn result(&self, verification: &Verification, asked: Asked<'_>, now: Timestamp) -> Result<Answer, Problem> {
        let key = self.key.public().await?;
        let addressed = Addressed { issuer: &self.issuer, audience: asked.audience, nonce: asked.nonce };
        let unsigned = UnsignedResult::of(verification, addressed, key, now);
        let unsigned = unsigned.ok_or_else(|| Fault::bare(FaultCode::Bug, "write a result"))?;
        Ok(Answer::json(200, &ResultBody { result: self.key.sign(unsigned).await? }))
    }

    /// What signatures are checked with, for everybody.
    pub(super) async fn keys(&self) -> Result<Answer, Problem> {
        let body = KeysBody { keys: [self.key.public().await?] };
        Ok(Answer::json(200, &body).cached_for(KEYS_HOLD_FOR_SECONDS))
    }
}
