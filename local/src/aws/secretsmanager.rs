//! Secrets Manager on this machine: the template's secrets, made as `GenerateSecretString` asks for, kept in the data folder, read and replaced
//! over the wire. Only the current version is kept, and nothing rotates by itself.

use super::entropy::{bytes, request_id};
use super::journal::ACCOUNT;
use super::json;
use crate::clock::wall_now;
use crate::data_folder::write_whole;
use crate::gateway::REGION;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result as IoResult};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// All secrets, by name.
#[derive(Default)]
pub struct Secrets {
    folder: Option<PathBuf>,
    by_name: Mutex<BTreeMap<String, Secret>>,
}

struct Secret {
    value: String,
    version_id: String,
    changed_at: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Request {
    secret_id: String,
    #[serde(default)]
    secret_string: Option<String>,
    #[serde(default)]
    client_request_token: Option<String>,
}

/// What `GenerateSecretString` of an `AWS::SecretsManager::Secret` may say.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "the template's own words")]
struct Recipe {
    password_length: usize,
    exclude_characters: String,
    exclude_lowercase: bool,
    exclude_uppercase: bool,
    exclude_numbers: bool,
    exclude_punctuation: bool,
    require_each_included_type: bool,
    secret_string_template: Option<String>,
    generate_string_key: Option<String>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            password_length: 32,
            exclude_characters: String::new(),
            exclude_lowercase: false,
            exclude_uppercase: false,
            exclude_numbers: false,
            exclude_punctuation: false,
            require_each_included_type: true,
            secret_string_template: None,
            generate_string_key: None,
        }
    }
}

impl Secrets {
    /// The secrets that the properties of so many `AWS::SecretsManager::Secret` describe, kept in a folder or not; what is there stays.
    pub fn open(folder: Option<&Path>, definitions: &[Value]) -> IoResult<Self> {
        let secrets = Self { folder: folder.map(Path::to_owned), by_name: Mutex::default() };
        definitions.iter().try_for_each(|definition| secrets.ensure(definition))?;
        Ok(secrets)
    }

    /// The value of a secret that there has to be.
    pub fn required(&self, id: &str) -> IoResult<String> {
        self.value(id).ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such secret"))
    }

    fn ensure(&self, properties: &Value) -> IoResult<()> {
        let invalid = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
        let name = properties.get("Name").and_then(Value::as_str).ok_or_else(|| invalid("a secret without a name"))?;
        let kept = match self.path(name).map(std::fs::read_to_string) {
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => None,
            kept => kept.transpose()?,
        };
        if let Some(value) = kept {
            return self.put(name, value, request_id()?);
        }
        let recipe = properties.get("GenerateSecretString").ok_or_else(|| invalid("a secret without GenerateSecretString"))?;
        let recipe: Recipe = serde_json::from_value(recipe.clone())?;
        self.put(name, recipe.value()?, request_id()?)
    }

    /// The value of a secret.
    fn value(&self, id: &str) -> Option<String> {
        Some(self.by_name.lock().unwrap_or_else(PoisonError::into_inner).get(name_of(id))?.value.clone())
    }

    /// Answers one call.
    pub(super) fn answer(&self, operation: &str, body: &Bytes) -> Response<Bytes> {
        if !["GetSecretValue", "PutSecretValue"].contains(&operation) {
            return json::unknown_operation("secretsmanager", operation);
        }
        let refused = |code: &str, message: &str| json::fault("secretsmanager", StatusCode::BAD_REQUEST, code, message);
        let request: Request = match serde_json::from_slice(body) {
            Ok(request) => request,
            // Only names of fields: values are secrets.
            Err(_) => return refused("InvalidParameterException", "prooflight-local knows SecretId, SecretString and ClientRequestToken"),
        };
        let name = name_of(&request.secret_id);
        if self.value(name).is_none() {
            return refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        }
        if operation == "PutSecretValue" {
            let Some(value) = request.secret_string else { return refused("InvalidRequestException", "SecretString is missing") };
            let put = request.client_request_token.map_or_else(request_id, Ok).and_then(|version| self.put(name, value, version));
            if let Err(error) = put {
                tracing::error!(%error, "a secret cannot be kept");
                return json::fault("secretsmanager", StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError", "it cannot be kept");
            }
        }
        let secrets = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(secret) = secrets.get(name) else {
            return refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        };
        let mut answer = json!({ "ARN": arn(name), "Name": name, "VersionId": secret.version_id, "VersionStages": ["AWSCURRENT"] });
        if let (Some(answer), "GetSecretValue") = (answer.as_object_mut(), operation) {
            answer.insert("SecretString".to_owned(), json!(secret.value));
            answer.insert("CreatedDate".to_owned(), json!(secret.changed_at));
        }
        json::answer("secretsmanager", StatusCode::OK, answer.to_string())
    }

    fn put(&self, name: &str, value: String, version_id: String) -> IoResult<()> {
        if let Some(path) = self.path(name) {
            write_whole(&path, value.as_bytes())?;
        }
        let secret = Secret { value, version_id, changed_at: wall_now().as_duration().as_secs_f64() };
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), secret);
        Ok(())
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("secret-{name}")))
    }
}

