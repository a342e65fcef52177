//! What STS vends: keys that do what their session policy says for as long as was asked, and nothing else.

use crate::support::{FUNCTION, REGION, World, keys};
use aws_credential_types::Credentials as SdkCredentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use serde_json::json;

const ROLE: &str = "arn:aws:iam::000000000000:role/prooflight/streaming";

fn policy(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": action, "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}},
    }]})
    .to_string()
}

async fn assume(client: &aws_sdk_sts::Client, policy: Option<String>) -> SdkCredentials {
    let request = client.assume_role().role_arn(ROLE).role_session_name("s-1").duration_seconds(900).set_policy(policy);
    let vended = request.send().await.unwrap().credentials.unwrap();
    keys(vended.access_key_id, vended.secret_access_key, Some(vended.session_token))
}

#[tokio::test]
async fn vended_keys_are_good_for_what_was_asked() {
    let world = World::in_memory();
    let before = aws_smithy_types::DateTime::from_secs(crate::support::now().as_second());
    let answer = world
        .sts()
        .assume_role()
        .role_arn(ROLE)
        .role_session_name("s-1")
        .duration_seconds(900)
        .policy(policy("s3:List*"))
        .send()
        .await
        .unwrap();
    let user = answer.assumed_role_user().unwrap();
    assert_eq!(user.arn(), "arn:aws:sts::000000000000:assumed-role/streaming/s-1");
    let vended = answer.credentials().unwrap();
    assert!(vended.access_key_id().starts_with("ASIA") && vended.access_key_id().len() == 20);
    let lifetime = vended.expiration().secs() - before.secs();
    assert!((899..=902).contains(&lifetime), "{lifetime}");

    let role = keys(vended.access_key_id(), vended.secret_access_key(), Some(vended.session_token().to_owned()));
    let config = world.sdk_for(&role, None);
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), user.arn().into());
    assert_eq!(identity.user_id(), user.assumed_role_id().into());
    aws_sdk_s3::Client::new(&config).list_buckets().send().await.expect("the policy allows it");
    let tables = aws_sdk_dynamodb::Client::new(&config).list_tables().send().await.unwrap_err();
    assert_eq!(tables.code(), Some("AccessDeniedException"));
    let object = aws_sdk_s3::Client::new(&config).get_object().bucket("bucket").key("k").send().await.unwrap_err();
    assert_eq!(object.code(), Some("AccessDenied"));
    let again = aws_sdk_sts::Client::new(&config).assume_role().role_arn(ROLE).role_session_name("s-2").send().await.unwrap_err();
    assert_eq!(again.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn every_key_is_another_one() {
    let world = World::in_memory();
    let client = world.sts();
    let first = assume(&client, Some(policy("*"))).await;
    let second = assume(&client, Some(policy("*"))).await;
    assert_ne!(first.access_key_id(), second.access_key_id());
    assert_ne!(first.secret_access_key(), second.secret_access_key());
    // One key with the other's token is nobody's.
    let mixed = keys(first.access_key_id(), first.secret_access_key(), second.session_token().map(str::to_owned));
    let error = aws_sdk_sts::Client::new(&world.sdk_for(&mixed, None)).get_caller_identity().send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidClientTokenId"));
}

#[tokio::test]
async fn without_a_policy_the_keys_open_nothing() {
    let world = World::in_memory();
    let bare = assume(&world.sts(), None).await;
    let error = aws_sdk_s3::Client::new(&world.sdk_for(&bare, None)).list_buckets().send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let world = World::in_memory();
    let function = aws_sdk_sts::Client::new(&world.sdk_for(&keys(FUNCTION, "function-secret", None), None));
    let long = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", " ".repeat(2048));
    let cases = [
        ("a good request", ROLE, "s-1", 900, None, Ok(())),
        ("a role of another service", "arn:aws:s3:::bucket/role/x", "s-1", 900, None, Err("ValidationError")),
        ("a role without a name", "arn:aws:iam::000000000000:role/", "s-1", 900, None, Err("ValidationError")),
        ("an account of letters", "arn:aws:iam::00000000000a:role/x", "s-1", 900, None, Err("ValidationError")),
        ("a name of one letter", ROLE, "s", 900, None, Err("ValidationError")),
        ("a name with a slash", ROLE, "s/1", 900, None, Err("ValidationError")),
        (
            "a name of 65 letters",
            ROLE,
            "sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss",
            900,
            None,
            Err("ValidationError"),
        ),
        ("too short a time", ROLE, "s-1", 899, None, Err("ValidationError")),
        ("too long a time", ROLE, "s-1", 43_201, None, Err("ValidationError")),
        ("more than an hour for a role that assumes a role", ROLE, "s-1", 3_601, None, Err("ValidationError")),
        ("no JSON", ROLE, "s-1", 900, Some("{".to_owned()), Err("MalformedPolicyDocument")),
        ("no policy", ROLE, "s-1", 900, Some("{}".to_owned()), Err("MalformedPolicyDocument")),
        ("too long a policy", ROLE, "s-1", 900, Some(long), Err("PackedPolicyTooLarge")),
    ];
    for (name, role, session, seconds, policy, expected) in cases {
        let request = function.assume_role().role_arn(role).role_session_name(session).duration_seconds(seconds).set_policy(policy);
        let result = request.send().await;
        let code = result.as_ref().map(|_| ()).map_err(|error| error.code().unwrap_or_default());
        assert_eq!(code, expected, "{name}");
    }
    let developer = world.sts().assume_role().role_arn(ROLE).role_session_name("s-1").duration_seconds(43_200).send().await;
    assert!(developer.is_ok(), "a user may ask for twelve hours");
    let error = function.get_session_token().send().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("InvalidAction"), Some("prooflight-local does not implement sts:GetSessionToken")));
}
