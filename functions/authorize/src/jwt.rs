//! An access token of the issuer's (RFC 9068, and what Cognito, Auth0, Entra and Keycloak make of it): RS256 or ES256, by a key of the issuer's, for
//! this API, in its time. An ID token is refused: it tells a page who its user is, and opens nothing.

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::{Map, Value};

/// Whose tokens are believed, and which of them are meant for us.
#[derive(Debug)]
pub struct Rules {
    /// To the letter, as its tokens have it.
    pub issuer: String,
    /// A token has to name one of them.
    pub audiences: Vec<String>,
}

/// A token by its header. Nothing it says is believed yet.
pub struct Unverified<'a> {
    token: &'a str,
    header: Header,
    key_id: String,
}

/// What is believed of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is; never empty.
    pub subject: String,
    /// Separated by spaces.
    pub scopes: String,
}

/// Why it is not believed. It goes no further than a test: whoever comes with a bad token is told that it is one, and not what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untrusted {
    /// It is no token, or longer than a header can be.
    Malformed,
    /// Neither RS256 nor ES256.
    Algorithm,
    /// It names no key, or one that does not sign such tokens.
    Key,
    /// The key did not sign this, or it is no object of claims.
    Signature,
    /// No access token.
    Kind,
    /// Another's.
    Issuer,
    /// Meant for others.
    Audience,
    /// Expired, or not begun.
    Time,
    /// It names nobody.
    Subject,
}

/// "RS256 or ES256": of keys that an issuer publishes. With `none` or a MAC, anybody could sign.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];
/// Longer ones are no tokens, and API Gateway takes no longer header.
const LONGEST: usize = 10 * 1024;

impl<'a> Unverified<'a> {
    /// By its form, its algorithm and its key's name.
    pub fn read(token: &'a str) -> Result<Self, Untrusted> {
        if token.len() > LONGEST {
            return Err(Untrusted::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Untrusted::Malformed)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Untrusted::Algorithm);
        }
        let key_id = header.kid.clone().ok_or(Untrusted::Key)?;
        Ok(Self { token, header, key_id })
    }

    /// By which name the issuer is asked for the key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The claims, if everything about the token is in order at `now`.
    pub fn verified(&self, key: &Jwk, rules: &Rules, now: Timestamp) -> Result<Claims, Untrusted> {
        if !fits(key, self.header.alg) {
            return Err(Untrusted::Key);
        }
        let decoding = DecodingKey::from_jwk(key).map_err(|_| Untrusted::Key)?;
        // Only the signature is left to the library: the claims are judged below, with `now` as an argument.
        let mut validation = Validation::new(self.header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(self.token, &decoding, &validation);
        let claims = decoded.map_err(|_| Untrusted::Signature)?.claims;
        if !is_access_token(self.header.typ.as_deref(), &claims) {
            return Err(Untrusted::Kind);
        }
        if claims.get("iss").and_then(Value::as_str) != Some(&rules.issuer) {
            return Err(Untrusted::Issuer);
        }
        // Cognito's access tokens name the client, and no audience.
        let named = claims.get("aud").or_else(|| claims.get("client_id")).map(texts).unwrap_or_default();
        if !named.iter().any(|name| rules.audiences.iter().any(|own| own == name)) {
            return Err(Untrusted::Audience);
        }
        if !is_in_time(&claims, now) {
            return Err(Untrusted::Time);
        }
        let subject = claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty()).ok_or(Untrusted::Subject)?;
        Ok(Claims { subject: subject.to_owned(), scopes: scopes(&claims) })
    }
}

/// A key that is published for something else signs nothing here.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256) => true,
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::ES256) => curve.curve == EllipticCurve::P256,
        _ => false,
    };
    let usage = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let operations = key.common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let named = key.common.key_algorithm.is_none_or(|named| named.to_string().parse() == Ok(algorithm));
    kind && usage && operations && named
}