impl Recipe {
    /// Random characters, alone or in a template.
    fn value(&self) -> IoResult<String> {
        let drawn = self.drawn()?;
        let (Some(template), Some(key)) = (&self.secret_string_template, &self.generate_string_key) else { return Ok(drawn) };
        let mut template: serde_json::Map<String, Value> = serde_json::from_str(template)?;
        template.insert(key.clone(), Value::String(drawn));
        Ok(Value::Object(template).to_string())
    }

    fn drawn(&self) -> IoResult<String> {
        let kinds: Vec<Vec<char>> = [
            (self.exclude_lowercase, "abcdefghijklmnopqrstuvwxyz"),
            (self.exclude_uppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            (self.exclude_numbers, "0123456789"),
            (self.exclude_punctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        ]
        .into_iter()
        .filter(|(is_excluded, _)| !is_excluded)
        .map(|(_, kind)| kind.chars().filter(|character| !self.exclude_characters.contains(*character)).collect())
        .filter(|kind: &Vec<char>| !kind.is_empty())
        .collect();
        let alphabet = kinds.concat();
        let impossible = alphabet.is_empty() || (self.require_each_included_type && self.password_length < kinds.len());
        if impossible || !(1..=4096).contains(&self.password_length) {
            return Err(Error::new(ErrorKind::InvalidData, "a GenerateSecretString that no secret fits"));
        }
        loop {
            let mut drawn = String::new();
            while drawn.len() < self.password_length {
                let [byte] = bytes::<1>()?;
                // Those that would favour the first characters are drawn again.
                let fair = 256 / alphabet.len() * alphabet.len();
                if let Some(character) = alphabet.get(usize::from(byte) % alphabet.len()).filter(|_| usize::from(byte) < fair) {
                    drawn.push(*character);
                }
            }
            let has_each = kinds.iter().all(|kind| drawn.contains(kind.as_slice()));
            if has_each || !self.require_each_included_type {
                return Ok(drawn);
            }
        }
    }
}

/// The permission that a call needs.
pub(super) fn permissions(operation: &str, body: &[u8]) -> Vec<(String, String)> {
    let id = serde_json::from_slice::<Request>(body).map_or_else(|_| "*".to_owned(), |request| arn(name_of(&request.secret_id)));
    vec![(format!("secretsmanager:{operation}"), id)]
}

/// A secret goes by its name or its ARN. AWS appends six random characters to the one in the ARN; here they are the same.
fn name_of(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(recipe: Value) -> IoResult<String> {
        serde_json::from_value::<Recipe>(recipe).map_err(Error::from)?.value()
    }

    #[test]
    fn a_secret_is_what_the_template_asks_for() {
        let key = made(json!({
            "PasswordLength": 64, "ExcludeUppercase": true, "ExcludePunctuation": true,
            "ExcludeCharacters": "ghijklmnopqrstuvwxyz", "RequireEachIncludedType": false,
        }));
        let key = key.expect("a secret");
        assert!(key.len() == 64 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{key}");
        let keys = made(json!({
            "SecretStringTemplate": "{\"previous\": \"\"}", "GenerateStringKey": "current", "PasswordLength": 4, "ExcludePunctuation": true,
        }));
        let keys: Value = serde_json::from_str(&keys.expect("a secret")).expect("JSON");
        let current = keys["current"].as_str().expect("text");
        assert!(current.len() == 4 && keys["previous"] == "", "{keys}");
        for kind in [char::is_ascii_lowercase, char::is_ascii_uppercase, char::is_ascii_digit] {
            assert!(current.chars().any(|character| kind(&character)), "{current} has each kind");
        }
    }

    #[test]
    fn what_cannot_be_made_is_refused() {
        for recipe in [
            json!({ "PasswordLength": 2 }),
            json!({ "PasswordLength": 0, "RequireEachIncludedType": false }),
            json!({ "IncludeSpace": true }),
            json!({ "ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludeNumbers": true, "ExcludePunctuation": true }),
        ] {
            assert!(made(recipe.clone()).is_err(), "{recipe}");
        }
    }
}
