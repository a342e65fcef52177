//! KMS on this machine: the template's keys for MACs and signatures, made once and kept in the data folder. What they compute is real: whatever
//! checks a signature of AWS KMS checks one of these. Keys for encryption are left out, because nothing here is encrypted at rest.

use super::entropy::bytes;
use super::journal::ACCOUNT;
use super::json;
use crate::clock::wall_now;
use crate::data_folder::write_whole;
use crate::gateway::REGION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Response, StatusCode};
use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::EncodePublicKey as _;
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result as IoResult};
use std::path::Path;

/// All keys, by id. Those of AWS are UUIDs; here they are the names that the stack gives its resources.
#[derive(Default)]
pub struct Keys {
    by_id: BTreeMap<String, Key>,
}

struct Key {
    material: Material,
    description: String,
    made_at: f64,
}

enum Material {
    Mac(hmac::Key),
    Signing(Box<SigningKey>),
}

/// What a call may say; the rest of what KMS takes (grant tokens, dry runs) is refused by name of what is known.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Request {
    key_id: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    message_type: Option<String>,
    #[serde(default)]
    mac: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    mac_algorithm: Option<String>,
    #[serde(default)]
    signing_algorithm: Option<String>,
}

/// A refusal: its code and a sentence.
type Refusal = (&'static str, String);

const MAC_ALGORITHM: &str = "HMAC_SHA_256";
const SIGNING_ALGORITHM: &str = "ECDSA_SHA_256";
const OPERATIONS: [&str; 6] = ["DescribeKey", "GenerateMac", "GetPublicKey", "Sign", "Verify", "VerifyMac"];
/// "Message" of `Sign` and of `GenerateMac`, KMS API Reference.
const LONGEST_MESSAGE: usize = 4096;

impl Keys {
    /// The keys that the properties of so many `AWS::KMS::Key` describe, kept in a folder or not; what is there stays.
    pub fn open(folder: Option<&Path>, definitions: &[Value]) -> IoResult<Self> {
        let mut keys = Self::default();
        for definition in definitions {
            let text = |name: &str| definition.get(name).and_then(Value::as_str);
            let id = text("KeyId").ok_or_else(|| invalid("a key without an id"))?;
            let usage = (text("KeyUsage").unwrap_or("ENCRYPT_DECRYPT"), text("KeySpec").unwrap_or("SYMMETRIC_DEFAULT"));
            let read: fn(&[u8]) -> IoResult<Material> = match usage {
                ("GENERATE_VERIFY_MAC", "HMAC_256") => |bytes| Ok(Material::Mac(hmac::Key::new(hmac::HMAC_SHA256, bytes))),
                ("SIGN_VERIFY", "ECC_NIST_P256") => |bytes| {
                    let key = SigningKey::from_slice(bytes).map_err(|_| invalid("a signing key that is none"))?;
                    Ok(Material::Signing(Box::new(key)))
                },
                ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT") => continue,
                _ => return Err(invalid("a KeyUsage and KeySpec that prooflight-local does not have")),
            };
            let material = read(&kept(folder, id)?)?;
            let description = text("Description").unwrap_or_default().to_owned();
            keys.by_id.insert(id.to_owned(), Key { material, description, made_at: wall_now().as_duration().as_secs_f64() });
        }
        Ok(keys)
    }

    /// Answers one call.
    pub(super) fn answer(&self, operation: &str, body: &Bytes) -> Response<Bytes> {
        if !OPERATIONS.contains(&operation) {
            return json::unknown_operation("kms", operation);
        }
        let answer = serde_json::from_slice::<Request>(body)
            // Only names of fields: a message may be a secret.
            .map_err(|_| refused("ValidationException", "prooflight-local knows KeyId, messages, algorithms and what is to be verified"))
            .and_then(|request| self.carried_out(operation, &request));
        match answer {
            Ok(answer) => json::answer("kms", StatusCode::OK, answer.to_string()),
            Err((code, message)) => json::fault("kms", StatusCode::BAD_REQUEST, code, &message),
        }
    }

    fn carried_out(&self, operation: &str, request: &Request) -> Result<Value, Refusal> {
        let id = id_of(&request.key_id);
        let arn = arn(id);
        let key = self.by_id.get(id).ok_or_else(|| refused("NotFoundException", &format!("Key '{arn}' does not exist")))?;
        match (operation, &key.material) {
            ("DescribeKey", material) => Ok(json!({ "KeyMetadata": key.metadata(id, material) })),
            ("GetPublicKey", Material::Signing(signing)) => {
                let der = signing.verifying_key().to_public_key_der().map_err(|_| refused("KMSInternalException", "no public key"))?;
                Ok(json!({
                    "KeyId": arn, "PublicKey": STANDARD.encode(der.as_bytes()), "KeySpec": "ECC_NIST_P256",
                    "CustomerMasterKeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "SigningAlgorithms": [SIGNING_ALGORITHM],
                }))
            }
            ("GenerateMac", Material::Mac(mac)) => {
                expect(request.mac_algorithm.as_deref(), MAC_ALGORITHM)?;
                let tag = hmac::sign(mac, &message(request)?);
                Ok(json!({ "KeyId": arn, "Mac": STANDARD.encode(tag), "MacAlgorithm": MAC_ALGORITHM }))
            }
            ("VerifyMac", Material::Mac(mac)) => {
                expect(request.mac_algorithm.as_deref(), MAC_ALGORITHM)?;
                let tag = decoded(request.mac.as_deref(), "Mac")?;
                hmac::verify(mac, &message(request)?, &tag).map_err(|_| refused("KMSInvalidMacException", "The MAC is not valid."))?;
                Ok(json!({ "KeyId": arn, "MacValid": true, "MacAlgorithm": MAC_ALGORITHM }))
            }
            ("Sign", Material::Signing(signing)) => {
                let signature: Result<Signature, _> = signing.sign_prehash(&signed_digest(request)?);
                let signature = signature.map_err(|_| refused("KMSInternalException", "it cannot be signed"))?;
                let signature = STANDARD.encode(signature.to_der());
                Ok(json!({ "KeyId": arn, "Signature": signature, "SigningAlgorithm": SIGNING_ALGORITHM }))
            }
            ("Verify", Material::Signing(signing)) => {
                let signature = decoded(request.signature.as_deref(), "Signature")?;
                verify(signing.verifying_key(), &signed_digest(request)?, &signature)?;
                Ok(json!({ "KeyId": arn, "SignatureValid": true, "SigningAlgorithm": SIGNING_ALGORITHM }))
            }
            (_, material) => {
                let message = format!("{arn} key usage is {} which is not valid for {operation}.", material.usage().0);
                Err(refused("InvalidKeyUsageException", &message))
            }
        }
    }
}

impl Key {
    fn metadata(&self, id: &str, material: &Material) -> Value {
        let (usage, spec, algorithms, algorithm) = material.usage();
        let mut metadata = json!({
            "AWSAccountId": ACCOUNT, "KeyId": id, "Arn": arn(id), "CreationDate": self.made_at, "Description": self.description, "Enabled": true,
            "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Origin": "AWS_KMS", "MultiRegion": false, "KeyUsage": usage, "KeySpec": spec,
            "CustomerMasterKeySpec": spec,
        });
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert(algorithms.to_owned(), json!([algorithm]));
        }
        metadata
    }
}