/// By its `typ` (RFC 9068, 2.1), by Cognito's `token_use`, and by having scopes at all, which an ID token does not.
fn is_access_token(kind: Option<&str>, claims: &Map<String, Value>) -> bool {
    let kind = kind.is_none_or(|kind| ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
    let usage = claims.get("token_use").is_none_or(|usage| usage.as_str() == Some("access"));
    kind && usage && !scopes(claims).is_empty()
}

/// No leeway: the issuer's clock and Lambda's are both set by the network. A claim of the wrong type is as bad as a wrong one.
fn is_in_time(claims: &Map<String, Value>, now: Timestamp) -> bool {
    let now = now.as_duration().as_secs_f64();
    let begun = |claim: &str| claims.get(claim).is_none_or(|time| time.as_f64().is_some_and(|time| time <= now));
    claims.get("exp").and_then(Value::as_f64).is_some_and(|end| now < end) && begun("nbf") && begun("iat")
}

/// `scope`, separated by spaces, or `scp`, which some issuers write as a list.
fn scopes(claims: &Map<String, Value>) -> String {
    let claim = claims.get("scope").or_else(|| claims.get("scp"));
    claim.map(texts).unwrap_or_default().iter().flat_map(|text| text.split_whitespace()).collect::<Vec<_>>().join(" ")
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use jsonwebtoken::EncodingKey;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    /// A key of 2048 bits that was made for these tests and is known to everybody.
    const RSA: &str = "MIIEowIBAAKCAQEAkz9cxI4hV6eplCiAc4V3jJBy8Uzhn6NRy+rMCeyDs843Q3gb3TCH3VLOrJ2c3asWngL1l9sj+Qq2e5JWWB+Su/lw0L2SJMZmE8tALtkO+mwUKiJxFt\
     Qs+KTRGEfF0KQDBBhpwhkXGGIPs3L4mLgHb73kIL79SOd4cGcG6jOHtcgOTL9L+JyEfiN35yhMrG21Ra3ElsmUzeZi1f2mjKteNWRC5VQLlBnTh2B+XwCOoZJvhhqKf0d4\
     1BEQNj8lfNcMBO5T64fQFUmxEs4bvviNHfut0ONqdmQPQGAPjg8VspBcr74zAIIZAfOGqP8v6r/Dh+PwVKUZE1JFpkfzKQ2T+wIDAQABAoIBAAe6OYoZ02d1kGa1bBhOls\
     7fqHNAD6SAaQMvQp9QCZFexHOxUp+xs6T1JYzVhgKev0RyRKVAMOEZo33/WLIDO4DLPxUVUx1u9Ahx5YplMG4KofxGwRyWQfiX3bP31Z/KG7ET/ujaxuWBWprrm7RCuXvZ\
     wVEen3g7UuIYkLpVvfeCKybxvN7POEQZTYdIkir4ae4ca267IuhQFjO084bAKoI0uzc+6WKMT4sLmJZ00I4QsETy0VAguEccWiZzPvNbDOPJ9LmA3T/uyJLiY30Jgwswd8\
     EwMVDYEjHauPCMgqD9UKIYyRqR+ivPrO+qUXPokfTb5yxcZ3+oXf23/NBvb+ECgYEAy9DKuNx8i6aqVgknpXk4Jxvf4EVcrkAkFGSjXjUSnxs+u6xLtOeUgIrGKF83mAyv\
     Vywxtyn0n54gdR393YCvMPY79+qW/gua+OGzsLxgmRtaWXmx2Dg2NpnCt7BPi4n0bNTfOf1Bj2b9xEtV1McbSRutRb/la5lYIPWUSis5BrMCgYEAuPLIkt7idb3NEiSbdw\
     0bFuHs8InnDBvm1uswKTOkwrJk1t4qSF+UZwhHS8XrrEgUMi6CMA5cmAUdUhc1UTgywRedh4/7Yi4aQyh/H3qBUcsXAyKMcPf1vucOEzGmff0k+K6NWrd/gJcAbAXi1Zbp\
     qU7ybwPVkkdsGgPesT82oZkCgYAU+5LTQ0fDLM5eeyTMwVUJmbILqbhn7AyK2O2EtlwLa0ejFJLatfiw3xiVcXAMxEmM5OzdWYFoqWPYCtVm52eh18fGty0CTHmQ49OW/1\
     3GhW1gxsmLZAYYyu2j8Y/O4s36IlQ06SDFvamkeskEVdc2SJYnFyFsWWYcRowUsqx1RwKBgDDPYj/gssOAI+712lHBE7UmSvHwcxmvA20VBNDa4FDB4/sRBveyweevN6G3\
     ykrdevcDbzhfkfBM6UAQ//E/c6WiJeDxDtcKc8PlnCcinZ6Iiro5E/d8eU64i+5k3BvEA03eQ0/9vZiiQWpA42ybN2+HdlP2HxdL4iu7ebothK2BAoGBAIA41zuW+zGnt7\
     1/Kmimj86JDbfyUWB/n6xhQVr8bm7/G5nyf1Dg2FPpjrg1DRoqscNffUAXVApsXwRi6L9cQGaSARRfrhtdbR3GYCBum53eewZOuNOPfpbR7ADNf5+8QonaO6LKd47ebfR3\
     GUH6bAdI5K52Tju98lBlojegfPcd";
    const MODULUS: &str = "kz9cxI4hV6eplCiAc4V3jJBy8Uzhn6NRy-rMCeyDs843Q3gb3TCH3VLOrJ2c3asWngL1l9sj-Qq2e5JWWB-Su_lw0L2SJMZmE8tALtkO-mwUKiJxFtQs-KTRGEfF0KQDBB\
     hpwhkXGGIPs3L4mLgHb73kIL79SOd4cGcG6jOHtcgOTL9L-JyEfiN35yhMrG21Ra3ElsmUzeZi1f2mjKteNWRC5VQLlBnTh2B-XwCOoZJvhhqKf0d41BEQNj8lfNcMBO5T\
     64fQFUmxEs4bvviNHfut0ONqdmQPQGAPjg8VspBcr74zAIIZAfOGqP8v6r_Dh-PwVKUZE1JFpkfzKQ2T-w";
    const NOW: i64 = 1_800_000_000;

    struct Issuer {
        rsa: (EncodingKey, Jwk),
        ec: (EncodingKey, Jwk),
    }

    fn jwk(value: Value) -> Jwk {
        serde_json::from_value(value).expect("a JWK")
    }

    fn issuer() -> Issuer {
        let rsa = EncodingKey::from_rsa_der(&STANDARD.decode(RSA).expect("base64"));
        let published = jwk(json!({"kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": MODULUS, "e": "AQAB"}));
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).expect("a key");
        let coordinate = |range| URL_SAFE_NO_PAD.encode(pair.public_key().as_ref().get::<std::ops::Range<usize>>(range).expect("a point"));
        let ec = jwk(json!({"kty": "EC", "crv": "P-256", "kid": "e", "x": coordinate(1..33), "y": coordinate(33..65)}));
        Issuer { rsa: (rsa, published), ec: (EncodingKey::from_ec_der(pkcs8.as_ref()), ec) }
    }

    fn claims() -> Value {
        json!({"iss": "https://issuer.example/", "aud": "prooflight", "sub": "alice", "scope": "verify read", "iat": NOW - 10, "exp": NOW + 10})
    }

    /// What is made of a token with that header, signed by that key, when that key is published under its id.
    fn judged(header: &Header, claims: &Value, (signing, published): &(EncodingKey, Jwk)) -> Result<Claims, Untrusted> {
        let token = jsonwebtoken::encode(header, claims, signing).expect("a token");
        let rules = Rules { issuer: "https://issuer.example/".into(), audiences: vec!["another".into(), "prooflight".into()] };
        Unverified::read(&token)?.verified(published, &rules, Timestamp::from_second(NOW).expect("a time"))
    }

    fn header(algorithm: Algorithm) -> Header {
        Header { kid: Some("a key".into()), ..Header::new(algorithm) }
    }

    #[test]
    fn an_access_token_is_believed() {
        let issuer = issuer();
        let alice = Ok(Claims { subject: "alice".into(), scopes: "verify read".into() });
        assert_eq!(judged(&header(Algorithm::RS256), &claims(), &issuer.rsa), alice);
        assert_eq!(judged(&header(Algorithm::ES256), &claims(), &issuer.ec), alice);
        let changed = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            judged(&Header { typ: Some("at+jwt".into()), ..header(Algorithm::ES256) }, &claims, &issuer.ec)
        };
        assert_eq!(changed("aud", json!(["other", "prooflight"])), alice);
        assert_eq!(changed("token_use", json!("access")), alice);
        let mut cognito = claims();
        cognito.as_object_mut().expect("claims").remove("aud");
        cognito["client_id"] = json!("prooflight");
        assert_eq!(judged(&header(Algorithm::RS256), &cognito, &issuer.rsa), alice);
        let mut entra = claims();
        entra.as_object_mut().expect("claims").remove("scope");
        entra["scp"] = json!(["verify", "read"]);
        assert_eq!(judged(&header(Algorithm::RS256), &entra, &issuer.rsa), alice);
    }

    #[test]
    fn anything_else_is_not() {
        let issuer = issuer();
        for (name, value, why) in [
            ("iss", json!("https://issuer.example"), Untrusted::Issuer),
            ("iss", json!(["https://issuer.example/"]), Untrusted::Issuer),
            ("aud", json!("other"), Untrusted::Audience),
            ("aud", json!(7), Untrusted::Audience),
            ("exp", json!(NOW), Untrusted::Time),
            ("exp", json!("never"), Untrusted::Time),
            ("exp", Value::Null, Untrusted::Time),
            ("nbf", json!(NOW + 1), Untrusted::Time),
            ("iat", json!(NOW + 1), Untrusted::Time),
            ("iat", json!("now"), Untrusted::Time),
            ("sub", json!(""), Untrusted::Subject),
            ("sub", json!(7), Untrusted::Subject),
            ("scope", json!(""), Untrusted::Kind),
            ("scope", json!(null), Untrusted::Kind),
            ("token_use", json!("id"), Untrusted::Kind),
        ] {
            let mut claims = claims();
            claims[name] = value;
            assert_eq!(judged(&header(Algorithm::ES256), &claims, &issuer.ec), Err(why), "{name}: {}", claims[name]);
        }
        let id_token = Header { typ: Some("id+jwt".into()), ..header(Algorithm::ES256) };
        assert_eq!(judged(&id_token, &claims(), &issuer.ec), Err(Untrusted::Kind));
        assert_eq!(judged(&Header::new(Algorithm::ES256), &claims(), &issuer.ec), Err(Untrusted::Key), "without a kid");
    }

    #[test]
    fn a_signature_is_by_the_issuer_and_as_he_says() {
        let issuer = issuer();
        let another = self::issuer();
        let with = |(signing, _): &(EncodingKey, Jwk), (_, published): &(EncodingKey, Jwk)| (signing.clone(), published.clone());
        let cases = [
            (Algorithm::ES256, with(&another.ec, &issuer.ec), Untrusted::Signature),
            (Algorithm::ES256, with(&issuer.ec, &issuer.rsa), Untrusted::Key),
            (Algorithm::RS256, with(&issuer.rsa, &issuer.ec), Untrusted::Key),
            (Algorithm::RS384, issuer.rsa.clone(), Untrusted::Algorithm),
            (Algorithm::PS256, issuer.rsa.clone(), Untrusted::Algorithm),
            // The public key, taken for the secret of a MAC.
            (Algorithm::HS256, (EncodingKey::from_secret(MODULUS.as_bytes()), issuer.rsa.1.clone()), Untrusted::Algorithm),
        ];
        for (algorithm, keys, why) in cases {
            assert_eq!(judged(&header(algorithm), &claims(), &keys), Err(why), "{algorithm:?}");
        }
        let mut for_encryption = issuer.rsa.1.clone();
        for_encryption.common.public_key_use = Some(PublicKeyUse::Encryption);
        assert_eq!(judged(&header(Algorithm::RS256), &claims(), &(issuer.rsa.0.clone(), for_encryption)), Err(Untrusted::Key));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let unsigned = format!("{}.{}.", part(&json!({"alg": "none", "kid": "e"})), part(&claims()));
        for token in [unsigned.as_str(), "", ".", "a.b", "a.b.c", "plct_x", &"a".repeat(20_000)] {
            assert!(Unverified::read(token).is_err(), "{token:.40}");
        }
    }
}
