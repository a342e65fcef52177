//! Roles, compared with the deployed template.

use super::Judgement;
use crate::doctor::facts::{Facts, Role, Stack};
use crate::doctor::finding::{ROLE_NOT_COMPARED, ROLE_POLICY_ADDED, ROLE_POLICY_DIFFERS, ROLE_TRUST_DIFFERS, STREAMING_TRUST};
use crate::doctor::template::{Template, normal};
use serde_json::Value;

pub(super) fn judge(judgement: &mut Judgement, facts: &Facts, stack: &Stack) {
    judgement.there(&stack.roles);
    let roles = stack.roles.iter().filter_map(|resource| Some((resource, resource.fact.as_ref().ok()?.as_ref()?)));
    for (resource, role) in roles.clone().filter(|(resource, _)| resource.logical_id == "StreamingRole") {
        lent_to_one(judgement, &resource.name, role, stack);
    }
    let Some(template) = judgement.known(&stack.template) else { return };
    let template = Template::new(template, stack, &facts.account);
    for (resource, role) in roles {
        let name = &resource.name;
        let Some(expected) = template.role(&resource.logical_id) else { continue };
        let what = &resource.logical_id;
        match &expected.trust {
            // What is wrong with the streaming role's is found above, and more exactly.
            Some(_) if what == "StreamingRole" => {}
            Some(trust) => {
                let differs = normal(trust) != normal(&role.trust);
                judgement.find_if(differs, ROLE_TRUST_DIFFERS, name, format!("{what} is trusted to others than the template says"));
            }
            None => judgement.find(ROLE_NOT_COMPARED, name, format!("the trust of {what} in the template cannot be resolved")),
        }
        for (policy, document) in &expected.policies {
            match (document, role.policies.get(policy)) {
                (_, None) => judgement.find(ROLE_POLICY_DIFFERS, name, format!("{what} lacks its policy {policy}")),
                (Some(document), Some(has)) => {
                    let differs = normal(document) != normal(has);
                    judgement.find_if(differs, ROLE_POLICY_DIFFERS, name, format!("the policy {policy} of {what} was changed"));
                }
                (None, Some(_)) => {
                    judgement.find(ROLE_NOT_COMPARED, name, format!("the policy {policy} of {what} in the template cannot be resolved"));
                }
            }
        }
        for policy in role.policies.keys().filter(|policy| !expected.policies.contains_key(*policy)) {
            judgement.find(ROLE_POLICY_ADDED, name, format!("{what} has a policy {policy} that the template does not have"));
        }
        let expected: Vec<&str> = expected.attached.iter().flatten().filter_map(Value::as_str).collect();
        for arn in role.attached.iter().filter(|arn| !expected.contains(&arn.as_str())) {
            judgement.find(ROLE_POLICY_ADDED, name, format!("{what} has {arn} attached, which the template does not have"));
        }
    }
}

/// A browser's credentials come from this role: whoever may assume it can stream at the account's cost.
fn lent_to_one(judgement: &mut Judgement, name: &str, role: &Role, stack: &Stack) {
    let lender = stack.names.get("CreateSessionRole").map(|(_, name)| name.as_str()).unwrap_or_default();
    let statements = normal(&role.trust);
    let mut lent = false;
    for statement in statements.as_array().into_iter().flatten().filter(|statement| statement.get("Effect").is_some_and(|it| it == "Allow"))
    {
        let principals = statement.get("Principal").cloned().unwrap_or_default();
        let of_accounts = principals.get("AWS").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let is_lender = |arn: &str| arn.rsplit('/').next() == Some(lender) && arn.contains(":role/");
        let others: Vec<&str> = of_accounts.clone().filter(|arn| !is_lender(arn)).collect();
        let kinds = principals.as_object().map_or(0, |kinds| kinds.keys().filter(|kind| *kind != "AWS").count());
        if let Some(other) = others.first() {
            // A role that was deleted and made anew has another id, and the trust names the old one ("AWS JSON policy elements: Principal").
            let gone = other.starts_with("AROA");
            let found = if gone { format!("it trusts {other}, a role that was deleted") } else { format!("it trusts {other}") };
            judgement.find(STREAMING_TRUST, name, found);
        }
        let everybody = principals.is_array();
        judgement.find_if(everybody || kinds > 0, STREAMING_TRUST, name, "it trusts others than a role of this account");
        lent |= of_accounts.into_iter().any(is_lender);
    }
    judgement.find_if(!lent, STREAMING_TRUST, name, "it does not trust create-session, which lends it");
}