impl Material {
    /// `KeyUsage`, `KeySpec`, and the list of what the key can do, with what it is called.
    fn usage(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Mac(_) => ("GENERATE_VERIFY_MAC", "HMAC_256", "MacAlgorithms", MAC_ALGORITHM),
            Self::Signing(_) => ("SIGN_VERIFY", "ECC_NIST_P256", "SigningAlgorithms", SIGNING_ALGORITHM),
        }
    }
}

/// The permission that a call needs.
pub(super) fn permissions(operation: &str, body: &[u8]) -> Vec<(String, String)> {
    let id = serde_json::from_slice::<Request>(body).map_or_else(|_| "*".to_owned(), |request| arn(id_of(&request.key_id)));
    vec![(format!("kms:{operation}"), id)]
}

/// 32 random bytes: an HMAC key, or all but certainly a scalar of P-256. One that is none is refused when it is read.
fn kept(folder: Option<&Path>, id: &str) -> IoResult<Vec<u8>> {
    let path = folder.map(|folder| folder.join(format!("kms-{id}")));
    match path.as_ref().map(std::fs::read) {
        Some(Ok(bytes)) => return Ok(bytes),
        Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let made = bytes::<32>()?;
    path.map_or(Ok(()), |path| write_whole(&path, &made))?;
    Ok(made.to_vec())
}

fn message(request: &Request) -> Result<Vec<u8>, Refusal> {
    let message = decoded(request.message.as_deref(), "Message")?;
    let fits = (1..=LONGEST_MESSAGE).contains(&message.len());
    fits.then_some(message).ok_or_else(|| refused("ValidationException", "Message has to be 1 to 4096 bytes"))
}

/// What a signature is over: the digest that was sent, or the one of what was.
fn signed_digest(request: &Request) -> Result<Vec<u8>, Refusal> {
    expect(request.signing_algorithm.as_deref(), SIGNING_ALGORITHM)?;
    let message = message(request)?;
    match request.message_type.as_deref() {
        None | Some("RAW") => Ok(digest::digest(&digest::SHA256, &message).as_ref().to_vec()),
        Some("DIGEST") if message.len() == 32 => Ok(message),
        Some("DIGEST") => Err(refused("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256.")),
        Some(_) => Err(refused("ValidationException", "MessageType has to be RAW or DIGEST")),
    }
}

fn verify(key: &VerifyingKey, digest: &[u8], der: &[u8]) -> Result<(), Refusal> {
    let signature = Signature::from_der(der).and_then(|signature| key.verify_prehash(digest, &signature));
    signature.map_err(|_| refused("KMSInvalidSignatureException", "The signature is not valid."))
}

fn expect(asked: Option<&str>, algorithm: &str) -> Result<(), Refusal> {
    let is_known = asked == Some(algorithm);
    is_known.then_some(()).ok_or_else(|| refused("ValidationException", &format!("the algorithm has to be {algorithm}")))
}

fn decoded(text: Option<&str>, name: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    bytes.ok_or_else(|| refused("ValidationException", &format!("{name} has to be given, in base64")))
}

fn refused(code: &'static str, message: &str) -> Refusal {
    (code, message.to_owned())
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}

/// A key goes by its id or its ARN; aliases are not known.
fn id_of(id: &str) -> &str {
    id.rsplit_once(":key/").map_or(id, |(_, id)| id)
}

fn arn(id: &str) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(folder: Option<&Path>) -> Keys {
        let definitions = [
            json!({ "KeyId": "tokens", "KeyUsage": "GENERATE_VERIFY_MAC", "KeySpec": "HMAC_256" }),
            json!({ "KeyId": "results", "KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256" }),
            json!({ "KeyId": "table" }),
        ];
        Keys::open(folder, &definitions).expect("keys")
    }

    /// The answer, or the code of the refusal.
    fn ask(keys: &Keys, operation: &str, body: &Value) -> Value {
        let answer: Value = serde_json::from_slice(keys.answer(operation, &Bytes::from(body.to_string())).body()).expect("JSON");
        answer.get("__type").cloned().unwrap_or(answer)
    }

    #[test]
    fn a_mac_is_good_for_its_message_and_key_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = keys(Some(folder.path()));
        let call = |message: &str| json!({ "KeyId": "tokens", "Message": STANDARD.encode(message), "MacAlgorithm": MAC_ALGORITHM });
        let made = ask(&keys, "GenerateMac", &call("hello"));
        assert_eq!(made["KeyId"], arn("tokens"));
        let verified = |keys: &Keys, message: &str| {
            let mut call = call(message);
            call["Mac"] = made["Mac"].clone();
            ask(keys, "VerifyMac", &call)
        };
        assert_eq!(verified(&keys, "hello")["MacValid"], true);
        assert_eq!(verified(&keys, "hellO"), "KMSInvalidMacException");
        assert_eq!(verified(&self::keys(Some(folder.path())), "hello")["MacValid"], true, "the key is kept");
        assert_eq!(verified(&self::keys(None), "hello"), "KMSInvalidMacException", "another key");
    }

    #[test]
    fn a_signature_is_checked_by_whoever_has_the_public_key() {
        use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
        let keys = keys(None);
        let public = ask(&keys, "GetPublicKey", &json!({ "KeyId": arn("results") }));
        let der = STANDARD.decode(public["PublicKey"].as_str().expect("a key")).expect("base64");
        let point = &der[der.len() - 65..];
        let digest = digest::digest(&digest::SHA256, b"hello");
        for (kind, message) in [(None, b"hello".as_slice()), (Some("RAW"), b"hello"), (Some("DIGEST"), digest.as_ref())] {
            let mut call = json!({ "KeyId": "results", "Message": STANDARD.encode(message), "SigningAlgorithm": SIGNING_ALGORITHM });
            call["MessageType"] = json!(kind);
            let signed = ask(&keys, "Sign", &call);
            let signature = STANDARD.decode(signed["Signature"].as_str().expect("a signature")).expect("base64");
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(b"hello", &signature).expect("genuine");
            call["Signature"] = signed["Signature"].clone();
            assert_eq!(ask(&keys, "Verify", &call)["SignatureValid"], true);
            call["Message"] = json!(STANDARD.encode([7; 32]));
            assert_eq!(ask(&keys, "Verify", &call), "KMSInvalidSignatureException");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let keys = keys(None);
        let message = STANDARD.encode("hello");
        for (operation, body, code) in [
            ("DescribeKey", json!({ "KeyId": "nothing" }), "NotFoundException"),
            ("DescribeKey", json!({ "KeyId": "table" }), "NotFoundException"),
            ("GetPublicKey", json!({ "KeyId": "tokens" }), "InvalidKeyUsageException"),
            ("Sign", json!({ "KeyId": "tokens", "Message": message, "SigningAlgorithm": SIGNING_ALGORITHM }), "InvalidKeyUsageException"),
            ("GenerateMac", json!({ "KeyId": "results", "Message": message, "MacAlgorithm": MAC_ALGORITHM }), "InvalidKeyUsageException"),
            ("GenerateMac", json!({ "KeyId": "tokens", "Message": message, "MacAlgorithm": "HMAC_SHA_512" }), "ValidationException"),
            ("GenerateMac", json!({ "KeyId": "tokens", "Message": "", "MacAlgorithm": MAC_ALGORITHM }), "ValidationException"),
            ("Sign", json!({ "KeyId": "results", "Message": message, "SigningAlgorithm": "ECDSA_SHA_384" }), "ValidationException"),
            (
                "Sign",
                json!({ "KeyId": "results", "Message": message, "MessageType": "DIGEST", "SigningAlgorithm": SIGNING_ALGORITHM }),
                "ValidationException",
            ),
            ("Encrypt", json!({ "KeyId": "table" }), "UnknownOperationException"),
            ("Sign", json!({ "KeyId": "results", "DryRun": true }), "ValidationException"),
        ] {
            assert_eq!(ask(&keys, operation, &body), code, "{operation} {body}");
        }
        assert_eq!(ask(&keys, "DescribeKey", &json!({ "KeyId": "tokens" }))["KeyMetadata"]["KeyUsage"], "GENERATE_VERIFY_MAC");
        assert!(Keys::open(None, &[json!({ "KeyId": "rsa", "KeyUsage": "SIGN_VERIFY", "KeySpec": "RSA_2048" })]).is_err());
    }
}
