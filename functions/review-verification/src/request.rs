//! What a reviewer asks for and says.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use http::header::IF_MATCH;
use prooflight_shared::domain::{Verdict, VerdictReason};
use prooflight_shared::edge::Problem;
use serde::Deserialize;

/// A verdict with its reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerdictRequest {
    verdict: Option<String>,
    reason: Option<VerdictReason>,
}

impl VerdictRequest {
    pub(crate) fn read(self) -> Result<(Verdict, VerdictReason), Problem> {
        let malformed = |what: &str| Problem::Malformed(what.to_owned());
        let verdict = self.verdict.as_deref().and_then(Verdict::parse);
        let verdict = verdict.ok_or_else(|| malformed("verdict has to be approved, denied, upheld or overturned"))?;
        Ok((verdict, self.reason.ok_or_else(|| malformed("reason has to be given"))?))
    }
}

/// The tag of the evidence that the verdict rests on. `*` would match whatever there is, and so names nothing; a weak tag, or a list,
/// is none of ours and matches nothing.
pub(crate) fn named_evidence(request: &ApiGatewayV2httpRequest) -> Result<String, Problem> {
    let header = request.headers.get(IF_MATCH).and_then(|value| value.to_str().ok()).map(str::trim);
    let named = header.filter(|value| !value.is_empty() && *value != "*").ok_or(Problem::IfMatchRequired)?;
    let tag = named.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Ok(tag.unwrap_or_default().to_owned())
}
