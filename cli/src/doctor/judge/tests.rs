//! Every code by a set of facts that has it, and the set that has none of them. Nothing else may be found beside it, so a judgement that
//! is too eager fails as well as one that is blind.

use super::judge;
use crate::doctor::facts::{
    Account, Alarm, Api, Bucket, Facts, Function, Key, OptOut, Queue, Resource, Role, Source, Stack, Table, Unread,
};
use crate::doctor::finding::ALL;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LENDER: &str = "arn:aws:iam::123456789012:role/app-CreateSessionRole";

fn resource<T>(logical_id: &str, name: &str, known: T) -> Resource<T> {
    Resource { logical_id: logical_id.to_owned(), name: name.to_owned(), fact: Ok(Some(known)) }
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

fn unread(code: &str, explained: bool) -> Unread {
    Unread { operation: "x:Y".to_owned(), code: code.to_owned(), explained }
}

fn policy(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn trust(principal: &Value) -> Value {
    policy(&json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))
}

fn template() -> Value {
    let own = policy(&json!({"Sid": "Keep", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Resource": [{"Fn::GetAtt": ["VerificationTable", "Arn"]}, {"Fn::Sub": "${VerificationTable.Arn}/index/due"}]}));
    let lend = policy(&json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": {"Fn::GetAtt": "StreamingRole.Arn"}}));
    json!({
        "Conditions": {"HasManaged": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Managed"}, ""]}]}},
        "Resources": {
            "CreateSessionRole": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": trust(&json!({"Service": "lambda.amazonaws.com"})),
                "ManagedPolicyArns": [{"Fn::If": ["HasManaged", {"Ref": "Managed"}, {"Ref": "AWS::NoValue"}]}],
                "Policies": [{"PolicyName": "own", "PolicyDocument": own}]}},
            "Lends": {"Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": "lend", "Roles": [{"Ref": "CreateSessionRole"}], "PolicyDocument": lend}},
            "StreamingRole": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": trust(&json!({"AWS": {"Fn::GetAtt": ["CreateSessionRole", "Arn"]}})), "Policies": []}},
            "EvidenceBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}},
            "Rescue": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 8, "Role": {"Fn::GetAtt": ["CreateSessionRole", "Arn"]}}},
        },
    })
}

/// Nothing is wrong with it.
fn well() -> Facts {
    let names = [
        ("CreateSessionRole", "AWS::IAM::Role", "app-CreateSessionRole"),
        ("Lends", "AWS::IAM::Policy", "app-lends"),
        ("StreamingRole", "AWS::IAM::Role", "app-StreamingRole"),
        ("VerificationTable", "AWS::DynamoDB::Table", "app-table"),
    ];
    let table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/app-table";
    // One thing alone instead of a list of it, and another order: the same to IAM.
    let own = json!({"Statement": {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:GetItem"],
        "Resource": [format!("{table_arn}/index/due"), table_arn]}});
    let lend =
        policy(&json!({"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": "arn:aws:iam::123456789012:role/app-StreamingRole"}));
    let lender = Role {
        trust: trust(&json!({"Service": "lambda.amazonaws.com"})),
        policies: [("own".to_owned(), own), ("lend".to_owned(), lend)].into(),
        attached: Vec::new(),
    };
    let streaming = Role { trust: trust(&json!({ "AWS": LENDER })), ..Role::default() };
    let queue_arn = "arn:aws:sqs:us-east-1:123456789012:queue";
    let dead_arn = "arn:aws:sqs:us-east-1:123456789012:dead";
    let queue =
        Queue { arn: queue_arn.into(), visibility: 8, retention: 600, waiting: 3, encrypted: true, dead_letters: Some(dead_arn.into()) };
    let dead = Queue { arn: dead_arn.into(), visibility: 30, retention: 1_209_600, waiting: 0, encrypted: true, dead_letters: None };
    let function = Function {
        arn: "arn:aws:lambda:us-east-1:123456789012:function:app-Rescue".into(),
        role: LENDER.into(),
        timeout: 8,
        architecture: "arm64".into(),
        states: ["Active".into(), "Successful".into()],
        liveness_region: Some("us-east-1".into()),
        may_run: Some(Ok(true)),
    };
    let source = Source { state: "Enabled".into(), from: queue_arn.into(), to: function.arn.clone(), batch: 1, ..Source::default() };
    let table = Table {
        stream: Some((format!("{table_arn}/stream/1"), "NEW_AND_OLD_IMAGES".into())),
        protected: true,
        key: Some("arn:aws:kms:us-east-1:123456789012:key/1".into()),
        recovery: Ok(true),
        expiry: Ok(Some("expiresAt".into())),
    };
    let tls = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    let bucket = Bucket {
        private: Ok(true),
        policy: Ok(Some(policy(&tls))),
        lifecycle: Ok([("evidence/r30/".to_owned(), 30), ("sources/".to_owned(), 4)].into()),
        encryption: Ok(Some(("AES256".into(), None))),
        ownership: Ok(Some("BucketOwnerEnforced".into())),
        versioned: Ok(false),
        region: Ok("us-east-1".into()),
    };
    let of_the_account =
        policy(&json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}));
    let key = Key { state: "Enabled".into(), rotatable: true, policy: Ok(of_the_account), rotated: Ok(true) };
    let api = Api {
        origins: texts(&["https://a.example", "https://b.example"]),
        exposed: texts(&["date", "retry-after"]),
        stages: Ok(vec![("$default".into(), true, true)]),
        authorizers: Ok(vec![("https://issuer.example/".into(), texts(&["app"]))]),
        open_routes: Ok(texts(&["$default", "GET /.well-known/jwks.json"])),
    };
    let parameters = [
        ("LogRetentionDays", "90"),
        ("Architecture", "arm64"),
        ("AllowedOrigins", "https://b.example,https://a.example"),
        ("JwtIssuer", "https://issuer.example/"),
        ("JwtAudience", "app"),
        ("Managed", ""),
    ];
    Facts {
        account: Account { id: "123456789012".into(), partition: "aws".into(), region: "us-east-1".into() },
        clock_ahead: Ok(-2),
        liveness_region: "us-east-1".into(),
        liveness: Ok(()),
        stream: Ok(()),
        opt_out: Ok(OptOut::Refused),
        liveness_quotas: Ok([("CreateFaceLivenessSession", 5.0), ("GetFaceLivenessSessionResults", 5.0)]
            .map(|(n, v)| (n.to_owned(), v))
            .into()),
        concurrency: Ok(1000),
        topic: Some(("topic".into(), Ok(Some(1)))),
        stack: Some(Stack {
            name: "app".into(),
            status: "UPDATE_COMPLETE".into(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            names: names.map(|(id, kind, name)| (id.to_owned(), (kind.to_owned(), name.to_owned()))).into(),
            template: Ok(template()),
            functions: vec![resource("Rescue", "app-Rescue", function)],
            sources: vec![resource("RescueQueue", "uuid", source)],
            roles: vec![
                resource("CreateSessionRole", "app-CreateSessionRole", lender),
                resource("StreamingRole", "app-StreamingRole", streaming),
            ],
            tables: vec![resource("VerificationTable", "app-table", table)],
            buckets: vec![resource("EvidenceBucket", "bucket", bucket)],
            queues: vec![resource("Queue", "queue", queue), resource("Dead", "dead", dead)],
            keys: vec![resource("Key", "key", key)],
            logs: vec![resource("Log", "/aws/lambda/app", Some(90))],
            alarms: vec![resource("Alarm", "alarm", Alarm { enabled: true, actions: texts(&["topic"]), state: "OK".into() })],
            schedules: vec![resource("Schedule", "schedule", true)],
            rules: vec![resource("Rule", "bus|rule", true)],
            apis: vec![resource("HttpApi", "api", api)],
            collections: vec![resource("FaceCollection", "faces", ())],
        }),
    }
}

