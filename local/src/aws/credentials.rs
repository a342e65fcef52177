//! Who may sign: the developer's fixed key, one key per function, and the keys that STS vends.

use super::policy::Policy;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// Every access key that this endpoint accepts.
#[derive(Debug, Default)]
pub struct Credentials {
    by_access_key: RwLock<HashMap<String, Credential>>,
}

/// One access key and what stands behind it.
#[derive(Clone)]
pub struct Credential {
    /// The secret that signatures are checked with.
    pub secret_access_key: String,
    /// Asked for with every request where set.
    pub session_token: Option<String>,
    /// Wall time after which the key is refused.
    pub expires_at: Option<Timestamp>,
    /// Who signs with it.
    pub caller: Caller,
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The developer at this machine (`local` / `local-secret`): may do everything.
    Developer,
    /// One of our functions.
    Function {
        /// Its name.
        name: String,
        /// What its role in template.yaml allows.
        role: Arc<Policy>,
    },
    /// Whoever was handed temporary credentials: may do what role and session policy allow.
    AssumedRole {
        /// The session's ARN: `arn:aws:sts::<account>:assumed-role/<role>/<session name>`.
        role_arn: String,
        /// The session policy as it was passed, a JSON document.
        session_policy: Option<String>,
        /// What the role allows; none when it is not one of the stack's, and the session policy is all there is.
        role: Option<Arc<Policy>>,
    },
}

impl Caller {
    /// Who it is, in a word: what AWS would have a user id for.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Developer => "local",
            Self::Function { name, .. } => name,
            Self::AssumedRole { role_arn, .. } => role_arn,
        }
    }
}

/// Says who and until when, never with what: a credential may end up in a log line by way of an error.
impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credential").field("caller", &self.caller).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Adds or replaces a key.
    pub fn insert(&self, access_key_id: &str, credential: Credential) {
        let mut keys = self.by_access_key.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.insert(access_key_id.to_owned(), credential);
    }

    /// The key's credential, expired or not: the caller decides what to answer.
    pub fn get(&self, access_key_id: &str) -> Option<Credential> {
        let keys = self.by_access_key.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.get(access_key_id).cloned()
    }

    /// Forgets the keys that expired before `end`.
    pub fn forget_expired(&self, end: Timestamp) {
        let mut keys = self.by_access_key.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.retain(|_, credential| credential.expires_at.is_none_or(|expires_at| expires_at >= end));
    }
}
