//! The headers that protect the page: those that `infra/page.yaml` has CloudFront send, with this machine's addresses in them. So the browser
//! tests run under what is deployed.

use super::deployment::only;
use super::intrinsics::resolve;
use super::stack::{Stack, TemplateError};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The page's own template.
pub const PAGE_TEMPLATE: &str = include_str!("../../../infra/page.yaml");

/// What `AWS::CloudFront::ResponseHeadersPolicy` calls the headers of security, what they are called on the wire, and where their value
/// stands; one without a place has one value alone.
const OF_SECURITY: [(&str, &str, Result<&str, &str>); 4] = [
    ("ContentSecurityPolicy", "content-security-policy", Ok("ContentSecurityPolicy")),
    ("ContentTypeOptions", "x-content-type-options", Err("nosniff")),
    ("FrameOptions", "x-frame-options", Ok("FrameOption")),
    ("ReferrerPolicy", "referrer-policy", Ok("ReferrerPolicy")),
];
/// It would hold for every port of this machine's `localhost`, whatever runs there, and for two years.
const NOT_HERE: &str = "StrictTransportSecurity";

/// Reads them from the text of a template that is deployed with these parameters.
pub fn page_headers(template: &str, parameters: &BTreeMap<String, String>) -> Result<HeaderMap, TemplateError> {
    let stack = Stack::read(template, parameters)?;
    let policy = only(&stack, "AWS::CloudFront::ResponseHeadersPolicy")?;
    let config = policy.property(&["ResponseHeadersPolicyConfig"]).ok_or_else(|| missing("ResponseHeadersPolicyConfig"))?;
    let config = resolve(config, &stack)?;
    let mut headers = HeaderMap::new();
    for (name, setting) in
        config.get("SecurityHeadersConfig").and_then(Json::as_object).into_iter().flatten().filter(|(name, _)| *name != NOT_HERE)
    {
        let known = OF_SECURITY.iter().find(|(known, ..)| known == name);
        let (_, header, value) = known.ok_or_else(|| TemplateError::Unsupported(format!("the header {name}")))?;
        insert(&mut headers, header, value.map_or_else(Some, |place| setting.get(place)?.as_str()))?;
    }
    for item in config.pointer("/CustomHeadersConfig/Items").and_then(Json::as_array).into_iter().flatten() {
        let text = |name: &str| item.get(name).and_then(Json::as_str);
        insert(&mut headers, text("Header").unwrap_or_default(), text("Value"))?;
    }
    Ok(headers)
}

fn insert(headers: &mut HeaderMap, name: &str, value: Option<&str>) -> Result<(), TemplateError> {
    let name = HeaderName::try_from(name).map_err(|_| missing("the name of a header"))?;
    let value = HeaderValue::from_str(value.unwrap_or_default()).ok().filter(|value| !value.is_empty());
    headers.insert(name.clone(), value.ok_or_else(|| missing(name.as_str()))?);
    Ok(())
}

fn missing(what: &str) -> TemplateError {
    TemplateError::Missing(format!("infra/page.yaml has no {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_nobody_here_knows_stops_the_start() {
        let read = |security: &str| {
            let config = format!("{{SecurityHeadersConfig: {{{security}}}}}");
            page_headers(
                &format!(
                    "Resources: {{H: {{Type: AWS::CloudFront::ResponseHeadersPolicy, Properties: {{ResponseHeadersPolicyConfig: {config}}}}}}}"
                ),
                &BTreeMap::new(),
            )
        };
        let sent = read("ContentTypeOptions: {Override: true}, StrictTransportSecurity: {AccessControlMaxAgeSec: 1}").expect("headers");
        assert_eq!(sent.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["x-content-type-options"]);
        for security in ["XSSProtection: {Override: true}", "ReferrerPolicy: {Override: true}", "FrameOptions: {FrameOption: ''}"] {
            assert!(read(security).is_err(), "{security}");
        }
    }
}
