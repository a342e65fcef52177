//! Roles: who may take one on, and all that it may do.

use super::{document, pages, region};
use crate::doctor::answers::{list, text};
use crate::doctor::aws::{Aws, Question};
use crate::doctor::facts::{Account, Fact, Role};
use crate::doctor::services::IAM;
use futures_util::future::{join3, try_join_all};

pub(super) async fn role(aws: &Aws, account: &Account, name: String) -> Fact<Option<Role>> {
    let ask = |operation, marker: Option<String>| {
        let mut fields = vec![("RoleName", name.as_str())];
        fields.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        Question::form(&IAM, operation, region(account), &fields)
    };
    let (role, own, attached) = join3(
        aws.look(ask("GetRole", None)),
        pages(aws, "Marker", |marker| ask("ListRolePolicies", marker)),
        pages(aws, "Marker", |marker| ask("ListAttachedRolePolicies", marker)),
    )
    .await;
    let Some(role) = role? else { return Ok(None) };
    let (own, attached) = (own?, attached?);
    let own = own.iter().flat_map(|page| list(page, "PolicyNames")).filter_map(|policy| policy.as_str());
    let policies = own.map(async |policy| {
        let question = Question::form(&IAM, "GetRolePolicy", region(account), &[("RoleName", &name), ("PolicyName", policy)]);
        let found = aws.ask(question).await?;
        Ok((policy.to_owned(), document(&text(&found, "PolicyDocument"))))
    });
    Ok(Some(Role {
        trust: document(&role.get("Role").map(|role| text(role, "AssumeRolePolicyDocument")).unwrap_or_default()),
        policies: try_join_all(policies).await?.into_iter().collect(),
        attached: attached.iter().flat_map(|page| list(page, "AttachedPolicies")).map(|policy| text(policy, "PolicyArn")).collect(),
    }))
}
