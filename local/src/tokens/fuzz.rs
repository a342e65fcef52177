//! Tokens of every kind for both checks of them, the gateway's and `authorize`'s, for the fuzzer in `fuzz/` and the test that replays what it found. Half of them are signed
//! well, so that a fuzzer gets behind the signature, and whoever is let in then is looked at once more, by other words. What is no JWT is read as a client token as well.

use super::{ALGORITHM, AUDIENCE, ISSUER, TokenIssuer};
use crate::gateway::{Authorizer, JwtConfiguration};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use prooflight_authorize::jwt::{Rules, Unverified};
use prooflight_shared::domain::ClientToken;
use serde_json::Value;
use std::sync::OnceLock;

/// The time at which all of them are judged, in seconds.
const NOW: i64 = 1_795_345_970;

struct Judge {
    issuer: TokenIssuer,
    authorizer: Authorizer,
    published: Jwk,
    rules: Rules,
}

/// Shows the authorizers what the bytes say. The first of them says how: odd is a header of the token and its claims, a line each, signed by the issuer's key (`KID`
/// stands for that key's id); even is an `Authorization` header a line.
///
/// # Panics
///
/// When somebody is let in who must not be, which is what a fuzzer looks for.
pub fn jwt(bytes: &[u8]) {
    static JUDGE: OnceLock<Option<Judge>> = OnceLock::new();
    let Some(judge) = JUDGE.get_or_init(Judge::new) else { return };
    let Some((form, rest)) = bytes.split_first() else { return };
    let Ok(now) = Timestamp::from_second(NOW) else { return };
    let (headers, claims) = if form % 2 == 1 { judge.signed(rest) } else { (given(rest), None) };
    for scopes in [&["verify".to_owned(), "read".to_owned()][..], &[]] {
        let Ok(authorized) = judge.authorizer.authorize(&headers, scopes, now) else { continue };
        let claims = claims.as_ref();
        assert!(claims.is_some_and(is_good), "a token was taken that the issuer did not sign, or signed for others");
        let held = claims.map(scopes_of).unwrap_or_default();
        assert!(scopes.is_empty() || scopes.iter().any(|scope| held.contains(scope)), "a token was taken without a scope of the route");
        assert_eq!(authorized.scopes.is_some(), !scopes.is_empty());
        assert!(authorized.claims.contains_key("iss") && authorized.claims.contains_key("exp"));
    }
    for token in headers.get_all(AUTHORIZATION).iter().filter_map(|header| header.to_str().ok()).map(bare) {
        if let Ok(believed) = Unverified::read(token).and_then(|token| token.verified(&judge.published, &judge.rules, now)) {
            let claims = claims.as_ref();
            assert!(claims.is_some_and(is_good), "a token was believed that the issuer did not sign, or signed for others");
            assert_eq!(claims.and_then(|claims| claims.get("sub")?.as_str()), Some(believed.subject.as_str()));
            assert_eq!(claims.map(scopes_of).unwrap_or_default().join(" "), believed.scopes);
            assert!(!believed.subject.is_empty() && !believed.scopes.is_empty(), "an ID token was believed");
        }
        if let Some((read, mac)) = ClientToken::read(token) {
            assert_eq!(read.written(&mac), token, "a client token has two spellings");
            assert!(read.message().ends_with(&format!(
                "{}.{}.{}",
                read.verification,
                u8::from(read.generation),
                read.expires_at.as_second()
            )));
        }
    }
}

impl Judge {
    fn new() -> Option<Self> {
        let issuer = TokenIssuer::open(None).ok()?;
        let configuration = JwtConfiguration { issuer: ISSUER.to_owned(), audience: vec![AUDIENCE.to_owned()] };
        let authorizer = Authorizer::new(configuration, &issuer);
        let published = serde_json::from_str::<JwkSet>(issuer.published_keys()).ok()?.keys.into_iter().next()?;
        let rules = Rules { issuer: ISSUER.to_owned(), audiences: vec![AUDIENCE.to_owned()] };
        Some(Self { issuer, authorizer, published, rules })
    }

    /// The headers of a request with the token, and its claims where they are JSON.
    fn signed(&self, bytes: &[u8]) -> (HeaderMap, Option<Value>) {
        let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
        let header = String::from_utf8_lossy(lines.next().unwrap_or_default()).replace("KID", &self.issuer.key_id);
        let claims = lines.next().unwrap_or_default();
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut headers = HeaderMap::new();
        let signature = jsonwebtoken::crypto::sign(said.as_bytes(), &self.issuer.signing, ALGORITHM);
        if let Some(value) = signature.ok().and_then(|signature| HeaderValue::try_from(format!("Bearer {said}.{signature}")).ok()) {
            headers.append(AUTHORIZATION, value);
        }
        (headers, serde_json::from_slice(claims).ok())
    }
}

fn bare(header: &str) -> &str {
    header.split_once(' ').map_or(header, |(_, token)| token.trim())
}

fn given(bytes: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').take(4) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(AUTHORIZATION, value);
        }
    }
    headers
}

/// Whether these claims are of a token for this API, at this time.
fn is_good(claims: &Value) -> bool {
    let names = |claim: &Value| match claim {
        Value::String(name) => name == AUDIENCE,
        Value::Array(names) => names.iter().any(|name| name == AUDIENCE),
        _ => false,
    };
    let for_us = match (claims.get("aud"), claims.get("client_id")) {
        (Some(audience), _) => names(audience),
        (None, Some(client)) => names(client),
        (None, None) => false,
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
    let now = NOW as f64;
    let begins_later = ["nbf", "iat"].iter().filter_map(|name| claims.get(name)).any(|time| time.as_f64().is_none_or(|time| time > now));
    claims.get("iss").and_then(Value::as_str) == Some(ISSUER)
        && for_us
        && claims.get("exp").and_then(Value::as_f64).is_some_and(|end| end > now)
        && !begins_later
}

fn scopes_of(claims: &Value) -> Vec<String> {
    let claim = claims.get("scope").or_else(|| claims.get("scp"));
    let texts = match claim {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fuzzer gets behind the signature: a token in its form is let in by both.
    #[test]
    fn a_good_token_can_be_told_in_bytes() {
        let judge = Judge::new().unwrap();
        let claims = format!(r#"{{"iss":"{ISSUER}","aud":["{AUDIENCE}"],"sub":"alice","exp":{},"scp":["read"]}}"#, NOW + 1);
        let (headers, claims) = judge.signed(format!("{{\"alg\":\"ES256\",\"kid\":\"KID\"}}\n{claims}").as_bytes());
        let now = Timestamp::from_second(NOW).unwrap();
        assert!(judge.authorizer.authorize(&headers, &["read".to_owned()], now).is_ok());
        let token = Unverified::read(bare(headers[AUTHORIZATION].to_str().unwrap())).unwrap();
        assert_eq!(token.verified(&judge.published, &judge.rules, now).unwrap().scopes, "read");
        assert!(is_good(&claims.unwrap()));
    }
}
