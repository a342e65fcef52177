//! The roles of the template: what each allows, put together from its own policies and from those that are attached to it elsewhere.

use super::intrinsics::{resolve, resolve_text};
use super::stack::{Resource, Stack, TemplateError};
use crate::aws::policy::Policy;
use serde_norway::Value as Yaml;
use std::collections::BTreeMap;

/// Every `AWS::IAM::Role` by its ARN.
pub(super) fn roles(stack: &Stack) -> Result<BTreeMap<String, Policy>, TemplateError> {
    let mut roles = BTreeMap::new();
    for role in stack.resources_of("AWS::IAM::Role") {
        // What a managed policy says stands nowhere in the template.
        if role.property(&["ManagedPolicyArns"]).is_some() {
            return Err(TemplateError::Unsupported(format!("a managed policy in {}", role.logical_id)));
        }
        let mut allowed = Policy::default();
        for policy in role.property(&["Policies"]).and_then(Yaml::as_sequence).into_iter().flatten() {
            allowed = allowed.and(document(stack, &role, policy.get("PolicyDocument"))?);
        }
        roles.insert(stack.attribute(role.logical_id, "Arn")?, allowed);
    }
    for policy in stack.resources_of("AWS::IAM::Policy") {
        let said = document(stack, &policy, policy.property(&["PolicyDocument"]))?;
        for name in policy.property(&["Roles"]).and_then(Yaml::as_sequence).into_iter().flatten() {
            let name = resolve_text(name, stack)?;
            let role = roles.iter_mut().find(|(arn, _)| arn.rsplit('/').next() == Some(&name));
            let (_, role) = role.ok_or_else(|| TemplateError::UnknownName(name.clone()))?;
            *role = std::mem::take(role).and(said.clone());
        }
    }
    Ok(roles)
}

fn document(stack: &Stack, resource: &Resource<'_>, document: Option<&Yaml>) -> Result<Policy, TemplateError> {
    let document = document.ok_or_else(|| TemplateError::Missing(format!("{} has a policy without a document", resource.logical_id)))?;
    Policy::read(&resolve(document, stack)?)
        .map_err(|fault| TemplateError::Unsupported(format!("in {} a policy: {fault},", resource.logical_id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::policy::Request;

    fn read(resources: &str) -> Result<BTreeMap<String, Policy>, TemplateError> {
        roles(&Stack::read(&format!("Resources:\n  Pictures: {{Type: AWS::S3::Bucket}}\n{resources}"), &[].into())?)
    }

    #[test]
    fn a_role_is_what_stands_in_it_and_what_is_attached_to_it() {
        let roles = read(
            "
  Reader:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - {PolicyDocument: {Statement: {Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Pictures.Arn}/*'}}}
  Writer: {Type: AWS::IAM::Role}
  Lend:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!Ref Writer]
      PolicyDocument: {Statement: {Effect: Allow, Action: s3:PutObject, Resource: !Sub '${Pictures.Arn}/*'}}
",
        )
        .expect("roles");
        let may = |role: &str, action: &str| {
            let resource = "arn:aws:s3:::prooflight-local-pictures/a.jpg";
            let request = Request { action, resource, region: "us-east-1", now: jiff::Timestamp::UNIX_EPOCH, prefix: None };
            roles.get(&format!("arn:aws:iam::000000000000:role/prooflight-local-{role}")).expect(role).allows(&request)
        };
        assert_eq!([may("reader", "s3:GetObject"), may("reader", "s3:PutObject")], [true, false]);
        assert_eq!([may("writer", "s3:GetObject"), may("writer", "s3:PutObject")], [false, true]);
    }

    #[test]
    fn what_a_role_says_and_nobody_here_understands_stops_the_start() {
        for (properties, named) in [
            ("ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']", "managed policy"),
            ("Policies: [{PolicyDocument: {Statement: {Effect: Allow, NotAction: 's3:*', Resource: '*'}}}]", "NotAction"),
            ("Policies: [{PolicyName: own}]", "without a document"),
        ] {
            let error =
                read(&format!("  Odd: {{Type: AWS::IAM::Role, Properties: {{{properties}}}}}\n")).expect_err(properties).to_string();
            assert!(error.contains(named) && error.contains("Odd"), "{error}");
        }
        let attached = "  Lend: {Type: AWS::IAM::Policy, Properties: {Roles: [nobody], PolicyDocument: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}}\n";
        assert!(read(attached).expect_err("nobody").to_string().contains("nobody"));
    }
}
