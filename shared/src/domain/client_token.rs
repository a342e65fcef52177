//! A client token opens one verification to whoever holds it, for people without an account: a service has it made, and sends it in a link. The
//! link works once: whoever comes first exchanges it for a token that stays in his page, and the link is worth nothing from then on. What
//! such a token says, and whether it still holds, is decided here; that it is one of ours, KMS knows (a MAC over what it says).

use super::{Rejection, Status, Verification, VerificationId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What tells it from a JWT, and what a scanner for leaked secrets can look for.
pub const CLIENT_TOKEN_PREFIX: &str = "plct_";
/// No token is made for longer.
pub const CLIENT_TOKEN_HOLDS_AT_MOST: SignedDuration = SignedDuration::from_mins(60);
/// Closed, a verification can be read for so long with a token: an answer that was lost is asked for again. Then it is revoked.
pub const READABLE_AFTER_CLOSING: SignedDuration = SignedDuration::from_mins(2);

/// What a token says. Who has the text has the access, so the text is written once, and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientToken {
    /// The one that it opens.
    pub verification: VerificationId,
    /// Which token of the verification it is.
    pub generation: TokenGeneration,
    /// After which it opens nothing.
    pub expires_at: Timestamp,
}

/// A verification has two tokens, one after the other. The number that counts stands in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum TokenGeneration {
    /// The link's: it can be exchanged, and nothing else.
    Link,
    /// The page's.
    Page,
}

/// What a verification knows of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientAccess {
    /// The one that counts.
    pub generation: TokenGeneration,
    /// When both end.
    pub expires_at: Timestamp,
    /// Stands for what the page drew when it exchanged the link: with the same it may ask again, should the answer have been lost.
    pub exchanged_by: Option<String>,
}

/// Why a token does not open the verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// It is another's. He is not told that there is one.
    Elsewhere,
    /// Its time is over, it was exchanged, or the verification is closed.
    Spent,
}

impl From<TokenGeneration> for u8 {
    fn from(generation: TokenGeneration) -> Self {
        match generation {
            TokenGeneration::Link => 1,
            TokenGeneration::Page => 2,
        }
    }
}

impl TryFrom<u8> for TokenGeneration {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Link),
            2 => Ok(Self::Page),
            _ => Err("no generation of a token"),
        }
    }
}

impl ClientAccess {
    /// That of a link which is about to be sent.
    pub fn by_link(expires_at: Timestamp) -> Self {
        Self { generation: TokenGeneration::Link, expires_at, exchanged_by: None }
    }
}

impl ClientToken {
    /// What the MAC is over. It names its purpose, so that no other MAC of the key can be one of these.
    pub fn message(&self) -> String {
        format!("prooflight client token 1 {}", self.claims())
    }

    /// The token with its MAC, as it travels.
    pub fn written(&self, mac: &[u8]) -> String {
        format!("{CLIENT_TOKEN_PREFIX}{}.{}", self.claims(), URL_SAFE_NO_PAD.encode(mac))
    }

    /// What a token says, and its MAC, which has yet to be verified. None where it is not written as we write it, to the letter: every
    /// token has one spelling.
    pub fn read(text: &str) -> Option<(Self, Vec<u8>)> {
        let mut parts = text.strip_prefix(CLIENT_TOKEN_PREFIX)?.split('.');
        let (verification, generation, expires_at, mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let token = Self {
            verification: VerificationId::parse(verification)?,
            generation: generation.parse::<u8>().ok()?.try_into().ok()?,
            expires_at: Timestamp::from_second(expires_at.parse().ok()?).ok()?,
        };
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        (token.written(&mac) == text).then_some((token, mac))
    }

    /// Whether it is the link of that verification. Whether it was exchanged already, and by whom, `Command::ExchangeLink` looks.
    pub fn may_be_exchanged(&self, verification: &Verification) -> bool {
        let access = verification.client_access.as_ref().filter(|_| verification.id == self.verification);
        self.generation == TokenGeneration::Link && access.is_some_and(|access| access.expires_at == self.expires_at)
    }

    fn claims(&self) -> String {
        format!("{}.{}.{}", self.verification, u8::from(self.generation), self.expires_at.as_second())
    }
}

impl Verification {
    /// Whether the page's token opens it: to work on it, or only to read how it stands.
    pub fn admits(&self, token: &ClientToken, working: bool, now: Timestamp) -> Result<(), TokenRefusal> {
        let access = self.client_access.as_ref().filter(|_| token.verification == self.id).ok_or(TokenRefusal::Elsewhere)?;
        let is_the_one =
            token.generation == TokenGeneration::Page && access.generation == token.generation && access.expires_at == token.expires_at;
        let is_open = self.status == Status::Open;
        let is_readable = self.decided_at.is_some_and(|closed| now.duration_since(closed) < READABLE_AFTER_CLOSING);
        if is_the_one && now < token.expires_at && (is_open || (!working && is_readable)) { Ok(()) } else { Err(TokenRefusal::Spent) }
    }

    /// The page's token, where there is one by now.
    pub fn page_token(&self) -> Option<ClientToken> {
        self.token_of(TokenGeneration::Page)
    }

    /// The link's, while it was not exchanged.
    pub fn link_token(&self) -> Option<ClientToken> {
        self.token_of(TokenGeneration::Link)
    }

    fn token_of(&self, generation: TokenGeneration) -> Option<ClientToken> {
        let access = self.client_access.as_ref().filter(|access| access.generation == generation)?;
        Some(ClientToken { verification: self.id.clone(), generation, expires_at: access.expires_at })
    }

    /// The link is worth nothing from here on. True if it was now.
    pub(super) fn exchange_link(&mut self, by: &str, now: Timestamp) -> Result<bool, Rejection> {
        let is_open = self.status == Status::Open;
        let access = self.client_access.as_mut().filter(|access| is_open && now < access.expires_at).ok_or(Rejection::LinkSpent)?;
        match (access.generation, &access.exchanged_by) {
            (TokenGeneration::Link, _) => {
                access.generation = TokenGeneration::Page;
                access.exchanged_by = Some(by.to_owned());
                Ok(true)
            }
            (TokenGeneration::Page, Some(before)) if before == by => Ok(false),
            (TokenGeneration::Page, _) => Err(Rejection::LinkSpent),
        }
    }
}