/// The first resource of a kind, to be spoilt.
macro_rules! first {
    ($facts:ident, $kind:ident) => {
        first!($facts, $kind, 0)
    };
    ($facts:ident, $kind:ident, $place:expr) => {
        $facts.stack.as_mut().unwrap().$kind[$place].fact.as_mut().unwrap().as_mut().unwrap()
    };
}

fn found(facts: &Facts) -> BTreeSet<&'static str> {
    // The quotas are always told.
    judge(facts).iter().map(|finding| finding.code).filter(|code| *code != "liveness_quotas").collect()
}

type Spoiling = (&'static str, fn(&mut Facts));

const SPOILT: &[Spoiling] = &[
    ("clock_skewed", |f| f.clock_ahead = Ok(-61)),
    ("clock_skewed", |f| f.clock_ahead = Ok(400)),
    ("liveness_region_unsupported", |f| f.liveness = Err(unread("AccessDeniedException", false))),
    ("liveness_region_unsupported", |f| f.liveness = Err(unread("no connection", false))),
    ("not_read", |f| f.liveness = Err(unread("AccessDeniedException", true))),
    ("not_read", |f| f.liveness = Err(unread("ThrottlingException", false))),
    ("stream_unreachable", |f| f.stream = Err(unread("no connection", false))),
    ("regions_differ", |f| {
        f.liveness_region = "us-west-2".into();
        first!(f, functions).liveness_region = Some("us-west-2".into());
    }),
    ("ai_services_may_keep", |f| f.opt_out = Ok(OptOut::NoPolicy)),
    ("ai_services_may_keep", |f| f.opt_out = Ok(OptOut::NoOrganization)),
    ("ai_services_may_keep", |f| f.opt_out = Ok(OptOut::Allowed)),
    ("results_quota_low", |f| {
        f.liveness_quotas.as_mut().unwrap().insert("CreateFaceLivenessSession".into(), 25.0);
    }),
    ("concurrency_low", |f| f.concurrency = Ok(10)),
    ("topic_missing", |f| f.topic = Some(("topic".into(), Ok(None)))),
    ("topic_unheard", |f| f.topic = Some(("topic".into(), Ok(Some(0))))),
    ("stack_unsettled", |f| f.stack.as_mut().unwrap().status = "UPDATE_ROLLBACK_COMPLETE".into()),
    ("stack_unsettled", |f| f.stack.as_mut().unwrap().status = "UPDATE_IN_PROGRESS".into()),
    ("resource_missing", |f| f.stack.as_mut().unwrap().alarms[0].fact = Ok(None)),
    ("not_read", |f| f.stack.as_mut().unwrap().template = Err(unread("AccessDenied", true))),
    ("table_recovery_off", |f| first!(f, tables).recovery = Ok(false)),
    ("table_expiry_off", |f| first!(f, tables).expiry = Ok(None)),
    ("table_expiry_off", |f| first!(f, tables).expiry = Ok(Some("createdAt".into()))),
    ("table_stream_off", |f| first!(f, tables).stream = None),
    ("table_stream_off", |f| first!(f, tables).stream.as_mut().unwrap().1 = "KEYS_ONLY".into()),
    ("table_unprotected", |f| first!(f, tables).protected = false),
    ("table_key_default", |f| first!(f, tables).key = None),
    ("bucket_public", |f| first!(f, buckets).private = Ok(false)),
    ("bucket_plain_http", |f| first!(f, buckets).policy = Ok(None)),
    ("bucket_plain_http", |f| {
        let policy = first!(f, buckets).policy.as_mut().unwrap().as_mut().unwrap();
        policy["Statement"][0]["Resource"] = json!("arn:aws:s3:::bucket");
    }),
    ("bucket_plain_http", |f| {
        let policy = first!(f, buckets).policy.as_mut().unwrap().as_mut().unwrap();
        policy["Statement"][0]["Condition"]["StringEquals"] = json!({"aws:PrincipalOrgID": "o-1"});
    }),
    ("bucket_keeps_images", |f| first!(f, buckets).lifecycle = Ok([("sources/".to_owned(), 4)].into())),
    ("bucket_keeps_images", |f| {
        first!(f, buckets).lifecycle.as_mut().unwrap().insert("evidence/r30/".into(), 31);
    }),
    ("bucket_keeps_images", |f| {
        first!(f, buckets).lifecycle.as_mut().unwrap().remove("sources/");
    }),
    ("bucket_encryption_differs", |f| first!(f, buckets).encryption = Ok(None)),
    ("bucket_encryption_differs", |f| first!(f, buckets).encryption = Ok(Some(("aws:kms".into(), None)))),
    ("bucket_acls", |f| first!(f, buckets).ownership = Ok(Some("ObjectWriter".into()))),
    ("bucket_acls", |f| first!(f, buckets).ownership = Ok(None)),
    ("bucket_versioned", |f| first!(f, buckets).versioned = Ok(true)),
    ("bucket_elsewhere", |f| first!(f, buckets).region = Ok("eu-west-1".into())),
    ("key_unusable", |f| first!(f, keys).state = "PendingDeletion".into()),
    ("key_open", |f| {
        first!(f, keys).policy =
            Ok(policy(&json!({"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "kms:Decrypt", "Resource": "*"})));
    }),
    ("key_not_rotated", |f| first!(f, keys).rotated = Ok(false)),
    ("role_policy_differs", |f| {
        first!(f, roles).policies.remove("lend");
    }),
    ("role_policy_differs", |f| {
        first!(f, roles).policies.get_mut("own").unwrap()["Statement"]["Action"] = json!("dynamodb:*");
    }),
    ("role_policy_differs", |f| {
        first!(f, roles).policies.get_mut("own").unwrap()["Statement"]["Resource"] = json!("*");
    }),
    ("role_policy_added", |f| {
        first!(f, roles).policies.insert("more".into(), json!({}));
    }),
    ("role_policy_added", |f| first!(f, roles).attached = texts(&["arn:aws:iam::aws:policy/AdministratorAccess"])),
    ("role_trust_differs", |f| first!(f, roles).trust = trust(&json!({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}))),
    ("role_not_compared", |f| {
        let policies = "/Resources/CreateSessionRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource";
        let template = f.stack.as_mut().unwrap().template.as_mut().unwrap();
        *template.pointer_mut(policies).unwrap() = json!({"Fn::ImportValue": "elsewhere"});
    }),
    ("streaming_trust", |f| first!(f, roles, 1).trust = trust(&json!({"AWS": [LENDER, "arn:aws:iam::123456789012:root"]}))),
    ("streaming_trust", |f| first!(f, roles, 1).trust = trust(&json!({"AWS": "AROAEXAMPLE"}))),
    ("streaming_trust", |f| first!(f, roles, 1).trust = trust(&json!("*"))),
    ("streaming_trust", |f| first!(f, roles, 1).trust = trust(&json!({"AWS": LENDER, "Service": "ec2.amazonaws.com"}))),
    ("function_unready", |f| first!(f, functions).states[1] = "Failed".into()),
    ("function_off", |f| first!(f, functions).may_run = Some(Ok(false))),
    ("function_role_differs", |f| first!(f, functions).role = "arn:aws:iam::123456789012:role/admin".into()),
    ("function_architecture", |f| first!(f, functions).architecture = "x86_64".into()),
    ("function_region_differs", |f| first!(f, functions).liveness_region = Some("eu-west-1".into())),
    ("function_time_differs", |f| first!(f, functions).timeout = 7),
    ("visibility_short", |f| first!(f, queues).visibility = 7),
    ("source_disabled", |f| first!(f, sources).state = "Disabled".into()),
    ("source_waits", |f| first!(f, sources).batch = 10),
    ("source_waits", |f| first!(f, sources).window = 20),
    ("source_failing", |f| first!(f, sources).last_result = "PROBLEM: Function call failed".into()),
    ("queue_without_dead_letters", |f| first!(f, queues).dead_letters = None),
    ("queue_unencrypted", |f| first!(f, queues).encrypted = false),
    ("dead_letters_wait", |f| first!(f, queues, 1).waiting = 2),
    ("dead_letters_short", |f| first!(f, queues, 1).retention = 600),
    ("log_kept_forever", |f| *first!(f, logs) = None),
    ("log_retention_differs", |f| *first!(f, logs) = Some(3653)),
    ("alarm_silent", |f| first!(f, alarms).actions.clear()),
    ("alarm_silent", |f| first!(f, alarms).enabled = false),
    ("alarm_rings", |f| first!(f, alarms).state = "ALARM".into()),
    ("schedule_disabled", |f| *first!(f, schedules) = false),
    ("rule_disabled", |f| *first!(f, rules) = false),
    ("cors_any_origin", |f| first!(f, apis).origins = texts(&["*"])),
    ("cors_differs", |f| first!(f, apis).origins.truncate(1)),
    ("cors_hides_headers", |f| first!(f, apis).exposed.truncate(1)),
    ("route_open", |f| first!(f, apis).open_routes = Ok(texts(&["GET /reviews"]))),
    ("authorizer_differs", |f| first!(f, apis).authorizers = Ok(Vec::new())),
    ("authorizer_differs", |f| first!(f, apis).authorizers.as_mut().unwrap()[0].1.push("another".into())),
    ("api_unlimited", |f| first!(f, apis).stages.as_mut().unwrap()[0].1 = false),
    ("api_unlogged", |f| first!(f, apis).stages.as_mut().unwrap()[0].2 = false),
    ("collection_missing", |f| f.stack.as_mut().unwrap().collections[0].fact = Ok(None)),
];

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(judge(&well()).iter().map(|finding| finding.code).collect::<Vec<_>>(), ["liveness_quotas"]);
    let before = Facts { stack: None, topic: None, ..well() };
    assert_eq!(found(&before), BTreeSet::new());
}

#[test]
fn each_thing_that_is_wrong_is_found_alone() {
    for (place, (code, spoil)) in SPOILT.iter().enumerate() {
        let mut facts = well();
        spoil(&mut facts);
        assert_eq!(found(&facts), BTreeSet::from([*code]), "number {place}");
    }
}

#[test]
fn every_code_has_facts_that_have_it() {
    let spoilt: BTreeSet<_> = SPOILT.iter().map(|(code, _)| *code).chain(["liveness_quotas"]).collect();
    assert_eq!(ALL.iter().map(|code| code.name).collect::<BTreeSet<_>>(), spoilt);
}

#[test]
fn what_cannot_be_read_is_told_once_for_each_permission() {
    let mut facts = well();
    let stack = facts.stack.as_mut().unwrap();
    stack.roles[0].fact = Err(unread("AccessDenied", true));
    stack.roles[1].fact = Err(unread("AccessDenied", true));
    let findings = judge(&facts);
    let told: Vec<_> = findings.iter().filter(|finding| finding.code == "not_read").collect();
    assert_eq!(
        told.iter().map(|finding| (finding.subject.as_str(), finding.found.as_str())).collect::<Vec<_>>(),
        [("x:Y", "AccessDenied, 2 times")]
    );
}

#[test]
fn a_user_pool_of_the_stack_is_whose_tokens_are_taken() {
    let mut facts = well();
    for (id, name) in [("UserPool", "eu-west-1_Pool"), ("PageClient", "page"), ("ServiceClient", "service")] {
        facts.stack.as_mut().unwrap().names.insert(id.into(), (String::new(), name.into()));
    }
    assert_eq!(found(&facts), ["authorizer_differs"].into());
    let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool".to_owned();
    first!(facts, apis).authorizers = Ok(vec![(issuer, texts(&["page", "service"]))]);
    assert_eq!(found(&facts), BTreeSet::new());
}
