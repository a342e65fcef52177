//! The shipped policies, embedded in the binary and checked before the first request. A policy is not environment: it is a
//! versioned file, and every decision names the version that it was made under.

use crate::domain::{Confidence, FaceMatch, Terms};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Every policy by name, and the one that an empty request means.
#[derive(Debug, Clone)]
pub struct Catalogue {
    policies: Vec<Terms>,
    default: String,
    /// Those that are switched off, by name.
    disabled: BTreeSet<String>,
}

/// Why a policy file is refused, with the policy and the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy {policy}: {field} {problem}")]
pub struct PolicyError {
    /// The policy's name, or `the file` for what concerns all of it.
    pub policy: String,
    /// The field's name in the file.
    pub field: &'static str,
    /// What is wrong with it, as the end of a sentence.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policies: Vec<Map<String, Value>>,
    default: String,
}

/// BIPA asks for destruction within three years at the latest (740 ILCS 14/15).
const LONGEST_RETENTION_DAYS: u16 = 1095;

/// `API_CreateFaceLivenessSession`, `AuditImagesLimit`.
const MOST_AUDIT_IMAGES: u8 = 4;

impl Catalogue {
    /// The policies of `infra/policies.json` as this binary was built with them.
    pub fn shipped() -> Result<Self, PolicyError> {
        Self::parse(include_str!("../../../infra/policies.json"))
    }

    /// Reads and checks a policy file.
    pub fn parse(json: &str) -> Result<Self, PolicyError> {
        let whole = |problem: String| PolicyError { policy: "the file".into(), field: "policies", problem };
        let file: File = serde_json::from_str(json).map_err(|error| whole(error.to_string()))?;
        let policies = file.policies.into_iter().map(read).collect::<Result<Vec<Terms>, _>>()?;
        for policy in &policies {
            check(policy)?;
            if policies.iter().filter(|other| other.name == policy.name).count() > 1 {
                return Err(whole(format!("name {} twice", policy.name)));
            }
        }
        let catalogue = Self { policies, default: file.default, disabled: BTreeSet::new() };
        if catalogue.get(None).is_none() {
            return Err(PolicyError {
                policy: "the file".into(),
                field: "default",
                problem: format!("names no policy: {}", catalogue.default),
            });
        }
        Ok(catalogue)
    }

    /// The same policies, some of them switched off: their names, separated by commas. A name that no policy has would leave on what
    /// somebody meant to switch off.
    pub fn without(self, names: &str) -> Result<Self, PolicyError> {
        let disabled: BTreeSet<String> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match disabled.iter().find(|name| self.get(Some(name.as_str())).is_none()) {
            None => Ok(Self { disabled, ..self }),
            Some(unknown) => {
                Err(PolicyError { policy: unknown.clone(), field: "name", problem: "is to be switched off and is none of ours".to_owned() })
            }
        }
    }

    /// Whether that policy is switched off: it opens nothing, and no session is made under it.
    pub fn is_disabled(&self, terms: &Terms) -> bool {
        self.disabled.contains(&terms.name)
    }

    /// The policy of that name, or the default one.
    pub fn get(&self, name: Option<&str>) -> Option<&Terms> {
        let name = name.unwrap_or(&self.default);
        self.policies.iter().find(|policy| policy.name == name)
    }

    /// All policies in the order of the file.
    pub fn policies(&self) -> &[Terms] {
        &self.policies
    }

    /// For how many days images are kept, under whatever policy keeps any: each has a prefix of its own in the bucket.
    pub fn image_retentions(&self) -> BTreeSet<u16> {
        self.policies.iter().map(|policy| policy.images_kept_days).filter(|days| *days > 0).collect()
    }
}

/// Every field is required and none is unknown: a forgotten or misspelt one must not take a default.
fn read(mut fields: Map<String, Value>) -> Result<Terms, PolicyError> {
    let policy = fields.get("name").and_then(Value::as_str).unwrap_or("without a name").to_owned();
    let fields = &mut fields;
    let terms = Terms {
        name: take(fields, &policy, "name")?,
        version: take(fields, &policy, "version")?,
        opened_by: take(fields, &policy, "openedBy")?,
        challenge: take(fields, &policy, "challenge")?,
        approve_at: take(fields, &policy, "approveAt")?,
        review_from: take(fields, &policy, "reviewFrom")?,
        face_match: take(fields, &policy, "match")?,
        minimum_age: take(fields, &policy, "minimumAge")?,
        sessions: take(fields, &policy, "sessions")?,
        audit_images: take(fields, &policy, "auditImages")?,
        images_kept_days: take(fields, &policy, "imagesKeptDays")?,
        records_kept_days: take(fields, &policy, "recordsKeptDays")?,
        consent_required: take(fields, &policy, "consentRequired")?,
        consent_versions: take(fields, &policy, "consentVersions")?,
        enrol_on_approval: take(fields, &policy, "enrolOnApproval")?,
        sampled_for_review: take(fields, &policy, "sampledForReview")?,
    };
    match fields.keys().next() {
        None => Ok(terms),
        Some(unknown) => Err(PolicyError { policy, field: "policies", problem: format!("have no field {unknown}") }),
    }
}

fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, policy: &str, field: &'static str) -> Result<T, PolicyError> {
    let refuse = |problem: String| PolicyError { policy: policy.to_owned(), field, problem };
    let value = fields.remove(field).ok_or_else(|| refuse("is missing".into()))?;
    serde_json::from_value(value).map_err(|error| refuse(format!("is refused: {error}")))
}

fn check(policy: &Terms) -> Result<(), PolicyError> {
    let refuse = |field, problem: String| Err(PolicyError { policy: policy.name.clone(), field, problem });
    if policy.name.is_empty() || policy.version.is_empty() {
        return refuse("name", "and version must not be empty".into());
    }
    for (field, threshold) in thresholds(policy) {
        // INVARIANT: thresholds are on Rekognition's scale. Two public backends compare it with 0.90 and let everybody pass.
        if threshold.get() <= 1.0 {
            return refuse(field, format!("is {}: thresholds go from 0 to 100, not from 0 to 1", threshold.get()));
        }
    }
    if policy.review_from.is_some_and(|from| from >= policy.approve_at) {
        return refuse("reviewFrom", "must be below approveAt".into());
    }
    if policy.name == "step-up" && policy.face_match == FaceMatch::None {
        return refuse("match", "must not be none: a step-up asks whether it is the same person".into());
    }
    if policy.enrol_on_approval && policy.face_match == FaceMatch::None {
        return refuse("enrolOnApproval", "needs a match: a face is enrolled once, so it has to be searched for first".into());
    }
    if policy.enrol_on_approval && policy.images_kept_days == 0 {
        return refuse("imagesKeptDays", "must not be 0: a face is enrolled from the kept reference image".into());
    }
    if policy.minimum_age.is_some_and(|age| !(1..=120).contains(&age)) {
        return refuse("minimumAge", "is not an age in years".into());
    }
    if policy.consent_required && policy.consent_versions.is_empty() {
        return refuse("consentVersions", "must name a version: a consent is required".into());
    }
    if policy.consent_versions.iter().any(|version| version.is_empty() || version.len() > 32) {
        return refuse("consentVersions", "must be 1 to 32 characters each".into());
    }
    if policy.sessions == 0 || policy.sessions > 10 {
        return refuse("sessions", format!("is {}: 1 to 10", policy.sessions));
    }
    if policy.audit_images > MOST_AUDIT_IMAGES {
        return refuse("auditImages", format!("is {}: 0 to {MOST_AUDIT_IMAGES}", policy.audit_images));
    }
    if policy.records_kept_days == 0 || policy.records_kept_days > LONGEST_RETENTION_DAYS {
        return refuse("recordsKeptDays", format!("is {}: 1 to {LONGEST_RETENTION_DAYS}", policy.records_kept_days));
    }
    if policy.images_kept_days > policy.records_kept_days {
        return refuse("imagesKeptDays", "must not be above recordsKeptDays: an image without its record cannot be erased".into());
    }
    if !(0.0..=1.0).contains(&policy.sampled_for_review) {
        return refuse("sampledForReview", format!("is {}: a share from 0 to 1", policy.sampled_for_review));
    }
    Ok(())
}

fn thresholds(policy: &Terms) -> Vec<(&'static str, Confidence)> {
    let mut thresholds = vec![("approveAt", policy.approve_at)];
    thresholds.extend(policy.review_from.map(|from| ("reviewFrom", from)));
    match policy.face_match {
        FaceMatch::None => {}
        FaceMatch::Source { similarity, unique_similarity } => {
            thresholds.extend([("match.similarity", similarity), ("match.uniqueSimilarity", unique_similarity)]);
        }
        FaceMatch::Enrolled { similarity } => thresholds.push(("match.similarity", similarity)),
    }
    thresholds
}
